"""On-disk cache: folders of files, bounded in size, each written whole or not at all.

The folder has to be this user's own, and closed to all others; in it only what this tool made, which each
entry says of itself, is ever read, counted or deleted.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xai_cam.files.handle_locks import try_lock
from xai_cam.files.leftovers import OLD

NAME = "xai-cam"

MAX_BYTES = 2 << 30
"""Limit of the cache's size; the least recently used entries go first."""

KEY = re.compile(r"[0-9A-Za-z][\w.+-]{0,199}", re.ASCII)
BEGUN, DROPPED = ".new-", ".old-"
"""How the names begin of entries that are not written yet, and of those that are being deleted."""

MARK, MARKED = "of-xai-cam", b"An entry of the cache of xai-cam.\n"
PATIENCE = 10.0
"""Seconds to wait for another process that writes to the cache; it may have a gigabyte to write."""


def cache_folder() -> Path:
    """This user's cache folder: on Linux `~/.cache/xai-cam`, elsewhere the usual place.

    `$XDG_CACHE_HOME`, where it is absolute, takes the place of `~/.cache` on every system.
    A user without a home, as in a container, has none: then it is below a file, where nothing is kept.
    """
    from platformdirs import user_cache_path

    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given / NAME
    try:
        folder = user_cache_path(NAME, appauthor=False)
        if not folder.is_absolute():  # platformdirs before 4.12: a relative variable, or no home
            folder = Path("~/.cache").expanduser() / NAME
    except RuntimeError:
        return Path(os.devnull) / NAME
    return folder


class Cache:
    """Entries by key, each a folder of files.

    A cache never fails its user: what cannot be read is as if it were not there, and what cannot be kept
    is not. Several processes may use one; they write to it one at a time.

    Parameters
    ----------
    folder : Path, optional
        Default: `cache_folder()`.
    most_bytes : int
        An entry is not kept if it has more; others go to make room.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MAX_BYTES) -> None:
        self.folder = folder or cache_folder()
        self.most_bytes = most_bytes

    @property
    def problem(self) -> str:
        """Why the folder is not used; empty if it is, or is not there yet."""
        try:
            facts = self.folder.lstat()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return error.strerror or str(error)
        if not stat.S_ISDIR(facts.st_mode) or _is_junction(facts):
            return "it is a link, or no folder"
        if not _is_own(facts):
            return "it belongs to another user"
        if os.name != "nt" and facts.st_mode & 0o077:
            return "others may use it: run `chmod 700` on it"
        return ""

    def find(self, key: str) -> Path | None:
        """The folder of an entry, which counts as used now; None if there is none."""
        entry = self.folder / key
        if not KEY.fullmatch(key) or self.problem or not _is_entry(entry):
            return None
        try:
            os.utime(entry)
        except OSError:
            return None
        return entry

    def keep(self, key: str, write: Callable[[Path], None], expected: int = 0) -> Path | None:
        """Folder of a new entry, filled by `write`; None if it cannot be kept.

        Room is made for the `expected` bytes before anything is written, so that the bound holds meanwhile.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not KEY.fullmatch(key) or self.problem:
                return None
            with self._alone() as alone:
                if alone is not False:
                    self._make_room(expected, alone is True)
                    self._write(key, write, alone is True)
            return self.find(key)
        except (OSError, RuntimeError):  # the second is how a native writer says that the disk is full
            return None

    def _write(self, key: str, write: Callable[[Path], None], alone: bool) -> None:
        new = self.folder / f"{BEGUN}{secrets.token_hex(8)}"
        new.mkdir(mode=0o700)
        try:
            (new / MARK).write_bytes(MARKED)
            write(new)
            size = _bytes_of(new)
            if size <= self.most_bytes:
                self._make_room(size, alone, new, self.folder / key)
                with suppress(OSError):  # another process was first: its entry is as good
                    new.rename(self.folder / key)
        finally:
            if os.path.lexists(new):
                _delete(new)

    def drop(self, key: str) -> None:
        """Delete an entry, or leave the whole of it where the system does not let go of its files."""
        entry = self.folder / key
        if KEY.fullmatch(key) and not self.problem and _is_entry(entry):
            _delete(entry)

    def size(self) -> int:
        """Bytes of all entries."""
        return sum(_bytes_of(entry) for entry in self._entries())

    def _entries(self) -> list[Path]:
        """All entries and the remains of killed processes, least recently used first."""
        found = []
        with suppress(OSError):
            for entry in () if self.problem else self.folder.iterdir():
                name = entry.name
                if (KEY.fullmatch(name) or name.startswith((BEGUN, DROPPED))) and _is_entry(entry):
                    found.append((entry.lstat().st_mtime, entry))
        return [entry for _, entry in sorted(found)]

    def _make_room(self, size: int, alone: bool, *kept: Path) -> None:
        """Delete what was dropped or left by killed processes, and entries until there is room for so much.

        `alone` tells that nobody else writes: what is not written yet was begun by a process that was killed.
        """
        sizes = {entry: _bytes_of(entry) for entry in self._entries() if entry not in kept}
        total = sum(sizes.values()) + sum(_bytes_of(entry) for entry in kept[1:])
        for entry, held in sizes.items():
            begun = entry.name.startswith(BEGUN)
            left = entry.name.startswith(DROPPED) or (begun and _age(entry) > OLD)
            wanted = total + size > self.most_bytes and (alone or not begun)
            if (left or wanted) and _delete(entry):
                total -= held

    @contextmanager
    def _alone(self) -> Iterator[bool | None]:
        """Whether no other process writes meanwhile; None where the system has no locks of folders."""
        try:
            handle = os.open(self.folder, os.O_RDONLY)
        except OSError:  # Windows opens no folders
            yield None
            return
        try:
            until = time.monotonic() + PATIENCE
            while (got := try_lock(handle)) is False and time.monotonic() < until:
                time.sleep(0.05)
            yield got
        finally:
            os.close(handle)


def _is_own(facts: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or facts.st_uid == os.geteuid()


def _is_junction(facts: os.stat_result) -> bool:
    """Whether a folder is a link as Windows has them."""
    return bool(getattr(facts, "st_reparse_tag", 0))


def _is_entry(folder: Path) -> bool:
    """Whether a folder is an entry: this user's, marked as one, with nothing in it but files."""
    try:
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or _is_junction(facts) or not _is_own(facts):
            return False
        plain = all(stat.S_ISREG(path.lstat().st_mode) for path in folder.iterdir())
        # An empty one is what a full disk or a sudden end has left of it; it can be made anew, then.
        return plain and (folder / MARK).read_bytes() in (MARKED, b"")
    except OSError:
        return False


def _bytes_of(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for file in folder.iterdir():
            total += file.lstat().st_size if file.name != MARK else 0
    return total


def _age(folder: Path) -> float:
    """Seconds since anything was written there."""
    try:
        return time.time() - max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return 0.0


def _delete(entry: Path) -> bool:
    """Whether an entry was deleted, at least to those who look for it.

    It gets another name first: nobody finds half of it, and where files of it are open or mapped on Windows,
    which refuses that, it stays whole.
    """
    dropped = entry.with_name(f"{DROPPED}{secrets.token_hex(8)}")
    try:
        entry.rename(dropped)
        for name in sorted(os.listdir(dropped), key=lambda name: name == MARK):  # the mark goes last
            (dropped / name).unlink()
        dropped.rmdir()
    except OSError:
        return not os.path.lexists(dropped) and not os.path.lexists(entry)
    return True
