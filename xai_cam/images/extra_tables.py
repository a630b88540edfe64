"""Tables that hold numbers for each image: what a model's other inputs are held at."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_cam.errors import InputError, XaiCamError, nearest
from xai_cam.files.formulas import plain
from xai_cam.files.texts import TextError, read_text, reason_of
from xai_cam.images.by_name import ByName
from xai_cam.images.finding import ImageFile

IMAGE_COLUMNS = ("image", "file", "filename", "path", "name")
"""What the column of images may be called; without one it is the first."""

DELIMITERS = ",;\t"

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
"""`1,000`: one thousand to some, one to others."""

MAX_BYTES = 256 * 10**6
"""Of a table: two million rows."""


@dataclass(frozen=True)
class ExtraTable:
    """Some columns of a table, found by the names of images.

    Attributes
    ----------
    columns : tuple of str
    cells : list of rows
        The cells of these columns as they are written.
    rows : ByName
        Finds the row of an image.
    """

    path: Path
    columns: tuple[str, ...]
    cells: list[tuple[str, ...]]
    rows: ByName

    def of(self, image: ImageFile) -> np.ndarray:
        """The numbers (columns,) of an image; of one column a number ().

        Raises
        ------
        XaiCamError
            The table has no row of it, or several, or a cell that holds no number.
        """
        row = self.cells[self.rows.find(image)]
        found = [self._number(column, cell, image) for column, cell in zip(self.columns, row, strict=True)]
        return np.array(found[0] if len(found) == 1 else found, np.float64)

    def _number(self, column: str, cell: str, image: ImageFile) -> float:
        if not cell:
            raise XaiCamError(f"{self.path.name} has no {column} for {image.path.name}. Fill in the number.")
        found = number_of(cell)
        if found is None:
            raise XaiCamError(
                f"{column} of {image.path.name} is {cell[:40]!r} in {self.path.name}. Write a "
                f"number{_advice(cell)}."
            )
        return found


def number_of(text: str) -> float | None:
    """The number that a text is; None where it is none, or not finite."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in text else None


def read_extra_table(path: Path, columns: Sequence[str], images: Sequence[ImageFile]) -> ExtraTable:
    """Some columns of a CSV file with a header, delimited by commas, semicolons or tabs.

    Raises
    ------
    InputError
        It is missing, is no such table, has no such column, or one without any number.
    """
    try:
        text = read_text(path, MAX_BYTES)
        if "\0" in text:  # which readers of CSV take differently from one Python to the next
            raise TextError("it holds zero bytes, as no text does")
        found = rows_of(text)
        header = [name.strip() for name in next(found, (0, []))[1]]
        found = of_length(path, header, found)
        image = _image_column(header)
        places = [image, *(_place(path, header, image, name) for name in columns)]
        rows = [
            (line, *(plain(row[i].strip()) if i < len(row) else "" for i in places)) for line, row in found
        ]
    except (OSError, TextError, csv.Error) as error:
        reason = str(error) if isinstance(error, csv.Error) else reason_of(error)
        raise InputError(
            f"Cannot read the table {path}: {reason}. Give a CSV file in UTF-8; Excel calls it CSV UTF-8."
        ) from error
    if not rows:
        raise InputError(f"{path} has no row below its header. Write a row for each image.")
    lines, names, *of_columns = zip(*rows, strict=True)
    for column, values in zip(columns, of_columns, strict=True):
        _check_numbers(path, column, values)
    by_name = ByName(names, images, f"{path.name} has", "row", lambda number: f"line {lines[number]}")
    return ExtraTable(path, tuple(columns), list(zip(*of_columns, strict=True)), by_name)


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their lines' numbers, at the delimiter that splits the first best."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count))
    return ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))


def of_length(
    path: Path, header: Sequence[str], rows: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    """The rows, none of which may go beyond the header: a number was split, and what follows is shifted."""
    named = max((number for number, name in enumerate(header, 1) if name), default=len(header))
    for line, row in rows:
        if any(cell.strip() for cell in row[named:]):
            raise InputError(
                f"Line {line} of {path} has more cells than its header has names. Write numbers with a "
                "point: a decimal comma splits them. Put text that holds the delimiter in quotes."
            )
        yield line, row


def _image_column(header: Sequence[str]) -> int:
    lower = [name.lower() for name in header]
    return next((lower.index(name) for name in IMAGE_COLUMNS if name in lower), 0)


def _place(path: Path, header: Sequence[str], image: int, name: str) -> int:
    if not header:
        raise InputError(f"{path} is empty. Give a table with a header, and a row for each image.")
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise InputError(f"{path} has {header.count(name)} columns called {name!r}. Rename all but one.")
    others = [one for number, one in enumerate(header) if number != image]
    near = ", ".join(nearest(name, others, 5)) or "it has no other column"
    raise InputError(f"{path} has no column {name!r}. Nearest: {near}.")


def _check_numbers(path: Path, column: str, cells: Sequence[str]) -> None:
    """Refuse a column of which no cell is a number: it would fail every image alike."""
    given = [cell for cell in cells if cell]
    if any(number_of(cell) is not None for cell in given):
        return
    if not given:
        raise InputError(f"The column {column!r} of {path} is empty. Fill in a number for each image.")
    raise InputError(
        f"The column {column!r} of {path} holds no numbers, but {given[0][:40]!r}. Write "
        f"numbers{_advice(given[0])}."
    )


def _advice(cell: str) -> str:
    """What else to say of a cell that is no number."""
    if THOUSANDS.fullmatch(cell):
        return " without commas: nobody can say whether it stands before thousands or before decimals"
    if number_of(cell.replace(",", ".", 1)) is not None:
        return ", with a point: " + cell.replace(",", ".", 1)
    return "; for a category those that the model was trained with, in columns of their own if it was one-hot"
