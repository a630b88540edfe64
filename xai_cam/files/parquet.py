"""Rows of results as a Parquet file, whose columns have types: whole numbers, numbers, text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, OutputError
from xai_cam.extras import require
from xai_cam.files.locks import folder_locked
from xai_cam.files.rows import TEXTS, WHOLE_NUMBERS
from xai_cam.files.rows_aside import RowsAside
from xai_cam.files.staging import Staging
from xai_cam.files.writing import cannot_write

GROUP = 10_000
"""Rows that are held at a time, and stand together in the file."""


class ParquetWriter:
    """Writes rows when it is closed: such a file has no end before its last row, and its types fit all.

    Until then they are put aside, some thousand at a time.

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
        self._columns = tuple(columns)
        self._texts = {name for name in columns if name in TEXTS}
        self._rows = RowsAside(GROUP)
        if path.is_dir() or not os.access(path.parent, os.W_OK):  # now, and not when all is computed
            raise OutputError(f"Cannot write {path}. Name another file in `results`.")

    def begin(self) -> None:
        """What is there will be replaced, even if there are no rows."""
        self._begun = True

    def write(self, values: Mapping[str, Any]) -> None:
        """Take in one row.

        Raises
        ------
        OutputError
            The folder for temporary files is full.
        """
        self.begin()
        row = tuple(values.get(name) for name in self._columns)
        self._texts |= {name for name, cell in zip(self._columns, row, strict=True) if isinstance(cell, str)}
        self._rows.add(row)

    def close(self) -> None:
        """Write the file, unless the run failed before there was a row.

        Raises
        ------
        InputError
            The table that is there has other columns.
        OutputError
        """
        with self._rows:
            if not self._begun:
                return
            with folder_locked(self.path.parent):  # the file itself is another afterwards
                try:
                    with Staging(self.path.parent) as staging:
                        part = staging.new(self.path.suffix)
                        self._write(part)
                        staging.name({part: self.path})
                except OSError as error:
                    raise cannot_write(self.path, error, "`results`") from error

    def _write(self, part: Path) -> None:
        """All rows, those that are there before those of this run."""
        older = _read(self.path, self._parquet.ParquetFile) if self.append and self.path.exists() else None
        if older is not None and set(older.schema_arrow.names) != set(self._columns):
            raise InputError(f"{self.path} has other columns by now. Name another file in `results`.")
        kinds = {name: self._kind(name) for name in self._columns}
        schema = self._arrow.schema(kinds) if older is None else older.schema_arrow
        with self._parquet.ParquetWriter(part, schema, compression="zstd") as file:
            for batch in older.iter_batches(GROUP) if older is not None else ():
                file.write_batch(batch)
            for table in self._tables(kinds):
                file.write_table(self._as_there(table, schema))

    def _tables(self, kinds: Mapping[str, Any]) -> Iterator[Any]:
        """The rows of this run, group by group."""
        for rows in self._rows.groups():
            columns = dict(zip(self._columns, zip(*rows, strict=True), strict=True))
            yield self._arrow.table(
                {
                    name: self._arrow.array(self._cells(name, columns[name]), kind)
                    for name, kind in kinds.items()
                }
            )

    def _as_there(self, table: Any, schema: Any) -> Any:
        try:
            return table.select(schema.names).cast(schema)
        except (self._arrow.ArrowInvalid, self._arrow.ArrowNotImplementedError) as error:
            raise InputError(
                f"The rows do not fit into {self.path} ({error}). Name another file in `results`."
            ) from error

    def _kind(self, name: str) -> Any:
        if name in self._texts:
            return self._arrow.string()
        return self._arrow.int64() if name in WHOLE_NUMBERS else self._arrow.float64()

    def _cells(self, name: str, cells: Sequence[Any]) -> Sequence[Any]:
        return [*map(_text, cells)] if name in self._texts else cells


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
