"""Standard output and standard error of a command, which may be closed, full, or gone before the command is.

What is printed on standard error is about the work, and not the work: where it cannot be printed, it is lost.
Standard output is what was asked for: where it cannot be written, the command ends, in silence where its
reader has gone.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

READER_IS_GONE = 141
"""Exit code of a command whose reader has gone, as that of all that is ended by SIGPIPE."""


class StandardOutputError(OSError):
    """Standard output takes no more."""


class _Output(io.FileIO):
    """Ends the command where nothing can be written; what comes after that, as it ends, is lost."""

    closed_from_the_start = lost = False

    def write(self, data: object) -> int:
        try:
            if self.closed_from_the_start and not self.lost:
                raise OSError(errno.EBADF, "it is closed")
            return len(memoryview(data)) if self.lost else super().write(data) or 0  # type: ignore[arg-type]
        except OSError as error:
            self.lost = True
            if _reader_is_gone(error):
                raise click.exceptions.Exit(READER_IS_GONE) from None
            raise StandardOutputError(error.errno, error.strerror) from error


class _Messages(io.FileIO):
    """Loses what cannot be written."""

    def write(self, data: object) -> int:
        with suppress(OSError):
            return super().write(data) or 0  # type: ignore[arg-type]
        return len(memoryview(data))  # type: ignore[arg-type]


@contextmanager
def lasting_streams() -> Iterator[None]:
    """While the block runs, standard output and standard error are those of this module.

    Only those that the process began with are replaced, not what a program has put in their place.
    """
    output, messages = sys.stdout, sys.stderr
    fill_closed()
    if output is sys.__stdout__ and not _is_windows_console(output):
        raw = _Output(1, "w", closefd=False)
        raw.closed_from_the_start = output is None
        sys.stdout = _stream(raw, output)
    if messages is sys.__stderr__ and not _is_windows_console(messages):
        sys.stderr = _stream(_Messages(2, "w", closefd=False), messages)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = output, messages


def fill_closed() -> None:
    """Lead those of the three standard streams that are closed nowhere.

    The next file that is opened would have the number of one of them, and what native code has to say of the
    machine would stand in somebody's model.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one


def _stream(raw: io.FileIO, before: TextIO | None) -> TextIO:
    """A stream for text as the one before it was, which escapes what its encoding lacks."""
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )


def _is_windows_console(stream: TextIO | None) -> bool:
    """Whether letters go to a console of Windows, which takes them by calls of its own."""
    return os.name == "nt" and stream is not None and stream.isatty()


def _reader_is_gone(error: OSError) -> bool:
    """Windows calls a broken pipe an invalid argument."""
    return error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL)
