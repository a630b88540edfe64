"""Results of a run as a file: one format for each ending, new or added to what is there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from xai_cam.errors import InputError, OutputError
from xai_cam.extras import check_extra
from xai_cam.files.coco import SUFFIX as COCO
from xai_cam.files.coco import CocoWriter, check_coco
from xai_cam.files.locks import held
from xai_cam.files.parquet import ParquetWriter, columns_in_parquet
from xai_cam.files.regular import kind_of
from xai_cam.files.rows import COLUMNS, SHARD
from xai_cam.files.stores.drafts import draft_of, on_disk
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url
from xai_cam.files.text_tables import (
    DELIMITERS,
    JSON,
    StdoutWriter,
    TextWriter,
    check_columns,
    columns_in_text,
)
from xai_cam.files.visible import visible

PARQUET = ".parquet"

TABLES = (*DELIMITERS, *JSON, PARQUET)

WAITING = ("a pipe", "a socket")
"""What is no place for a table: to open it waits for somebody at its other end."""


class ResultsWriter(Protocol):
    """Takes the rows of a run."""

    @property
    def on_stdout(self) -> bool:
        """Whether rows go to standard output, where other lines may have to be cleared first."""

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one row.

        Raises
        ------
        OutputError
        """


@contextmanager
def open_results(
    target: str | None,
    columns: Sequence[str] = COLUMNS,
    append: bool = False,
    safe_csv: bool = True,
    overwrite: bool = False,
) -> Iterator[ResultsWriter | None]:
    """A writer for a file, or for `-` (CSV on standard output); None for None.

    A run without rows leaves an empty table; one that fails before its first row leaves what was there. As
    long as the table is open no other run writes to it, but that those which add to it do so together.

    Parameters
    ----------
    target : str, optional
        `FILE.csv`, `FILE.tsv`, `FILE.jsonl` or `FILE.parquet`. The first three get every row as it comes, the
        last one all of them at the end, also of a run that is interrupted. `FILE.json` is no table: it holds
        the boxes that the rows name, as COCO, and is written at the end too. In a store all are.
    columns : sequence of str
        Of the rows.
    append : bool
        Add to the table that is there, whose columns must be the same.
    safe_csv : bool
        Put an apostrophe before text in CSV and TSV that a spreadsheet would take for a formula.
    overwrite : bool
        Replace a file of COCO that was changed since this tool wrote it.

    Raises
    ------
    InputError
        Another suffix, or a table with other columns.
    OutputError
        The file cannot be made, another run writes to it, or standard output is closed.
    """
    check_results(target, append, boxes="boxes" in columns, overwrite=overwrite)
    if target is not None and is_url(target):
        with (
            draft_of(as_path(target), append) as draft,
            open_results(str(draft), columns, append, safe_csv, overwrite) as table,
        ):
            yield table
    elif target is None:
        yield None
    elif target == "-" and sys.stdout is None:
        raise OutputError("Cannot write to standard output: it is closed. Name a file in `results`.")
    elif target == "-":
        yield StdoutWriter(columns, safe_csv)
    else:
        path = as_path(target)
        writer: ParquetWriter | TextWriter | CocoWriter
        with held(path, "`results`", shared=append):
            if path.suffix.lower() == PARQUET:
                writer = ParquetWriter(path, columns, append)
            elif path.suffix.lower() == COCO:
                writer = CocoWriter(path, overwrite)
            else:
                writer = TextWriter(path, columns, append, safe_csv)
            try:
                yield writer
                writer.begin()
            finally:
                writer.close()


def columns_in(path: Path) -> list[str] | None:
    """Names of the columns of a table; None where there is no file, or an empty one.

    Raises
    ------
    InputError
        It is no table.
    XaiCamError
        It is one of Parquet, for which a library is missing.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    if isinstance(path, StorePath):
        with on_disk(path) as copy:
            return columns_in(copy)
    return columns_in_parquet(path) if path.suffix.lower() == PARQUET else columns_in_text(path)


def is_table_of(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file is a table of rows with these columns, or of an earlier version that had fewer of them.

    An empty file counts, and a table of a shard.
    """
    try:
        found = columns_in(path)
    except InputError:
        return False
    return found is None or (found[0] == columns[0] and set(found) <= {*map(visible, columns), *SHARD})


def check_results(
    target: str | None,
    append: bool = False,
    columns: Sequence[str] | None = None,
    boxes: bool = False,
    overwrite: bool = False,
) -> None:
    """Refuse a name with another ending, a pipe, a missing library, and a table that cannot be added to.

    `boxes`: rows name files of boxes, which can be put into one of COCO; `overwrite` is for that alone.

    Raises
    ------
    InputError, XaiCamError
    """
    if append and target in (None, "-"):
        raise InputError("`append` adds rows to a file. Name one in `results`.")
    if target is None or target == "-":
        return
    place = as_path(target)
    suffix = place.suffix.lower()
    if suffix not in (*TABLES, *[COCO] * boxes):
        kinds = ".csv, .tsv, .jsonl, .parquet or .json (COCO)" if boxes else ".csv, .tsv, .jsonl or .parquet"
        raise InputError(f"`results={target!r}` must end in {kinds}, or be - for standard output.")
    if suffix == COCO and append:
        raise InputError(f"`append` adds rows to a table, and `results={target!r}` is none. Leave it out.")
    if suffix == PARQUET:
        check_extra("pyarrow")
    remote = isinstance(place, StorePath)
    kind = kind_of(os.stat(place).st_mode) if not remote and os.path.exists(place) else ""
    if kind in WAITING:
        raise InputError(f"`results={target!r}` is {kind}. Name a file, or - for standard output.")
    if suffix == COCO:
        check_coco(place, overwrite)
    found = columns_in(place) if append and columns is not None else None
    if found is not None and columns is not None:
        check_columns(place, found, columns)
