"""Tables of text: rows as lines of CSV, TSV or JSON as they come, in a new file or behind older rows."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, OutputError
from xai_cam.files.formulas import apart
from xai_cam.files.locks import locked
from xai_cam.files.visible import visible, visible_cell, visible_json
from xai_cam.files.writing import cannot_write

log = logging.getLogger(__name__)

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON = (".jsonl", ".ndjson")

LONGEST_ROW = 1 << 20
"""Bytes of a row that a killed run may have left unfinished."""

NEW = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
"""Flags for a table: every row goes to its end, whoever else writes to it."""


class LineFormat:
    """A row as text: the cells of a table with a header, or a JSON object.

    What moves a cursor is escaped, as tables are looked at on terminals too. Where it is `safe`, text is told
    apart from formulas.
    """

    def __init__(self, columns: Sequence[str], delimiter: str | None, safe: bool = True) -> None:
        self.columns, self.delimiter, self.safe = tuple(columns), delimiter, safe

    @property
    def header(self) -> str:
        """The first line; empty where every row names its columns."""
        return self._cells(map(visible, self.columns)) if self.delimiter else ""

    def line(self, values: Mapping[str, Any]) -> str:
        """One row, with the line break that ends it."""
        if self.delimiter:
            return self._cells([values.get(name) for name in self.columns])
        row = {name: values.get(name) for name in self.columns}
        return visible_json(json.dumps(row, ensure_ascii=False)) + "\n"

    def parse(self, text: str) -> list[str] | None:
        """The cells of a line of a table, or the columns of a JSON object; None where it is neither."""
        try:
            if self.delimiter:
                table = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
                return next(table, None)
            found = json.loads(text)
        except (csv.Error, ValueError):
            return None
        return list(found) if isinstance(found, dict) else None

    def _cells(self, cells: Iterable[Any]) -> str:
        buffer = io.StringIO()
        # What of a line's end a cell holds is quoted, and a carriage return alone would end a row as well
        writer = csv.writer(buffer, delimiter=self.delimiter or ",", lineterminator="\r\n")
        writer.writerow(map(self._cell, cells))
        return buffer.getvalue().removesuffix("\r\n") + "\n"

    def _cell(self, cell: Any) -> Any:
        if not isinstance(cell, str) or not cell:
            return cell
        shown = visible_cell(cell)
        return apart(shown) if self.safe else shown


class StdoutWriter:
    """Rows as CSV on standard output, the header at once: there is nothing that could be lost."""

    on_stdout = True

    def __init__(self, columns: Sequence[str], safe: bool = True) -> None:
        self._format = LineFormat(columns, ",", safe)
        if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may hold what its encoding lacks
            sys.stdout.reconfigure(errors="backslashreplace")
        self._write(self._format.header)

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one row."""
        self._write(self._format.line(values))

    def _write(self, line: str) -> None:
        with _as_output_error(None):
            sys.stdout.write(line)
            sys.stdout.flush()


