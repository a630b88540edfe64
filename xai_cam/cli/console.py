"""Messages about a run on standard error; results go where the user wants them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xai_cam.cli.errors import with_options
from xai_cam.cli.printing import name_file, say, tell
from xai_cam.cli.progress import Progress, duration
from xai_cam.cli.status_line import status_line
from xai_cam.cli.work_left import Placed, WorkLeft

if TYPE_CHECKING:
    from xai_cam.files.results import ResultsWriter

SECONDS_BETWEEN_LINES = 30.0
INTERRUPTED = 130


class Console:
    """Watches a run: notices, failures, results, and how long it will take.

    Arguments of the library are shown as options. On a terminal the progress is one line that renews
    itself; elsewhere it is a line now and then.
    """

    def __init__(self, quiet: bool = False, writer: ResultsWriter | None = None) -> None:
        self.quiet, self.writer = quiet, writer
        self.started = self.last_line = time.monotonic()
        self._line, self._progress = status_line(), Progress()
        self._tasks: Sequence[Placed] = ()
        self._outcomes: set[str] = set()

    def notice(self, text: str) -> None:
        """Print a line about the run, unless quiet."""
        if not self.quiet:
            tell(text)

    def row(self, values: Mapping[str, Any]) -> None:
        """Write a row of results; a failure is printed whether rows are requested or not."""
        words = {name: with_options(values[name]) for name in ("message", "head") if values.get(name)}
        values = {**values, **words}
        if values["outcome"] == "failed":
            tell(f"Failed: {values['image']}: {values['message'].rstrip('.')}.")
        self._outcomes.add(values["outcome"])
        if self.writer is not None and self.writer.on_stdout:
            with self._line.hidden():
                self.writer.write(values)
        elif self.writer is not None:
            self.writer.write(values)

    def say(self, text: str) -> None:
        """Print a line of output on standard output, as `xai_cam.cli.printing.say`."""
        say(text)

    def name(self, path: Path) -> None:
        """Print a file name on standard output, for a later command to read."""
        name_file(path)

    def expect(self, tasks: Sequence[Placed]) -> None:
        """Take in what the next run is about: by outputs of earlier runs, less of it may be left to do."""
        self._tasks = tasks

    def progress(self, done: int, total: int) -> None:
        """Show how many images are done and how long the rest may take."""
        if not done:
            known = len(self._tasks) == total and not self.quiet
            self._progress = Progress(work=WorkLeft(self._tasks) if known else None)
        self._progress.image(done, total, idle=self._outcomes == {"up to date"})
        self._outcomes.clear()
        self._show()

    def watch(self, what: str, done: int, total: int, images: float) -> None:
        """Show how often the model was asked, while a batch is computed; as `xai_cam.runs.passes.Watch`."""
        self._progress.count(what, done, total, images)
        self._show()

    def _show(self) -> None:
        state = self._progress
        if self.quiet or state.done >= state.total:
            self._line.stop()
        elif self._line.terminal:
            self._line.show(state.draw)
        elif state.done + state.within and time.monotonic() - self.last_line > SECONDS_BETWEEN_LINES:
            tell(state.line)
            self.last_line = time.monotonic()

    def close(self, counts: object) -> None:
        """Print the last line: how many images were written, up to date or failed, and the time it took."""
        self._line.stop()
        tell(f"{counts} in {duration(time.monotonic() - self.started)}")

    def interrupted(self, counts: object) -> int:
        """Print that a run was interrupted and what it did, and return the exit code."""
        self.notice("Interrupted. Finished work is kept; run the same command again to continue.")
        self.close(counts)
        return INTERRUPTED


class _ToConsole(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self.console = console
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line, each once: a model may be opened twice in a run."""
        line = record.getMessage()
        if line not in self._said:
            self._said.add(line)
            self.console.notice(line)


@contextmanager
def listening(console: Console) -> Iterator[None]:
    """The package's own log goes to the console while a command runs."""
    log, handler = logging.getLogger("xai_cam"), _ToConsole(console)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
