"""Boxes in a table: a CSV file with a row for each box."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from xai_cam.errors import InputError
from xai_cam.files.formulas import plain
from xai_cam.files.texts import TextError, read_text, reason_of
from xai_cam.images.boxes.box import Corners, Drawn, TrueBox, check_corners
from xai_cam.images.extra_tables import number_of, of_length, rows_of

IMAGE_COLUMNS = ("image", "path", "file", "filename", "file_name")
CLASS_COLUMNS = ("class", "class_name", "label", "category", "kind")

CORNERS = (
    ("x0", "y0", "x1", "y1"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
)
"""What the columns of the left, upper, right and lower edge may be called."""

SIDES = (("x", "y", "width", "height"), ("x", "y", "w", "h"))
"""Of the left and the upper edge, and how wide and high a box is."""

MAX_BYTES = 64 * 10**6
"""Of a table: a million boxes."""


def read_box_table(path: Path) -> dict[str, Drawn]:
    """The boxes of each image that a table names, by the name that it has there.

    A CSV file with a header, delimited by commas, semicolons or tabs: a column `image`, four of a box, and
    maybe one of its class.

    Raises
    ------
    InputError
        It is missing, is no such table, or has a row that is no box.
    """
    try:
        text = read_text(path, MAX_BYTES)
        if "\0" in text:  # which readers of CSV take differently from one Python to the next
            raise TextError("it holds zero bytes, as no text does")
        rows = rows_of(text)
        _, header = next(rows, (0, []))
        names = [name.strip().lower() for name in header]
        columns = _Columns(path, names)
        found: dict[str, list[TrueBox]] = {}
        for line, row in of_length(path, names, rows):
            name, box = columns.box(line, row)
            found.setdefault(name, []).append(box)
    except (OSError, TextError, csv.Error) as error:
        reason = str(error) if isinstance(error, csv.Error) else reason_of(error)
        raise InputError(
            f"Cannot read the boxes in {path}: {reason}. Give a CSV file in UTF-8; Excel calls it CSV UTF-8."
        ) from error
    if not found:
        raise InputError(f"{path} has no row below its header. Write a row for each box.")
    return {name: Drawn(tuple(boxes)) for name, boxes in found.items()}


class _Columns:
    """Where the cells of a box are in a row."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        image = next((header.index(name) for name in IMAGE_COLUMNS if name in header), None)
        self.kind = next((header.index(name) for name in CLASS_COLUMNS if name in header), None)
        names = next((four for four in (*CORNERS, *SIDES) if all(name in header for name in four)), None)
        if image is None or names is None:
            raise InputError(
                f"The header of {path} ({', '.join(header)[:200] or 'empty'}) does not name the image and "
                "the four edges of a box. Call the columns image, x0, y0, x1, y1, and class if there is one."
            )
        self.names, self.of_sides = names, names in SIDES
        self.places = [image, *(header.index(name) for name in names)]
        for place in (*self.places, *([] if self.kind is None else [self.kind])):
            if (count := header.count(header[place])) > 1:
                raise InputError(f"{path} has {count} columns called {header[place]!r}. Rename all but one.")

    def box(self, line: int, row: Sequence[str]) -> tuple[str, TrueBox]:
        """The image that a row names, and its box.

        Raises
        ------
        InputError
        """
        where = f"line {line}"
        cells = [plain(row[place].strip()) if place < len(row) else "" for place in self.places]
        if not cells[0]:
            raise InputError(f"{where.capitalize()} of {self.path} names no image. Write its name.")
        sides = [self._number(where, name, cell) for name, cell in zip(self.names, cells[1:], strict=True)]
        x0, y0, x1, y1 = sides
        corners: Corners = (x0, y0, x0 + x1, y0 + y1) if self.of_sides else (x0, y0, x1, y1)
        check_corners(corners, self.path, where)
        kind = plain(row[self.kind].strip()) if self.kind is not None and self.kind < len(row) else ""
        return cells[0], TrueBox(corners, kind, where)

    def _number(self, where: str, name: str, cell: str) -> float:
        found = number_of(cell)
        if found is None:
            raise InputError(
                f"{name} in {where} of {self.path} is {cell[:40]!r}. Write a number of pixels, with a point "
                "if it is no whole one."
            )
        return found
