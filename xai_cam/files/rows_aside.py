"""Rows of a table that cannot be written yet, put aside in a temporary file: some thousand at a time."""

from __future__ import annotations

import gzip
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

from xai_cam.errors import OutputError

NO_ROOM = (
    "Rows of a table that is written at the end wait in the folder for temporary files, {}, which cannot be "
    "written to: {}. Free space there, or name another in the variable TMPDIR."
)

FASTEST = 1
"""Of the ways to pack: what most rows have in common takes little all the same."""


class RowsAside:
    """Rows in order, of which no more than `most` are held in memory.

    The file has no name, so that it is gone with this process; and there is none of few rows.

    Parameters
    ----------
    most : int
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: list[Sequence[Any]] = []
        self._file: IO[bytes] | None = None
        self._packed: gzip.GzipFile | None = None
        self._groups = 0

    def __enter__(self) -> RowsAside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._packed, self._file):
            with suppress(OSError):  # a full disk was reported when the rows were put aside
                if file is not None:
                    file.close()

    def add(self, row: Sequence[Any]) -> None:
        """Take in one row.

        Raises
        ------
        OutputError
            There is no room for temporary files.
        """
        self._held.append(row)
        if len(self._held) == self.most:
            try:
                self._put_aside()
            except OSError as error:
                raise OutputError(NO_ROOM.format(tempfile.gettempdir(), error.strerror or error)) from error

    def groups(self) -> Iterator[list[Sequence[Any]]]:
        """All rows, so many at a time; no others can be added behind that."""
        if self._file is not None and self._packed is not None:
            self._packed.close()
            self._file.seek(0)
            with gzip.GzipFile(fileobj=self._file) as packed:
                for _ in range(self._groups):
                    yield pickle.load(packed)  # what this process has written, and nobody else can
        if self._held:
            yield self._held

    def _put_aside(self) -> None:
        if self._packed is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed on leaving
            self._packed = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=FASTEST)
        pickle.dump(self._held, self._packed, pickle.HIGHEST_PROTOCOL)
        self._groups, self._held = self._groups + 1, []
