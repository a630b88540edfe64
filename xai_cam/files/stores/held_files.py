"""What is fetched from stores for a while: all of it in one folder of this machine, for each process.

The folder is one of `own_folders`, so that what a killed process had can be told from what others have, and
deleted by a later run. It is there as long as anything is in it.
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from itertools import count
from pathlib import Path
from threading import RLock

from xai_cam.files.own_folders import NEW, PART, OwnFolder, delete
from xai_cam.files.stores.local_files import not_taken


class HeldFiles:
    """Files and folders of this process in a folder for temporary files; for several threads.

    Parameters
    ----------
    at : Path
        The folder for temporary files.
    """

    def __init__(self, at: Path) -> None:
        self._at = at
        self._numbers = count()
        self._names: set[str] = set()
        self._own: OwnFolder | None = None
        self._lock = RLock()  # a path that is given up may be collected in the middle of anything

    def new_file(self, suffix: str, data: bytes = b"") -> Path:
        """A file with this content; its name ends in the suffix, if that is one of letters.

        Raises
        ------
        NotTakenError
        """
        number = next(self._numbers)
        name = f"{number}{suffix}"
        place = self._place(name if PART.fullmatch(name) else str(number))
        try:
            with os.fdopen(os.open(place, NEW, 0o600), "wb") as file:
                file.write(data)
        except OSError as error:
            self.delete(place)
            raise not_taken(self._at, error) from error
        return place

    def new_folder(self) -> Path:
        """An empty folder.

        Raises
        ------
        NotTakenError
        """
        place = self._place(f"fetched-{next(self._numbers)}")
        try:
            os.mkdir(place, 0o700)
        except OSError as error:
            self.delete(place)
            raise not_taken(self._at, error) from error
        return place

    def delete(self, place: Path) -> None:
        """Delete one of them."""
        delete(place)
        with self._lock:
            self._names.discard(place.name)
            if not self._names and self._own is not None:
                own, self._own = self._own, None
                own.leave()

    def _place(self, name: str) -> Path:
        """Where one of this name is to be; the folder is there, and stays until that is deleted."""
        with self._lock:
            self._names.add(name)  # first: what is given up meanwhile leaves the folder
            if self._own is None:
                own = OwnFolder(self._at)
                try:
                    own.make()
                except OSError as error:
                    self._names.discard(name)
                    raise not_taken(self._at, error) from error
                self._own = own
            return self._own.place / name


def held_files() -> HeldFiles:
    """Those of this process."""
    return _held_in(tempfile.gettempdir())


@lru_cache
def _held_in(at: str) -> HeldFiles:
    return HeldFiles(Path(at))
