"""What a run reports: one row per image, method and class, notices, and a summary."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any, Protocol

from xai_cam.errors import InputError, OutputError


@dataclass(frozen=True)
class Row:
    """One line of the results. `outcome` is `written`, `up to date` or `failed`; `status` is the map's.

    `score_name` is `value` for a regression, which has neither probability nor predicted class; `head` tells
    what the output was taken for. `max_channels` and `precision` are there only where they made the map less
    exact.
    """

    image: str
    outcome: str
    status: str = ""
    layer: str = ""
    method: str = ""
    class_index: int | None = None
    class_name: str = ""
    predicted_index: int | None = None
    predicted_name: str = ""
    score: float | None = None
    score_name: str = ""
    probability: float | None = None
    head: str = ""
    preprocessing: str = ""
    max_channels: int | None = None
    precision: str = ""
    overlay: str = ""
    figure: str = ""
    heatmap: str = ""
    raw: str = ""
    message: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


class Reporter(Protocol):
    """Receiver of a run's rows, notices and progress."""

    def notice(self, text: str) -> None:
        """Report a sentence to the user."""

    def row(self, values: Mapping[str, Any]) -> None:
        """A result, by column; `image`, `outcome` and `message` are among them."""

    def progress(self, done: int, total: int) -> None:
        """Report how many images are finished."""


@dataclass
class Summary:
    """Numbers of images written, up to date and failed."""

    written: int = 0
    up_to_date: int = 0
    failed: int = 0

    def count(self, failed: bool, written: bool) -> None:
        """Count one more image: failed, or written, or up to date."""
        if failed:
            self.failed += 1
        elif written:
            self.written += 1
        else:
            self.up_to_date += 1

    def __str__(self) -> str:
        return f"{self.written} written, {self.up_to_date} up to date, {self.failed} failed"


class ResultsWriter:
    """Writes rows as they come, as CSV with a header or as one JSON object a line.

    Nothing is written, and nothing that is there is lost, before the first row or `begin`.
    """

    def __init__(self, file: IO[str], as_json: bool, columns: Sequence[str] = COLUMNS) -> None:
        self.file, self.as_json = file, as_json
        if isinstance(file, io.TextIOWrapper):  # a file's name may hold what its encoding lacks
            file.reconfigure(errors="backslashreplace")
        self._csv = csv.DictWriter(file, columns, lineterminator="\n")
        self._begun = False
        if file is sys.stdout:  # there is nothing that could be lost
            self.begin()

    def begin(self) -> None:
        """Replace the file's earlier content by a header, unless that is done.

        Raises
        ------
        OutputError
        """
        if self._begun:
            return
        self._begun = True
        with _as_output_error():
            if self.file is not sys.stdout and self.file.seekable():
                self.file.truncate(0)
            if not self.as_json:
                self._csv.writeheader()

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one row.

        Raises
        ------
        OutputError
        """
        self.begin()
        with _as_output_error():
            if self.as_json:
                self.file.write(json.dumps(values, ensure_ascii=False) + "\n")
            else:
                self._csv.writerow(values)
            self.file.flush()


@contextmanager
def _as_output_error() -> Iterator[None]:
    """Raise an `OutputError` where a table cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"Cannot write the results: {reason}. Name another file in `results`.") from error


@contextmanager
def open_results(target: str | None, columns: Sequence[str] = COLUMNS) -> Iterator[ResultsWriter | None]:
    """A writer for `FILE.csv`, `FILE.jsonl` or `-` (CSV on standard output); None for None.

    Raises
    ------
    InputError
        Another suffix.
    OutputError
        The file cannot be made, or standard output is closed.
    """
    if target is None:
        yield None
    elif target == "-" and sys.stdout is None:
        raise OutputError(
            "Cannot write the results: standard output is closed. Name another file in `results`."
        )
    elif target == "-":
        yield ResultsWriter(sys.stdout, False, columns)
    else:
        path = Path(target)
        check_results(target)
        try:
            file = path.open("a", encoding="utf-8", newline="")  # an older table stays until there are rows
        except OSError as error:
            raise OutputError(
                f"Cannot write {path}: {error.strerror}. Name another file in `results`."
            ) from error
        try:
            writer = ResultsWriter(file, path.suffix.lower() != ".csv", columns)
            yield writer
            writer.begin()  # a run without rows has an empty table; one that failed leaves the older one
        finally:
            with suppress(OSError):  # a full disk was reported when the row was written
                file.close()


def is_table_of(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file is a table that `open_results` began with these columns; an empty file counts."""
    first = ",".join(columns) if path.suffix.lower() == ".csv" else f'{{"{columns[0]}": '
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = file.readline()
    except (OSError, UnicodeDecodeError):
        return False
    return not found or found.startswith(first)


def check_results(target: str | None) -> None:
    """Refuse a name that ends neither in .csv nor in .jsonl.

    Raises
    ------
    InputError
    """
    if target not in (None, "-") and Path(str(target)).suffix.lower() not in (".csv", ".jsonl", ".ndjson"):
        raise InputError(f"`results={target!r}` must end in .csv or .jsonl, or be - for standard output.")
