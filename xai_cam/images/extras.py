"""What a model's other inputs are held at in a run: numbers, tables, arrays, and folders of pictures."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.fingerprint import Fingerprint, fingerprint
from xai_cam.files.provenance import is_own_output
from xai_cam.files.regular import why_unreadable
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
        return f"what {self.path.name} holds, for all images" if self.path else _shown(self.values)

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
        return f"{', '.join(self.table.columns)} in {self.table.path.name}, by the names of the images"

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
        order = f", in their order from {first} to {last}" if len(self.images) > 1 else ""
        return f"a row of {self.path.name} for each of the {len(self.images):,} images{order}"

    @property
    def files(self) -> Sequence[Path]:
        """The file of the array."""
        return [self.path]

    def of(self, image: ImageFile) -> np.ndarray:
        """The image's row."""
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


@dataclass(frozen=True)
class Extras:
    """What all other inputs are held at, by their names; nothing of them is known but these."""

    sources: Mapping[str, ExtraSource]
    _taken: dict[Path, Fingerprint] = field(default_factory=dict, repr=False, compare=False)

    @property
    def files(self) -> list[Path]:
        """All files that are read, none of which may be written to."""
        return [path for source in self.sources.values() for path in source.files]

    @property
    def folders(self) -> list[Path]:
        """Folders whose pictures are views of the images, and not images themselves."""
        return [source.folder for source in self.sources.values() if isinstance(source, Views)]

    def of(self, image: ImageFile) -> dict[str, np.ndarray | Path]:
        """The values of an image.

        Raises
        ------
        XaiCamError
            Some are missing for it.
        """
        found = {}
        for name, source in self.sources.items():
            try:
                found[name] = source.of(image)
            except XaiCamError as error:
                raise XaiCamError(f"`extra` {name}: {error.message}") from error
        return found

    def identity(self, image: ImageFile) -> dict[str, Any]:
        """What tells the values of an image from others, as JSON: equal values make equal maps.

        Raises
        ------
        XaiCamError
            Some are missing for it, or its picture cannot be read.
        """
        return {name: self._identity(name, value) for name, value in self.of(image).items()}

    def _identity(self, name: str, value: np.ndarray | Path) -> Any:
        if isinstance(value, Path):
            return self._hash(name, value)
        if value.size <= MAX_SHOWN:
            return value.tolist()
        data = np.ascontiguousarray(value)
        return [str(data.dtype), list(data.shape), hashlib.sha256(data.tobytes()).hexdigest()]

    def _hash(self, name: str, path: Path) -> str:
        if path not in self._taken:
            try:
                self._taken[path] = fingerprint(path)
            except OSError as error:
                raise XaiCamError(f"`extra` {name}: {path.name}: {why_unreadable(path, error)}") from error
        return self._taken[path].sha256

    def is_unchanged(self, path: Path) -> bool:
        """Whether a picture is the one that was hashed, if any was."""
        return path not in self._taken or self._taken[path].holds(path)

    def shown(self, image: ImageFile) -> str:
        """The values of an image in a few words, for its row: `age=63; left=cat.png`."""
        found = self.of(image)
        return "; ".join(
            f"{name}={value.name if isinstance(value, Path) else _shown(value)}"
            for name, value in found.items()
        )


NOTHING = Extras({})
"""Of a model that takes an image alone."""


def _shown(values: np.ndarray) -> str:
    if values.size > MAX_SHOWN:
        return f"{' x '.join(map(str, values.shape))} numbers"
    return ",".join(f"{number:.10g}" for number in values.ravel())


def read_extras(given: Sequence[tuple[str, str]], images: Sequence[ImageFile]) -> Extras:
    """What was given for each input, by name, read as far as all images share it.

    Parameters
    ----------
    given : sequence of (str, str)
        The name of an input, and what it is held at: a number, several (`0.1,0.2`), columns of a table
        (`patients.csv:age`), an array in a file (`meta.npy`), or a folder of pictures.
    images : sequence of ImageFile
        All images of the run, in its order.

    Raises
    ------
    InputError
        Something is given twice, is none of these, or cannot be read.
    """
    sources: dict[str, ExtraSource] = {}
    for name, value in given:
        if name in sources:
            raise InputError(f"`extra` {name!r} is given twice. Give it once; several numbers have commas.")
        sources[name] = _source(name, value, images)
    return Extras(sources)


def folders_in(given: Sequence[tuple[str, str]]) -> list[Path]:
    """The folders among what is given for inputs."""
    paths = [Path(os.path.expanduser(value)) for _, value in given]
    return [path for path in paths if path.is_dir()]


def _source(name: str, value: str, images: Sequence[ImageFile]) -> ExtraSource:
    numbers = [number_of(part) for part in value.split(",")]
    if all(number is not None for number in numbers):
        return Constant(np.array(numbers[0] if len(numbers) == 1 else numbers, np.float64))
    path = Path(os.path.expanduser(value))
    if value.lower().endswith(".npy"):
        return _array(path, images)
    if table := TABLE.fullmatch(value):
        return _table(name, table, images)
    if path.is_dir():
        return _views(path, images)
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
    path = Path(os.path.expanduser(match["path"]))
    columns = [part.strip() for part in (match["columns"] or "").split(",")]
    if not all(columns):
        raise InputError(
            f"`extra` {name} is the table {path}, of which no column is named. Name one behind a colon, as "
            f"in {path.name}:COLUMN, or several with commas."
        )
    return Column(read_extra_table(path, columns, images))


def _views(folder: Path, images: Sequence[ImageFile]) -> Views:
    """The pictures in a folder and below it; links that lead out of it are not followed."""
    found = find_images([str(folder)], recursive=True, is_own_output=is_own_output).images
    if not found:
        raise InputError(f"There is no picture in the folder {folder}. Name the folder of the other view.")
    names = [(picture.folder / picture.path.name).as_posix() for picture in found]
    return Views(folder, found, ByName(names, images, folder.name or str(folder), names.__getitem__))
