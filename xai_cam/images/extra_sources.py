"""Where a model's other inputs have their values from: numbers, tables, arrays, folders of pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.provenance import is_own_output
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url
from xai_cam.images.by_name import ByName
from xai_cam.images.extra_arrays import read_extra_array
from xai_cam.images.extra_tables import ExtraTable, number_of, read_extra_table
from xai_cam.images.finding import ImageFile, find_images

TABLE = re.compile(r"(?P<path>.+?\.(?:csv|tsv))(?::(?P<columns>.*))?", re.IGNORECASE | re.DOTALL)
"""`patients.csv:age,weight`."""

MAX_SHOWN = 8
"""Numbers of an input that a row of results has; of more it says how many there are."""

FORMS = "a number, numbers with commas, FILE.csv:COLUMN, FILE.npy, or a folder of pictures"


class ExtraSource(Protocol):
    """Where one of a model's other inputs has its values from."""

    @property
    def told(self) -> str:
        """What the input is held at, in words."""

    @property
    def files(self) -> Sequence[Path]:
        """All files that are read."""

    def of(self, image: ImageFile) -> np.ndarray | Path:
        """The numbers that belong to an image, or its picture.

        Raises
        ------
        XaiCamError
            There are none, for this image alone.
        """


@dataclass(frozen=True)
class Constant:
    """The same numbers for all images; `path` is the array that they stand in, if they do."""

    values: np.ndarray
    path: Path | None = None

    @property
    def told(self) -> str:
        """The numbers, or the file that they stand in."""
        return f"all of {self.path.name}, for each image" if self.path else in_words(self.values)

    @property
    def files(self) -> Sequence[Path]:
        """The file of the array, if there is one."""
        return [self.path] if self.path else []

    def of(self, image: ImageFile) -> np.ndarray:  # noqa: ARG002 - of the protocol
        """The numbers."""
        return self.values


@dataclass(frozen=True)
class Column:
    """The numbers in columns of a table."""

    table: ExtraTable

    @property
    def told(self) -> str:
        """The table and its columns."""
        columns = f"column{'s' * (len(self.table.columns) > 1)} {', '.join(self.table.columns)}"
        return f"the {columns} of {self.table.path.name}, by the names of the images"

    @property
    def files(self) -> Sequence[Path]:
        """The table."""
        return [self.table.path]

    def of(self, image: ImageFile) -> np.ndarray:
        """The numbers in an image's row."""
        return self.table.of(image)


@dataclass(frozen=True)
class Rows:
    """A row of an array for each image, in the order of the images; `places` has the image's number."""

    path: Path
    values: np.ndarray
    images: Sequence[ImageFile]

    @cached_property
    def _places(self) -> dict[Path, int]:
        return {image.path: number for number, image in enumerate(self.images)}

    @property
    def told(self) -> str:
        """The array, and which row is whose."""
        first, last = self.images[0].path.name, self.images[-1].path.name
        if len(self.images) == 1:
            return f"the row of {self.path.name}"
        return f"the rows of {self.path.name}, in the order of the images from {first} to {last}"

    @property
    def files(self) -> Sequence[Path]:
        """The file of the array."""
        return [self.path]

    def of(self, image: ImageFile) -> np.ndarray:
        """The image's row."""
        if image.path not in self._places:
            raise XaiCamError(
                f"{self.path.name} has a row for each of the images, of which {image.path.name} is none. "
                "Give a table with a row for it, by its name."
            )
        return np.asarray(self.values[self._places[image.path]])


@dataclass(frozen=True)
class Views:
    """Pictures in a folder, by the names of the images."""

    folder: Path
    pictures: Sequence[ImageFile]
    names: ByName

    @property
    def told(self) -> str:
        """The folder."""
        return f"the picture of the same name in {self.folder.name or self.folder}"

    @property
    def files(self) -> Sequence[Path]:
        """All pictures of the folder."""
        return [picture.path for picture in self.pictures]

    def of(self, image: ImageFile) -> Path:
        """The image's picture."""
        return self.pictures[self.names.find(image)].path


def in_words(values: np.ndarray) -> str:
    """Some numbers with commas; of many their count."""
    if values.size > MAX_SHOWN:
        return f"{' x '.join(map(str, values.shape))} numbers"
    digits = 7 if values.dtype == np.float32 else 10
    return ",".join(f"{number:.{digits}g}" for number in values.ravel())


