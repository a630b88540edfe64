"""What is known of objects by what their listing tells: their hash, whether we wrote them, what they say.

So an object that did not change is not fetched again to know it. It is one small database in the user's
cache, which never fails its user: what cannot be read is not known, and what cannot be kept is not. One that
is damaged is deleted. Objects whose store tells nothing that changes with their content are never known.
Several processes may use it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from xai_cam.files.cache import Cache
from xai_cam.files.patience import discard
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath

NAME = "objects.sqlite"

TABLES = (
    "CREATE TABLE IF NOT EXISTS known "
    "(number INTEGER PRIMARY KEY, name BLOB UNIQUE NOT NULL, sha256 BLOB, ours INTEGER, said BLOB)",
    "DROP TABLE IF EXISTS objects",  # of version 0.6, which could not tell what was the oldest in it
)

ADD = (
    "INSERT INTO known (name, sha256, ours, said) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
    "sha256 = coalesce(excluded.sha256, sha256), ours = coalesce(excluded.ours, ours), "
    "said = coalesce(excluded.said, said)"
)

PATIENCE = 5.0
"""Seconds to wait for another process that writes to it."""

MAX_BYTES = 1 << 30
"""Of the database, room for a million outputs; then a tenth of it is dropped, the oldest first."""

MAX_SAID = 1 << 14
"""Bytes of a provenance, packed."""

BULKY = "maps"
"""What a comparison says besides of its maps, all of their values: where all is too long, without it."""

AT_ONCE = 500
"""Names in a question, of which some builds of SQLite take no thousand."""


@dataclass(frozen=True)
class Fact:
    """Something about an object; None: nothing new."""

    sha256: bytes | None = None
    ours: bool | None = None
    said: bytes | None = None


class KnownObjects:
    """Facts about objects, by name, size and tag.

    Parameters
    ----------
    folder : Path, optional
        Default: the user's cache.
    most_bytes : int
        As much of it is kept, about.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MAX_BYTES) -> None:
        self._cache = Cache(folder)
        self._most_bytes = most_bytes

    def sha256(self, path: StorePath) -> str | None:
        """The hash of an object's content; None if nobody knows."""
        found = self._find([path], "sha256").get(path)
        return found.hex() if isinstance(found, bytes) else None

    def ours(self, paths: Iterable[StorePath]) -> dict[StorePath, bool]:
        """Whether this tool wrote some objects, without those of which nobody knows."""
        return {path: bool(found) for path, found in self._find(paths, "ours").items()}

    def provenance(self, path: StorePath) -> dict[str, Any] | None:
        """What an object says that is as this tool wrote it; None if nobody knows.

        For its `BULKY` part, where that is too long to be kept, None stands.
        """
        found = self._find([path], "said").get(path)
        with suppress(zlib.error, ValueError, TypeError):
            said = json.loads(zlib.decompress(found))  # type: ignore[arg-type] # None is a TypeError
            return said if isinstance(said, dict) else None
        return None

    def keep_sha256(self, path: StorePath, data: bytes) -> str:
        """The hash of what was fetched of an object; kept if that is surely the content that was listed."""
        found = hashlib.sha256(data)
        if path.listed is not None and _is_of(data, path):
            self._keep({(path, path.listed): Fact(sha256=found.digest())})
        return found.hexdigest()

    def keep_ours(self, ours: Mapping[StorePath, bool]) -> None:
        """Keep whether this tool wrote objects that were listed."""
        self._keep({(p, p.listed): Fact(ours=one) for p, one in ours.items() if p.listed is not None})

    def keep_provenance(self, path: StorePath, data: bytes, said: Mapping[str, Any]) -> None:
        """Keep what an object says; `data` is what was fetched of it, and is as this tool wrote it."""
        if path.listed is not None and _is_of(data, path):
            self._keep({(path, path.listed): Fact(ours=True, said=_packed(said))})

    def keep_written(self, files: Mapping[StorePath, tuple[bytes, Mapping[str, Any] | None]]) -> None:
        """Keep that this tool wrote objects, and what they say, if anything.

        Of use where an object's tag is the MD5 of its content.
        """
        self._keep(
            {
                (path, Listed(len(data), _md5(data))): Fact(ours=True, said=_packed(said))
                for path, (data, said) in files.items()
            }
        )

    def _find(self, paths: Iterable[StorePath], column: str) -> dict[StorePath, object]:
        names = {_name(path, path.listed): path for path in paths if path.listed and path.listed.tag}
        found: dict[StorePath, object] = {}
        if not names or self._cache.problem or not self._place.is_file():
            return found
        rest = iter(names)
        with suppress(sqlite3.Error), self._open() as database:
            while some := list(islice(rest, AT_ONCE)):
                marks = ", ".join("?" * len(some))
                question = f"SELECT name, {column} FROM known WHERE {column} NOTNULL AND name IN ({marks})"
                found |= {names[name]: value for name, value in database.execute(question, some)}
        return found

    def _keep(self, facts: Mapping[tuple[StorePath, Listed], Fact]) -> None:
        """All of them at once."""
        rows = [
            (_name(path, listed), fact.sha256, fact.ours, fact.said)
            for (path, listed), fact in facts.items()
            if listed.tag
        ]
        with suppress(sqlite3.Error, OSError):
            self._cache.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not rows or self._cache.problem:
                return
            with self._open() as database:
                database.execute("BEGIN IMMEDIATE")
                for table in TABLES:
                    database.execute(table)
                database.executemany(ADD, rows)
                self._drop_oldest(database)
                database.execute("COMMIT")

    def _drop_oldest(self, database: sqlite3.Connection) -> None:
        pages = "SELECT (p.page_count - f.freelist_count) * s.page_size FROM "
        pages += "pragma_page_count p, pragma_freelist_count f, pragma_page_size s"
        if database.execute(pages).fetchone()[0] > self._most_bytes:
            tenth = "SELECT min(number) + (max(number) - min(number)) / 10 FROM known"
            database.execute(f"DELETE FROM known WHERE number <= ({tenth})")

    @property
    def _place(self) -> Path:
        return self._cache.folder / NAME

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._place, timeout=PATIENCE, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = OFF")  # what a power failure costs is asked for again
                yield database
                with suppress(OSError):
                    os.chmod(self._place, 0o600)
        except sqlite3.DatabaseError as error:
            if type(error) is sqlite3.DatabaseError:  # it is damaged; others tell of a lock or a full disk
                discard(Path(f"{self._place}-journal"))  # first: it would be put into a new one
                discard(self._place)
            raise


def _packed(said: Mapping[str, Any] | None) -> bytes | None:
    for kept in () if said is None else (said, {**said, BULKY: None}):
        packed = zlib.compress(json.dumps(kept).encode(), 9)
        if len(packed) <= MAX_SAID:
            return packed
    return None


def _name(path: StorePath, listed: Listed) -> bytes:
    named = f"{path} {listed.size} {listed.tag}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(named).digest()[:16]


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _is_of(data: bytes, path: StorePath) -> bool:
    """Whether content is that of an object as it was listed: by its tag, or by another look at the object."""
    listed = path.listed
    if listed is None or not listed.tag or len(data) != listed.size:
        return False
    if listed.tag == _md5(data):
        return True
    with suppress(OSError):
        found = path.look()
        return found is not None and found.listed == listed
    return False
