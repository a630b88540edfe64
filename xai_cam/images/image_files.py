"""The pictures of a run, a million of them in little memory: each a name, and the number of its folder."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from xai_cam.files.on_demand import OnDemand
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.kinds import FileKind, InFolders, kind_of_name, names_kind


@dataclass(frozen=True)
class ImageFile:
    """A picture to explain, and where it lies below the folder the user named (`.` for a single file).

    `outside` tells of one that lies elsewhere, and was reached by a link; `among` of one that was not named
    by itself, but lies among the files of a folder.
    """

    path: Path
    folder: Path
    outside: bool = False
    among: bool = False

    def waiting(self, patterns: Iterable[str]) -> FileKind | None:
        """Its kind, if that does not always count in folders, and no glob names it."""
        kind = kind_of_name(self.path.name) if self.among else None
        if kind is None or kind.in_folders is InFolders.ALWAYS:
            return None
        return None if any(names_kind(pattern, kind) for pattern in patterns) else kind


@dataclass(frozen=True)
class Place:
    """What the pictures of a folder have in common, as of `ImageFile`; `parent` is the folder itself."""

    parent: Path
    folder: Path
    outside: bool
    among: bool


class ImageFiles(OnDemand[ImageFile]):
    """Pictures in order, each made when it is asked for, and not kept.

    As objects, ten pictures take six kilobytes; here each takes its name and a few bytes.

    Parameters
    ----------
    images : iterable of ImageFile

    Attributes
    ----------
    names : list of str
        Of each picture, without its folder.
    numbers : array of int
        Of each picture's place in `places`.
    places : list of Place
        In the order of their first pictures.
    """

    def __init__(self, images: Iterable[ImageFile] = ()) -> None:
        self.names: list[str] = []
        self.numbers = array("I")
        self.places: list[Place] = []
        self._known: dict[tuple[type, Place], int] = {}
        self._listed: dict[int, Listed] = {}
        self.extend(images)

    def append(self, image: ImageFile) -> None:
        """Add a picture at the end."""
        path = image.path
        if isinstance(path, StorePath) and path.listed is not None:
            self._listed[len(self.names)] = path.listed
        place = Place(path.parent, image.folder, image.outside, image.among)
        self.numbers.append(self._number(place))
        self.names.append(sys.intern(path.name))

    def extend(self, images: Iterable[ImageFile]) -> None:
        """Add pictures at the end."""
        if not isinstance(images, ImageFiles):
            for image in images:
                self.append(image)
            return
        start, numbers = len(self), [self._number(place) for place in images.places]
        self.names += images.names
        self.numbers.extend(numbers[number] for number in images.numbers)
        self._listed.update((start + number, listed) for number, listed in images._listed.items())

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> ImageFile: ...

    @overload
    def __getitem__(self, index: slice) -> ImageFiles: ...

    def __getitem__(self, index: int | slice) -> ImageFile | ImageFiles:
        """One picture, or some of them."""
        if isinstance(index, slice):
            return self.chosen(range(len(self))[index])
        return self._made(range(len(self))[index])

    def __iter__(self) -> Iterator[ImageFile]:
        return map(self._made, range(len(self)))

    def places_of(self, numbers: Iterable[int]) -> list[int]:
        """The numbers of the places that some of the pictures have, each once, in order."""
        return list(dict.fromkeys(self.numbers[number] for number in numbers))

    def chosen(self, numbers: Sequence[int]) -> ImageFiles:
        """Some of the pictures, in order, with those places alone that they have."""
        some = ImageFiles()
        place_of = {place: some._number(self.places[place]) for place in self.places_of(numbers)}
        some.names = [self.names[number] for number in numbers]
        some.numbers = array("I", (place_of[self.numbers[number]] for number in numbers))
        some._listed = {
            place: self._listed[number] for place, number in enumerate(numbers) if number in self._listed
        }
        return some

    def _made(self, number: int) -> ImageFile:
        place = self.places[self.numbers[number]]
        path = place.parent / self.names[number]
        if isinstance(path, StorePath):
            path.listed = self._listed.get(number)
        return ImageFile(path, place.folder, place.outside, place.among)

    def _number(self, place: Place) -> int:
        # By its type too: a folder of a disk and one of a store may have the same parts.
        number = self._known.setdefault((type(place.parent), place), len(self.places))
        if number == len(self.places):
            self.places.append(place)
        return number


def compact(images: Sequence[ImageFile]) -> ImageFiles:
    """The same pictures in little memory."""
    return images if isinstance(images, ImageFiles) else ImageFiles(images)
