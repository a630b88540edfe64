"""On-disk cache: folders of files, bounded in size, each written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

NAME = "xai-cam"

MAX_BYTES = 2 << 30
"""Limit of the cache's size; the least recently used entries go first."""


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
    is not. Several processes may use one.

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

    def find(self, key: str) -> Path | None:
        """The folder of an entry, which counts as used now; None if there is none."""
        entry = self.folder / key
        try:
            os.utime(entry)
        except OSError:
            return None
        return entry if entry.is_dir() else None

    def keep(self, key: str, write: Callable[[Path], None]) -> Path | None:
        """Folder of a new entry, filled by `write`; None if it cannot be kept."""
        new: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            write(new)
            if _bytes_of(new) > self.most_bytes:
                return None
            with suppress(OSError):  # another process was first: its entry is as good
                new.rename(self.folder / key)
            self._make_room(key)
            return self.find(key)
        except (OSError, RuntimeError):  # the second is how a native writer says that the disk is full
            return None
        finally:
            if new is not None:
                shutil.rmtree(new, ignore_errors=True)

    def drop(self, key: str) -> None:
        """Delete an entry."""
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def size(self) -> int:
        """Bytes of all entries."""
        return sum(_bytes_of(entry) for entry in self._entries())

    def _entries(self) -> list[Path]:
        """All entries and the remains of killed processes, least recently used first."""
        found = []
        with suppress(OSError):
            for entry in self.folder.iterdir():
                with suppress(OSError):
                    found.append((entry.stat().st_mtime, entry))
        return [entry for _, entry in sorted(found)]

    def _make_room(self, key: str) -> None:
        sizes = {entry: _bytes_of(entry) for entry in self._entries()}
        total = sum(sizes.values())
        for entry, size in sizes.items():
            if total <= self.most_bytes:
                return
            if entry.name != key:
                shutil.rmtree(entry, ignore_errors=True)
                total -= size


def _bytes_of(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for file in folder.iterdir():
            total += file.stat().st_size
    return total
