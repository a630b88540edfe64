"""What is there already in the folders of outputs: in a store, known by a listing and not name by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Listed

FEW_FOLDERS = 4
"""Folders of a store that are listed one by one; of more, all that lies below the one above them at once."""


class Listings:
    """The names in folders, each of which is listed once, by the first thread that asks.

    Parameters
    ----------
    folders : iterable of Path
        Those that will be asked about, as far as they are known.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        remote = {folder for folder in folders if isinstance(folder, StorePath)}
        self._top = _common(remote) if len(remote) > FEW_FOLDERS else None
        self._names: dict[Path, list[str]] = {}
        self._objects: dict[Path, dict[str, Listed]] = {}
        self._lock = Lock()

    def __reduce__(self) -> Any:
        """What was found is not sent to another process, which may come later."""
        return _again, (self._top,)

    def names(self, folder: Path) -> list[str]:
        """All names in a folder, sorted; none where there is no such folder.

        Raises
        ------
        OSError
        """
        if isinstance(folder, StorePath):
            with self._lock:
                objects = self._in_store(folder)
                if folder not in self._names:
                    self._names[folder] = sorted(objects)
        elif folder not in self._names:
            self._names[folder] = sorted(os.listdir(folder)) if folder.is_dir() else []
        return self._names[folder]

    def may_have(self, path: Path) -> bool:
        """Whether it is worth a look at a path: always on a disk, and in a store if it was listed.

        Raises
        ------
        OSError
        """
        if not isinstance(path, StorePath):
            return True
        with self._lock:
            return path.name in self._in_store(path.parent)

    def _in_store(self, folder: Path) -> dict[str, Listed]:
        assert isinstance(folder, StorePath)
        top = self._top
        if top is not None and (folder == top or top in folder.parents):
            if top not in self._objects:
                self._objects[top] = {}
                for entry in top.store.entries(top.key, deep=True):
                    above, _, name = entry.key.rpartition("/")
                    of_folder = StorePath(top.parts[0], above)
                    self._objects.setdefault(of_folder, {})[name] = entry.listed
            return self._objects.setdefault(folder, {})
        if folder not in self._objects:
            entries = folder.store.entries(folder.key)
            self._objects[folder] = {
                entry.key.rpartition("/")[2]: entry.listed for entry in entries if not entry.is_folder
            }
        return self._objects[folder]


def _common(folders: set[StorePath]) -> StorePath | None:
    """The folder above all of them; None where they are in several buckets."""
    first = next(iter(folders))
    above = (first, *first.parents)
    top = next(one for one in above if all(one in (other, *other.parents) for other in folders))
    return top if len(top.parts) > 1 else None


def _again(top: StorePath | None) -> Listings:
    found = Listings()
    found._top = top
    return found