def file_in(value: str) -> str | None:
    """The file or folder in what an input is held at; None for numbers."""
    if all(number_of(part) is not None for part in value.split(",")):
        return None
    table = TABLE.fullmatch(value)
    return table["path"] if table else value


def split_extra(text: str, folder: Path = Path()) -> tuple[str, str]:
    """`age=63` -> `age`, `63`; `a=b=63` -> `a=b`, `63`: a name, and what the input is held at.

    Names may hold equals signs, and so may files: the first sign counts behind which there are numbers or the
    name of a file that is there, as seen from `folder`; else the first of all.
    """
    parts = text.split("=")
    splits = [("=".join(parts[:i]).strip(), "=".join(parts[i:]).strip()) for i in range(1, len(parts))]
    for name, value in splits if len(splits) > 1 else ():
        file = file_in(value)
        abroad = value.replace("\\", "/").startswith("//")  # Windows would go there to look
        if name and (file is None or abroad or (file and (folder / os.path.expanduser(file)).exists())):
            return name, value
    return splits[0] if splits else (text.strip(), "")


def files_in(given: Sequence[tuple[str, str]]) -> list[Path]:
    """The files and folders among what is given for inputs."""
    return [_path_of(file) for _, value in given if (file := file_in(value))]


def _path_of(file: str) -> Path:
    return as_path(file if is_url(file) else os.path.expanduser(file))


def folders_in(given: Sequence[tuple[str, str]]) -> list[Path]:
    """The folders among what is given for inputs."""
    return [path for path in files_in(given) if path.is_dir()]


def source_of(
    name: str, value: str, images: Sequence[ImageFile], beside: Sequence[ImageFile] = ()
) -> ExtraSource:
    """The source that a text stands for, read as far as all images of the run share it.

    Those `beside` them have values of their own by their names, so that no name may be that of both.

    Raises
    ------
    InputError
        It is none, or cannot be read.
    """
    numbers = [number_of(part) for part in value.split(",")]
    if all(number is not None for number in numbers):
        return Constant(np.array(numbers[0] if len(numbers) == 1 else numbers, np.float64))
    path = _path_of(value)
    if value.lower().endswith(".npy"):
        return _array(path, images)
    if table := TABLE.fullmatch(value):
        return _table(name, table, [*images, *beside])
    if path.is_dir():
        return _views(path, [*images, *beside])
    is_path = any(sign in value for sign in (os.sep, "/", "."))
    looks = "is there no such file or folder" if is_path else "is it text"
    raise InputError(
        f"`extra` {name} is {value[:80]!r}, which is neither a number nor a folder: {looks}? Give {FORMS}; "
        "for a category the number that the model was trained with."
    )


def _array(path: Path, images: Sequence[ImageFile]) -> ExtraSource:
    """A row an image where there are as many rows as images; else one for all."""
    values = read_extra_array(path)
    if values.ndim and len(values) == len(images):
        return Rows(path, values, images)
    return Constant(values[0] if values.ndim > 1 and len(values) == 1 else values, path)


def _table(name: str, match: re.Match[str], images: Sequence[ImageFile]) -> Column:
    path = _path_of(match["path"])
    columns = [part.strip() for part in (match["columns"] or "").split(",")]
    if not all(columns):
        raise InputError(
            f"`extra` {name} is the table {path}, of which no column is named. Name one behind a colon, as "
            f"in {path.name}:COLUMN, or several with commas."
        )
    return Column(read_extra_table(path, columns, images))


def _views(folder: Path, images: Sequence[ImageFile]) -> Views:
    """The pictures in a folder and below it; links that lead out of it are not followed."""
    name = f"{folder}/" if isinstance(folder, StorePath) else str(folder)
    found = find_images([name], recursive=True, is_own_output=is_own_output).images
    if not found:
        raise InputError(f"There is no picture in the folder {folder}. Name the folder of the other view.")
    names = [(picture.folder / picture.path.name).as_posix() for picture in found]
    holder = f"{folder.name or folder} has"
    return Views(folder, found, ByName(names, images, holder, "picture", names.__getitem__, across=True))
