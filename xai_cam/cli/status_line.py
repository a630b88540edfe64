"""The last line of a terminal, which renews itself while something takes long.

A thread draws it, ten times a second: it turns also while the model computes or TensorFlow is imported. Where
standard error is no terminal, or one that cannot take a line back (`TERM=dumb`), nothing is ever drawn.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, RLock, Thread
from typing import TextIO

import click

from xai_cam.files.visible import visible

SECONDS_BETWEEN_FRAMES = 0.1
FRAMES, PLAIN_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
CLEAR = "\r\x1b[K"
KEY = "xai_cam.status_line"
"""Of the line among what a click context shares with the commands in it."""

Compose = Callable[[str, int], str]
"""What turns at present, and the columns that there are -> the line."""


class StatusLine:
    """A line that is drawn again and again, and taken back whenever something is printed."""

    def __init__(self) -> None:
        self.terminal = is_terminal()
        self._lock = RLock()
        self._compose: Compose | None = None
        self._thread: Thread | None = None
        self._stopped = Event()
        self._stream: TextIO | None = None
        self._drawn = False

    def show(self, compose: Compose) -> None:
        """Draw this from now on."""
        if not self.terminal:
            return
        with self._lock:
            self._compose = compose
            if self._thread is None:
                self._stream, self._stopped = _terminal(), Event()
                self._thread = Thread(target=self._run, name="status line", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Take the line back; the thread has ended."""
        with self._lock:
            self._compose, thread, self._thread = None, self._thread, None
            self._stopped.set()
        if thread is not None:
            thread.join()
            self._clear()
            with suppress(OSError):
                if self._stream is not None and self._stream is not sys.stderr:
                    self._stream.close()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the line back while something is printed; it comes again with its next frame."""
        with self._lock:
            self._clear()
            yield

    @contextmanager
    def saying(self, text: str) -> Iterator[None]:
        """Draw a text that turns while the block runs, and then what was drawn before."""
        before, shown = self._compose, visible(text)
        self.show(lambda frame, columns: f"{frame} {shown}"[:columns])
        try:
            yield
        finally:
            if before is None:
                self.stop()
            else:
                self.show(before)

    def _run(self) -> None:
        number, stopped = 0, self._stopped
        frames = FRAMES if _can_show(self._stream, FRAMES) else PLAIN_FRAMES
        while True:
            with self._lock:
                if stopped.is_set():
                    return
                self._draw(frames[number % len(frames)])
            number += 1
            stopped.wait(SECONDS_BETWEEN_FRAMES)

    def _draw(self, frame: str) -> None:
        if self._compose is not None:
            columns = shutil.get_terminal_size().columns - 3  # room for ^C, which else begins a new line
            self._put(f"\r{self._compose(frame, columns)}\x1b[K")
            self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            self._put(CLEAR)
            self._drawn = False

    def _put(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal is gone
            click.echo(text, file=self._stream, nl=False)


def is_terminal() -> bool:
    """Whether standard error is a terminal that can take a line back."""
    stderr = sys.stderr  # None, or closed, where there is none
    try:
        return stderr is not None and stderr.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:
        return False


def _terminal() -> TextIO:
    """Standard error by a handle of its own: TensorFlow starts with the usual one led elsewhere."""
    try:
        handle = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):
        return sys.stderr
    return os.fdopen(handle, "w", encoding=sys.stderr.encoding, errors="replace")


def _can_show(stream: TextIO | None, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def status_line() -> StatusLine:
    """The line of the command that runs; it is stopped when the command ends, however it ends."""
    context = click.get_current_context(silent=True)
    if context is None:
        return StatusLine()
    if KEY not in context.meta:
        context.meta[KEY] = StatusLine()
        context.call_on_close(context.meta[KEY].stop)
    return context.meta[KEY]


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on a terminal what is waited for while the block runs, unless the command is to be quiet."""
    context = click.get_current_context(silent=True)
    options = context.params if context else {}
    if context is None or options.get("quiet") or options.get("verbose"):  # TensorFlow's own words are shown
        yield
        return
    with status_line().saying(text):
        yield