class TextWriter:
    """Rows as they come, each with one call to the system, so that runs in parallel mix no two of them.

    Nothing is written, and nothing that is there is lost, before the first row or `begin`.

    Parameters
    ----------
    path : Path
        Ends in one of `DELIMITERS` or `JSON`.
    columns : sequence of str
        Of the rows.
    append : bool
        Add to the table that is there, under its header; else replace it.
    safe : bool
        Tell cells of text apart from formulas.

    Raises
    ------
    OutputError
        The file cannot be made.
    """

    on_stdout = False

    def __init__(self, path: Path, columns: Sequence[str], append: bool = False, safe: bool = True) -> None:
        self.path, self.append, self._begun = path, append, False
        self._format = LineFormat(columns, DELIMITERS.get(path.suffix.lower()), safe)
        try:
            self._handle = os.open(path, NEW, 0o666)
        except OSError as error:
            raise OutputError(
                f"Cannot write {path}: {error.strerror}. Name another file in `results`."
            ) from error

    def begin(self) -> None:
        """Replace what is there by a header, or look at it and go on behind it, unless that is done.

        Raises
        ------
        InputError
            The table that is there has other columns.
        OutputError
        """
        if self._begun:
            return
        self._begun = True
        regular = stat.S_ISREG(os.fstat(self._handle).st_mode)
        with _as_output_error(self.path), locked(self._handle, self.append):
            if regular and not self.append:
                os.ftruncate(self._handle, 0)
            if not (regular and self.append and self._goes_on()):
                self._put(self._format.header)

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one row.

        Raises
        ------
        InputError, OutputError
        """
        self.begin()
        with _as_output_error(self.path), locked(self._handle, self.append):
            self._put(self._format.line(values))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # a full disk was reported when the row was written
            os.close(self._handle)

    def _goes_on(self) -> bool:
        """Whether there are rows already; what a killed run left of its last one is cut off or ended."""
        found = columns_in_text(self.path)
        if found is None:
            return False
        check_columns(self.path, found, self._format.columns)
        if self._format.delimiter:
            by_title = {visible(name): name for name in self._format.columns}
            self._format.columns = tuple(by_title[visible(title)] for title in found)
        self._mend(len(found))
        return True

    def _mend(self, cells: int) -> None:
        end, rest = _last_row(self.path, quoted=self._format.delimiter is not None)
        if not rest:
            return
        whole = self._format.parse(rest.decode(errors="replace"))
        if whole is not None and len(whole) == cells:
            self._put("\n")
        else:
            os.ftruncate(self._handle, end)
            log.warning(f"The last row of {self.path} was not whole, and was taken away.")

    def _put(self, text: str) -> None:
        data = text.encode(errors="backslashreplace")  # a file's name may be no text
        while data:
            data = data[os.write(self._handle, data) :]


def _last_row(path: Path, quoted: bool) -> tuple[int, bytes]:
    """Where the last whole row of a file ends, and what stands behind it; a cell may hold line breaks."""
    end = position = quotes = 0
    with path.open("rb") as file:
        while line := file.readline(LONGEST_ROW):
            position += len(line)
            quotes += line.count(b'"') if quoted else 0
            if quotes % 2 == 0 and line.endswith(b"\n"):
                end = position
        file.seek(end)
        rest = file.read(LONGEST_ROW + 1)
    # Behind a quote that nothing ends, or so much: this is no row of ours, and nobody's to cut
    if len(rest) > LONGEST_ROW or rest.endswith(b"\n"):
        raise InputError(f"{path} ends within a row. Mend it, or name another file in `results`.")
    return end, rest


def columns_in_text(path: Path) -> list[str] | None:
    """Names of the columns of a table of text; None where it is empty.

    Raises
    ------
    InputError
        It is no such table.
    """
    form = LineFormat((), DELIMITERS.get(path.suffix.lower()))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(LONGEST_ROW)
    except (OSError, UnicodeDecodeError):
        first = "\0"
    if not first:
        return None
    found = form.parse(first) if "\0" not in first and len(first) < LONGEST_ROW else None
    if found is None:
        raise InputError(f"{path} is no table of results. Name another file in `results`.")
    return found


def check_columns(path: Path, found: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse to add rows with these columns to a table that has others.

    Raises
    ------
    InputError
    """
    there, here = [*map(visible, found)], [*map(visible, columns)]
    gone, new = ([n for n in some if n not in others] for some, others in ((there, here), (here, there)))
    differences = [
        f"{where}: {', '.join(names)}" for where, names in (("only there", gone), ("only here", new)) if names
    ]
    if differences:
        raise InputError(
            f"{path} has other columns than this run ({'; '.join(differences)}). Name another file in "
            "`results`, or leave out `append`."
        )


@contextmanager
def _as_output_error(path: Path | None) -> Iterator[None]:
    """Raise an `OutputError` where a table, or standard output, cannot be written."""
    try:
        yield
    except OSError as error:
        if path is not None:
            raise cannot_write(path, error, "`results`") from error
        reason = error.strerror or error
        raise OutputError(f"Cannot write to standard output: {reason}. Redirect it elsewhere.") from error
