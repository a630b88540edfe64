"""What is known of objects by what their listing tells: the hash of their content, and whether we wrote it.

So an object that did not change is not fetched again to know it. It is one small database in the user's
cache, which never fails its user: what cannot be read is not known, and what cannot be kept is not. Objects
whose store tells nothing that changes with their content are never known.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from xai_cam.files.cache import Cache
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Listed

NAME = "objects.sqlite"
TABLE = "CREATE TABLE IF NOT EXISTS objects (name BLOB PRIMARY KEY, sha256 BLOB, ours INTEGER) WITHOUT ROWID"
PATIENCE = 5.0
"""Seconds to wait for another process that writes to it."""


class KnownObjects:
    """Facts about objects, by name, size and tag.

    Parameters
    ----------
    folder : Path, optional
        Default: the user's cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._cache = Cache(folder)

    def sha256(self, path: StorePath) -> str | None:
        """The hash of an object's content; None if nobody knows."""
        found = self._find(path, "sha256")
        return found.hex() if isinstance(found, bytes) else None

    def is_ours(self, path: StorePath) -> bool | None:
        """Whether this tool wrote an object; None if nobody knows."""
        found = self._find(path, "ours")
        return None if found is None else bool(found)

    def keep_sha256(self, path: StorePath, data: bytes) -> str:
        """The hash of what was fetched of an object; kept if that is surely the content that was listed."""
        found = hashlib.sha256(data)
        if path.listed is not None and _is_of(data, path):
            self._keep(path, path.listed, "sha256", found.digest())
        return found.hexdigest()

    def keep_ours(self, path: StorePath, ours: bool) -> None:
        """Keep whether this tool wrote an object that was listed."""
        if path.listed is not None:
            self._keep(path, path.listed, "ours", int(ours))

    def keep_written(self, path: StorePath, data: bytes) -> None:
        """Keep that this tool wrote an object; of use where its tag will be the MD5 of its content."""
        self._keep(path, Listed(len(data), _md5(data)), "ours", 1)

    def _find(self, path: StorePath, column: str) -> object:
        listed = path.listed
        if listed is None or not listed.tag or self._cache.problem or not self._place.is_file():
            return None
        with suppress(sqlite3.Error), self._open() as database:
            row = database.execute(
                f"SELECT {column} FROM objects WHERE name = ?", (_name(path, listed),)
            ).fetchone()
            return row[0] if row else None
        return None

    def _keep(self, path: StorePath, listed: Listed, column: str, value: object) -> None:
        if not listed.tag:
            return
        with suppress(sqlite3.Error, OSError):
            self._cache.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._cache.problem:
                return
            with self._open() as database, database:
                database.execute(TABLE)
                database.execute(
                    f"INSERT INTO objects (name, {column}) VALUES (?, ?) "
                    f"ON CONFLICT (name) DO UPDATE SET {column} = excluded.{column}",
                    (_name(path, listed), value),
                )

    @property
    def _place(self) -> Path:
        return self._cache.folder / NAME

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._place, timeout=PATIENCE)) as database:
            database.execute("PRAGMA synchronous = OFF")  # what a power failure costs is asked for again
            yield database
            with suppress(OSError):
                os.chmod(self._place, 0o600)


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
