"""Tables of results read back: row by row, and any row again, without holding all of them."""

from __future__ import annotations

import csv
import io
import json
import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, Protocol

from xai_cam.errors import InputError
from xai_cam.extras import require
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.text_tables import DELIMITERS, LONGEST_ROW

PARQUET = ".parquet"
AT_ONCE = 100
"""Rows of Parquet that are made at a time."""

MAX_OPEN = 100
"""Tables that are open at once; a system allows some hundred files."""

Row = dict[str, Any]


class RowSource(Protocol):
    """A table whose rows can be read again, each by its place."""

    path: Path
    columns: list[str] | None
    """None where not even they are there."""

    typed: bool
    """Whether numbers, texts and nothing are told apart."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Every row, with its place."""

    def row(self, place: int) -> Row:
        """The row at a place."""


def here(path: Path) -> Path:
    """A table of this machine's disk: that of a store is fetched, and is here until its path is released.

    Raises
    ------
    OSError
    """
    return path.hold(large=True) if isinstance(path, StorePath) else path


class OpenFiles:
    """Files that are read here and there, of which a limited number is open."""

    def __init__(self, most: int = MAX_OPEN) -> None:
        self.most = most
        self._open: OrderedDict[Path, IO[bytes]] = OrderedDict()

    def get(self, path: Path) -> IO[bytes]:
        """The file, open for reading.

        Raises
        ------
        InputError
            It cannot be read.
        """
        file = self._open.pop(path, None)
        try:
            file = file or open_regular(here(path))
        except OSError as error:
            raise InputError(f"Cannot read {path}: {why_unreadable(path, error)}. Name another.") from error
        self._open[path] = file
        if len(self._open) > self.most:
            self._open.popitem(last=False)[1].close()
        return file

    def close(self) -> None:
        """Close all of them."""
        while self._open:
            self._open.popitem()[1].close()


class TextRows:
    """A table of CSV, TSV or JSON lines.

    Raises
    ------
    InputError
        It is none, or cannot be read.
    """

    def __init__(self, path: Path, files: OpenFiles) -> None:
        self.path, self._files = path, files
        self._delimiter = DELIMITERS.get(path.suffix.lower())
        self.typed = self._delimiter is None
        self._start, first = 0, next(self._lines(0), None)
        self.columns: list[str] | None = None
        if first is not None:
            self.columns = list(self._parsed(first[1]))
            if len(set(self.columns)) < len(self.columns):
                raise self._none()
            self._start = 0 if self.typed else len(first[1])

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Every row, with where it begins."""
        for place, line in self._lines(self._start):
            yield place, self._as_row(line)

    def row(self, place: int) -> Row:
        """The row that begins there."""
        return self._as_row(next(self._lines(place))[1])

    def _lines(self, place: int) -> Iterator[tuple[int, bytes]]:
        """Rows as they are written, from a place on; a cell may hold line breaks, in quotes."""
        while True:
            file = self._files.get(self.path)  # another may have been read meanwhile
            file.seek(place)
            line = file.readline(LONGEST_ROW)
            while self._delimiter and line.count(b'"') % 2 and len(line) < LONGEST_ROW:
                more = file.readline(LONGEST_ROW)
                if not more:
                    break
                line += more
            if not line:
                return
            if not line.endswith(b"\n"):
                raise InputError(
                    f"{self.path} ends within a row, as that of a killed run does. Run its command again."
                )
            yield place, line
            place += len(line)

    def _as_row(self, line: bytes) -> Row:
        cells, columns = self._parsed(line), self.columns or []
        if isinstance(cells, dict) and list(cells) == columns:
            return cells
        if isinstance(cells, list) and len(cells) == len(columns):
            return dict(zip(columns, cells, strict=True))
        raise self._none()

    def _parsed(self, line: bytes) -> list[str] | Row:
        try:
            text = line.decode("utf-8-sig")
            if self._delimiter is None:
                found = json.loads(text)
                if not isinstance(found, dict):
                    raise self._none()
                return found
            return next(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True))
        except (ValueError, csv.Error, StopIteration, RecursionError) as error:
            raise self._none() from error

    def _none(self) -> InputError:
        return InputError(f"{self.path} is no table of results. Name those that `results` wrote.")


class ParquetRows:
    """A Parquet file, of which one group of rows is held at a time, and some of these as rows.

    Raises
    ------
    InputError
        It is none, or cannot be read.
    XaiCamError
        The library is missing.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        parquet = require("pyarrow.parquet")
        try:
            self._file = parquet.ParquetFile(os.fspath(here(path)))
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is no Parquet file. Name those that `results` wrote.") from error
        groups = range(self._file.num_row_groups)
        sizes = (self._file.metadata.row_group(number).num_rows for number in groups)
        self._ends = [*accumulate(sizes)]
        self.columns: list[str] | None = list(self._file.schema_arrow.names)
        self._group: tuple[int, Any] = (-1, None)
        self._first, self._rows = 0, list[Row]()

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Every row, with its number."""
        for place in range(self._ends[-1] if self._ends else 0):
            yield place, self.row(place)

    def row(self, place: int) -> Row:
        """The row of that number."""
        if not self._first <= place < self._first + len(self._rows):
            self._read(place)
        return self._rows[place - self._first]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, place: int) -> None:
        """Have some rows, that of this number among them: one alone takes as long as a hundred."""
        number = bisect_right(self._ends, place)
        if self._group[0] != number:
            self._group = number, self._file.read_row_group(number)
        start = self._ends[number] - self._group[1].num_rows
        within = (place - start) // AT_ONCE * AT_ONCE
        self._first, self._rows = start + within, self._group[1].slice(within, AT_ONCE).to_pylist()


def read_rows(path: Path, files: OpenFiles) -> RowSource:
    """The rows of a table, by the ending of its name.

    Raises
    ------
    InputError, XaiCamError
    """
    return ParquetRows(path) if path.suffix.lower() == PARQUET else TextRows(path, files)
