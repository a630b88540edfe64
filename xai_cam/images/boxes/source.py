"""The boxes of a run's images: from a table, from COCO JSON, or from a folder of Pascal VOC files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from xai_cam.errors import InputError
from xai_cam.files.names import composed
from xai_cam.files.stores.contents import objects_in
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.boxes.box import Drawn, joined
from xai_cam.images.boxes.coco import read_coco
from xai_cam.images.boxes.table import read_box_table
from xai_cam.images.boxes.voc import read_voc
from xai_cam.images.by_name import ByName
from xai_cam.images.finding import ImageFile

FORMS = "a CSV file with the columns image, x0, y0, x1, y1, COCO JSON, or a folder of Pascal VOC XML"

SHOWN = 3

MAX_FILES = 1_000_000
"""In a folder of Pascal VOC files."""


@dataclass(frozen=True)
class BoxSource:
    """Boxes by the names of images.

    Attributes
    ----------
    path : Path
        The file, or the folder.
    names : sequence of str
        What the boxes belong to: names or paths of images.
    drawn : mapping of str to Drawn or Path
        The boxes by name, or the file that holds them, which is read when its image's turn comes.
    """

    path: Path
    drawn: Mapping[str, Drawn | Path]
    by_name: ByName
    names: Sequence[str]

    @property
    def files(self) -> list[Path]:
        """All files that are read."""
        inner = [one for one in self.drawn.values() if isinstance(one, Path)]
        return inner or [self.path]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The classes of all boxes, as far as they were read."""
        known = (one for one in self.drawn.values() if isinstance(one, Drawn))
        return frozenset(box.kind for one in known for box in one.boxes)

    def of(self, image: ImageFile) -> Drawn | None:
        """The boxes of an image; None where it has none.

        Raises
        ------
        XaiCamError
            Nobody can say which are its boxes, or their file cannot be read.
        """
        if not self.by_name.has(image):
            return None
        found = self.drawn[self.names[self.by_name.find(image)]]
        drawn = _read_file(found) if isinstance(found, Path) else found
        return drawn if drawn.boxes else None

    def describe_missing(self, images: Sequence[ImageFile]) -> str:
        """Which images have no boxes, as a sentence; empty where all have some.

        Raises
        ------
        InputError
            None of them has any.
        """
        lost = [image for image in images if not self._may_have(image)]
        if not lost:
            return ""
        shown = ", ".join(str(image.path) for image in lost[:SHOWN])
        more = f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else ""
        if len(lost) == len(images):
            raise InputError(
                f"{self.path} has no box of {shown}{more}, but those of {self.names[0]!r:.80} and others. "
                "Name the images there as their files are called, or by their paths below the folder."
            )
        return f"{self.path.name} has no box of {shown}{more}: how well these are localised is not measured."

    def describe_unowned(self) -> str:
        """Which names with boxes are none of the images', as a sentence; empty where there are none."""
        names = [self.names[number] for number in self.by_name.unowned]
        lost = [name for name in names if isinstance(found := self.drawn[name], Path) or found.boxes]
        if not lost:
            return ""
        more = f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else ""
        which = "which is none" if len(lost) == 1 else "which are none"
        shown = ", ".join(f"{name:.80}" for name in lost[:SHOWN])
        return f"{self.path.name} names {shown}{more}, {which} of the images."

    def _may_have(self, image: ImageFile) -> bool:
        if not self.by_name.has(image):
            return False
        if not self.by_name.is_clear(image):
            return True  # which is said of the image when its turn comes
        found = self.drawn[self.names[self.by_name.find(image)]]
        return isinstance(found, Path) or bool(found.boxes)


def read_boxes(path: Path, images: Sequence[ImageFile]) -> BoxSource:
    """The boxes in a file or folder, to be found by the names of a run's images.

    Raises
    ------
    InputError
        It is missing, or no source of boxes.
    """
    if path.is_dir():
        drawn: Mapping[str, Drawn | Path] = _voc_files(path)
    elif not path.exists():
        raise InputError(f"There are no boxes at {path}. Give {FORMS}.")
    elif path.suffix.lower() == ".xml":
        raise InputError(
            f"{path} is a file of one picture. Give the folder of all such files, {path.parent}."
        )
    else:
        drawn = read_coco(path) if path.suffix.lower() == ".json" else read_box_table(path)
    merged = _merged(drawn)
    names = list(merged)
    by_name = ByName(names, images, f"{path.name or path} has", "image", names.__getitem__)
    return BoxSource(path, merged, by_name, names)


def _merged(drawn: Mapping[str, Drawn | Path]) -> dict[str, Drawn | Path]:
    """The same with names that are spelt in two ways, `./a.png` and `a.png`, taken as one."""
    found: dict[str, list[Drawn | Path]] = {}
    for name, one in drawn.items():
        key = composed(PurePosixPath(name.strip().replace("\\", "/")).as_posix())
        found.setdefault(key, []).append(one)
    return {key: _only(several) for key, several in found.items()}


def _only(several: Sequence[Drawn | Path]) -> Drawn | Path:
    """The boxes of one picture by all its names; of files the last."""
    boxes = [one for one in several if isinstance(one, Drawn)]
    return joined(boxes) if len(boxes) == len(several) else several[-1]


def _voc_files(folder: Path) -> dict[str, Path]:
    """The XML files in a folder and below it, by their paths there without the suffix."""
    found: dict[str, Path] = {}
    for path in _in_store(folder) if isinstance(folder, StorePath) else _walk(folder):
        found[path.relative_to(folder).with_suffix("").as_posix()] = path
        if len(found) > MAX_FILES:
            raise InputError(
                f"{folder} holds more than {MAX_FILES:,} files of boxes. Give those of this run."
            )
    if not found:
        raise InputError(f"There is no file of Pascal VOC (.xml) in {folder}. Give {FORMS}.")
    return found


def _read_file(path: Path) -> Drawn:
    """The boxes in a file, which is asked for several times in a row: an object is fetched once for that."""
    if isinstance(path, StorePath) and path.listed is not None and path.listed.tag:
        return _read_object(path, path.listed)
    return read_voc(path)


@lru_cache(maxsize=1024)
def _read_object(path: StorePath, _: Listed) -> Drawn:
    """The same of an object that is as it was listed."""
    return read_voc(path)


def _in_store(folder: StorePath) -> Iterator[Path]:
    """The same in a store."""
    try:
        for path in objects_in(folder):
            if path.suffix.lower() == ".xml" and not path.name.startswith("."):
                yield path
    except OSError as error:
        raise InputError(f"Cannot list the boxes in {folder}: {error.strerror}. Give {FORMS}.") from error


def _walk(folder: Path) -> Iterator[Path]:
    """XML files, folder by folder in order; links to folders are not followed."""
    for top, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith(".xml") and not name.startswith("."):
                yield Path(top, name)
