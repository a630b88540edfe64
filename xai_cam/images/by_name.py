"""What belongs to an image by its name: a row of a table, or a picture in another folder."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from xai_cam.errors import XaiCamError
from xai_cam.files.names import absolute, composed, folded, folds
from xai_cam.images.finding import ImageFile
from xai_cam.images.kinds import kind_of_name, stem_of


class ByName:
    """Finds, for each image of a run, the one name among others that is its own.

    A name is an image's if it is the end of the image's path, whole parts of it: `a/cat.png` or `cat.png`.
    The longest such name counts; without one, that without a suffix, so that `cat` is one of `cat.png` too,
    and if `across`, `cat.tif` as well. A name that is that of several images says nothing of any of them.

    Parameters
    ----------
    names : sequence of str
        Paths or names of files, with or without suffixes.
    images : sequence of ImageFile
        All images of the run.
    holder, what : str
        Where the names are, and what of, for messages: `patients.csv has`, `row`.
    where : callable
        Number of a name -> where it stands, for messages.
    across : bool
        Whether names of files of other kinds count, as those of another view of the same.

    Attributes
    ----------
    unowned : list of int
        The numbers of names that are no image's.
    """

    def __init__(
        self,
        names: Sequence[str],
        images: Sequence[ImageFile],
        holder: str,
        what: str,
        where: Callable[[int], str],
        across: bool = False,
    ) -> None:
        self._holder, self._what, self._where = holder, what, where
        folding = bool(images) and folds(os.path.dirname(absolute(images[0].path)))
        self._same = folded if folding else composed
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._bare: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            key = self._key(name)
            self._whole[key].append(number)
            if across or _bare(key) == key:
                self._bare[_bare(key)].append(number)
        self._images: dict[int, int] = defaultdict(int)
        owned = set[int]()
        for image in images:
            found = self._found(image)
            owned.update(found)
            for number in found[:1]:
                self._images[number] += 1
        self.unowned = [number for number in range(len(names)) if number not in owned]

    def find(self, image: ImageFile) -> int:
        """The number of the name that is the image's.

        Raises
        ------
        XaiCamError
            There is none, there are several, or it is that of several images.
        """
        found = self._found(image)
        if not found:
            raise XaiCamError(f"{self._holder} no {self._what} of this name. Add it, or leave the image out.")
        if len(found) > 1:
            places = " and ".join(self._where(number) for number in found[:3])
            raise XaiCamError(
                f"{self._holder} {len(found)} {self._what}s of this name ({places}). Keep one of them."
            )
        if self._images[found[0]] > 1:
            raise XaiCamError(
                f"{self._holder} one {self._what} for {self._images[found[0]]} images of this name "
                f"({self._where(found[0])}). Tell them apart by folders, as in a/cat.png, or by suffixes."
            )
        return found[0]

    def has(self, image: ImageFile) -> bool:
        """Whether some name is the image's, be it one of several, or that of several images."""
        return bool(self._found(image))

    def is_clear(self, image: ImageFile) -> bool:
        """Whether one name is the image's, and that of no other image: `find` gives its number."""
        found = self._found(image)
        return len(found) == 1 and self._images[found[0]] <= 1

    def _found(self, image: ImageFile) -> list[int]:
        path = self._key(absolute(image.path))
        for names in (self._whole, self._bare):
            for end in _ends(path if names is self._whole else _bare(path)):
                if end in names:
                    return names[end]
        return []

    def _key(self, name: str) -> str:
        return self._same(PurePosixPath(name.strip().replace("\\", "/")).as_posix())


def _ends(path: str) -> Iterator[str]:
    """`/a/b/cat.png` -> itself, `a/b/cat.png`, `b/cat.png`, `cat.png`."""
    yield path
    parts = path.strip("/").split("/")
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _bare(path: str) -> str:
    """A path without the suffix of an image's kind; any other dot is part of its name."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + stem_of(name) if kind_of_name(name) else path
