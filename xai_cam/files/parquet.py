"""Rows of results as a Parquet file, whose columns have types: whole numbers, numbers, text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, OutputError
from xai_cam.extras import require
from xai_cam.files.locks import folder_locked
from xai_cam.files.rows import TEXTS, WHOLE_NUMBERS
from xai_cam.files.writing import write_whole


class ParquetWriter:
    """Holds rows, and writes all of them when it is closed: such a file has no end before its last row.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Of the rows.
    append : bool
        Add to the rows that are there. Runs that add at once wait for each other.

    Raises
    ------
    XaiCamError
        The library is missing.
    OutputError
        Nothing can be written there.
    """

    on_stdout = False

    def __init__(self, path: Path, columns: Sequence[str], append: bool = False) -> None:
        self._arrow, self._parquet = require("pyarrow"), require("pyarrow.parquet")
        self.path, self.append, self._begun = path, append, False
        self._cells: dict[str, list[Any]] = {name: [] for name in columns}
        if path.is_dir() or not os.access(path.parent, os.W_OK):  # now, and not when all is computed
            raise OutputError(f"Cannot write {path}. Name another file in `results`.")

    def begin(self) -> None:
        """What is there will be replaced, even if there are no rows."""
        self._begun = True

    def write(self, values: Mapping[str, Any]) -> None:
        """Take in one row."""
        self.begin()
        for name, cells in self._cells.items():
            cells.append(values.get(name))

    def close(self) -> None:
        """Write the file, unless the run failed before there was a row.

        Raises
        ------
        InputError
            The table that is there has other columns.
        OutputError
        """
        if not self._begun:
            return
        table = self._arrow.table({name: self._column(name) for name in self._cells})
        with folder_locked(self.path.parent):  # the file itself is another afterwards
            if self.append and self.path.exists():
                table = self._behind(table)
            sink = self._arrow.BufferOutputStream()
            self._parquet.write_table(table, sink, compression="zstd")
            write_whole(self.path, sink.getvalue().to_pybytes(), "`results`")

    def _behind(self, table: Any) -> Any:
        """The rows that are there, and those of the table behind them."""
        there = _read(self.path, self._parquet.read_table)
        if set(there.column_names) != set(table.column_names):
            raise InputError(f"{self.path} has other columns by now. Name another file in `results`.")
        try:
            return self._arrow.concat_tables([there, table.select(there.column_names).cast(there.schema)])
        except (self._arrow.ArrowInvalid, self._arrow.ArrowNotImplementedError) as error:
            raise InputError(
                f"The rows do not fit into {self.path} ({error}). Name another file in `results`."
            ) from error

    def _column(self, name: str) -> Any:
        cells = self._cells[name]
        if name in TEXTS or any(isinstance(cell, str) for cell in cells):
            return self._arrow.array([_text(cell) for cell in cells], self._arrow.string())
        kind = self._arrow.int64() if name in WHOLE_NUMBERS else self._arrow.float64()
        return self._arrow.array(cells, kind)


def _text(cell: Any) -> str | None:
    return None if cell is None else str(cell).encode(errors="backslashreplace").decode()


def columns_in_parquet(path: Path) -> list[str]:
    """Names of the columns of a Parquet file.

    Raises
    ------
    InputError
        It is none.
    XaiCamError
        The library is missing.
    """
    return list(_read(path, require("pyarrow.parquet").read_schema).names)


def _read(path: Path, read: Any) -> Any:
    try:
        return read(path)
    except (OSError, ValueError) as error:  # those of the library are of both kinds
        raise InputError(f"{path} is no Parquet file. Name another file in `results`.") from error
