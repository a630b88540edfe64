"""What is there already in the folders of outputs: in a store, known by a listing and not name by name."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from threading import Lock
from typing import Any

from xai_cam.errors import OutputError
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath

FEW_FOLDERS = 4
"""Folders of a store that are listed one by one; of more, all that lies below the one above them at once.

Never all of a bucket: folders that have no other above them are listed one by one, however many.
"""

UNLISTED = "Cannot list {}, to find what outputs are there: {}. Name a folder that you may list."


class Listings:
    """The names in folders, each of which is listed once, by the first thread that asks.

    Parameters
    ----------
    folders : iterable of Path
        Those of outputs that will be asked about, as far as they are known.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = frozenset(folder for folder in folders if isinstance(folder, StorePath))
        self._tops = _tops(self._folders)
        self._names: dict[Path, list[str]] = {}
        self._objects: dict[Path, dict[str, Listed]] = {}
        self._locks: defaultdict[Path, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def __reduce__(self) -> Any:
        """What was found is not sent to another process, which may come later."""
        return type(self), (self._folders,)

    def names(self, folder: Path) -> list[str]:
        """All names in a folder, sorted; none where there is no such folder.

        Raises
        ------
        OSError
        OutputError
            It is a folder of outputs that one may not list: none can be written there.
        """
        if folder not in self._names:
            if isinstance(folder, StorePath):
                self._names[folder] = sorted(self._in_store(folder))
            else:
                self._names[folder] = sorted(os.listdir(folder)) if folder.is_dir() else []
        return self._names[folder]

    def may_have(self, path: Path) -> bool:
        """Whether it is worth a look at a path: always on a disk, and in a store if it was listed.

        Raises
        ------
        OSError, OutputError
        """
        return not isinstance(path, StorePath) or path.name in self._in_store(path.parent)

    def told(self, path: Path) -> Path:
        """The path; of an object, with what its listing told of it.

        Raises
        ------
        OSError, OutputError
        """
        if isinstance(path, StorePath):
            path.listed = self._in_store(path.parent).get(path.name)
        return path

    def _in_store(self, folder: Path) -> dict[str, Listed]:
        """The objects in a folder; threads that ask for another one do not wait for its listing."""
        assert isinstance(folder, StorePath)
        place = self._tops.get(folder, folder)
        with self._lock:
            lock = self._locks[place]
        with lock:
            if folder not in self._objects:
                together = folder in self._tops
                wanted = [one for one, top in self._tops.items() if top == place] if together else [folder]
                try:
                    self._objects.update(_listed(place, wanted, deep=together))
                except PermissionError as error:
                    if folder not in self._folders:
                        raise
                    raise OutputError(UNLISTED.format(place, error.strerror)) from error
            return self._objects[folder]


def _listed(place: StorePath, wanted: Iterable[StorePath], deep: bool) -> dict[Path, dict[str, Listed]]:
    """What is in some folders, by a listing of a place; nothing is kept of others."""
    found: dict[str, dict[str, Listed]] = {folder.key: {} for folder in wanted}
    for entry in place.store.entries(place.key, deep):
        above, _, name = entry.key.rpartition("/")
        if above in found and not entry.is_folder:
            found[above][name] = entry.listed
    return {StorePath(place.parts[0], key): objects for key, objects in found.items()}


def _tops(folders: Iterable[StorePath]) -> dict[StorePath, StorePath]:
    """For each folder that is listed together with others, the one above them all."""
    groups: defaultdict[tuple[str, ...], set[StorePath]] = defaultdict(set)
    for folder in folders:
        groups[folder.parts[:3]].add(folder)
    several = [group for group in groups.values() if len(group) > FEW_FOLDERS]
    return {folder: top for group in several for top in [_above(group)] for folder in group}


def _above(folders: set[StorePath]) -> StorePath:
    """The folder above all of them, which may be one of them."""
    first, last = min(folder.parts for folder in folders), max(folder.parts for folder in folders)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return StorePath(*(part for part, _ in same))
