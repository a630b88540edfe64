"""What lies below a folder of a store: listed once, and kept with the path that was asked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import takewhile
from threading import Lock

from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath

_one_by_one = Lock()


class Contents:
    """What a listing tells of all objects below a folder, by their names from there on."""

    def __init__(self, listed: dict[str, Listed]) -> None:
        self.listed, self._names = listed, sorted(listed)

    def names(self, start: str = "") -> Iterator[str]:
        """The names that begin so, sorted."""
        first = bisect_left(self._names, start)
        found = (self._names[number] for number in range(first, len(self._names)))
        return takewhile(lambda name: name.startswith(start), found)


def contents(folder: StorePath) -> Contents:
    """What is below a folder; names that are no paths, as `a//b.png`, are left out.

    It is listed once for this very path, not for others of its name; another process lists for itself.

    Raises
    ------
    OSError
    """
    with _one_by_one:
        if folder.contents is None:
            found = {}
            for entry in folder.store.entries(folder.key, deep=True):
                path = StorePath(folder.parts[0], entry.key)
                if not entry.is_folder and path.key == entry.key and ".." not in path.parts:
                    found[path.relative_to(folder).as_posix()] = entry.listed
            folder.contents = Contents(found)
        known: Contents = folder.contents
        return known


def object_in(folder: StorePath, name: str) -> StorePath | None:
    """The path of an object below a folder, with what its listing tells; None where there is none.

    It is another each time: what one thread fetches of it, another cannot give up.

    Raises
    ------
    OSError
    """
    listed = contents(folder).listed.get(name)
    if listed is None:
        return None
    path = folder / name
    path.listed = listed
    return path


def objects_in(folder: StorePath, start: str = "") -> Iterator[StorePath]:
    """All objects below a folder whose names begin so, as `object_in` gives them, sorted.

    Raises
    ------
    OSError
    """
    return (path for name in contents(folder).names(start) if (path := object_in(folder, name)) is not None)
