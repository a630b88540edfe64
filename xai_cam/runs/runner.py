"""A run over many images, written once: look up, read ahead, ask the model, write behind, report in order.

A pipeline: threads look up, decode and fit images ahead; the model is asked about batches of them in the
thread of the caller, the only one that runs it; threads draw and write behind. Images are reported, and stop
the run if they are to, in the order of the tasks. What is done with an image is for the run's work to say.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from xai_cam.files.crowd import Crowd
from xai_cam.files.rows import Reporter, Summary
from xai_cam.files.threads import MAX_BYTES, MAX_PIXELS, postprocess, prefetch, thread_count
from xai_cam.images.finding import ImageFile
from xai_cam.models.input.fed_range import RangeWatch
from xai_cam.runs.broken_images import BrokenImages
from xai_cam.runs.decode import Reader
from xai_cam.runs.division import Division
from xai_cam.runs.full_disk import FullDisk
from xai_cam.runs.image_state import ImageState, failing, spent_on
from xai_cam.runs.look_ups import LookUps
from xai_cam.runs.tasks import Task

MAX_WAITING = 256
"""Images held back so that rows come in the order of the images."""


class Work(Protocol):
    """The work that a run does on images."""

    @property
    def blank(self) -> Mapping[str, Any]:
        """A row with nothing in it; its keys are the columns, `image`, `outcome` and `message` among them."""

    def look_up(self, state: ImageState) -> None:
        """Find out what an image still needs, and fill in the rows of what is up to date; called in a thread.

        Raises
        ------
        XaiCamError, OSError
            The image fails: its outputs cannot be written.
        """

    def prepare(self) -> Reader:
        """Load what the first image needs that has something to do; called once, by the caller's thread.

        Raises
        ------
        XaiCamError
            The run ends: the model or an option.
        """

    def ask(self, states: list[ImageState]) -> None:
        """Run the model on a batch of images; failures are recorded in their states.

        Raises
        ------
        XaiCamError
            The run ends: the model or an option.
        """

    def write(self, state: ImageState) -> None:
        """Write an image's outputs and fill in its rows; called in a thread.

        Raises
        ------
        XaiCamError, OSError
            The image fails.
        """

    def finish(self, state: ImageState) -> None:
        """Handle a finished image, good or failed, before it is reported; in order."""


@dataclass
class Runner:
    """Carry out a work on the images of some tasks.

    Parameters
    ----------
    failures : mapping
        What was named and cannot be taken, and why: reported as failed before the others.
    batch_size : int
        Images about which the model is asked together.
    at_once : bool
        Write and report each batch before the next one is computed, for work that takes long.
    fail_fast : bool
        Stop at the first image that fails; nothing is written of those behind it.
    writers : int, optional
        Threads that write; default: as many as there are cores. Fewer for work that holds much of each image.
    broken : BrokenImages, optional
        What earlier runs could not decode: it fails without being read again.
    """

    tasks: Sequence[Task]
    work: Work
    reporter: Reporter
    failures: Mapping[Path, str] = field(default_factory=dict)
    batch_size: int = 16
    at_once: bool = False
    fail_fast: bool = False
    writers: int | None = None
    broken: BrokenImages | None = None
    summary: Summary = field(default_factory=Summary)
    _done: int = 0
    _ranges: RangeWatch = field(default_factory=RangeWatch)
    _stopped: bool = False
    _division: Division = field(default_factory=Division)
    _full: FullDisk = field(default_factory=FullDisk)
    _crowd: Crowd = field(default_factory=Crowd)
    _look_ups: LookUps = field(init=False)

    def __post_init__(self) -> None:
        self._look_ups = LookUps(
            self.work, self._division, self.reporter, self.fail_fast, self.broken, self._crowd
        )

    def run(self) -> Summary:
        """Take every image through the run; rows come in the order of the tasks.

        Images that another run over the same place is at come last, when that has ended them.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model or an option.
        """
        if self.tasks:
            self.reporter.progress(0, len(self.tasks))
        for path, reason in self.failures.items():
            self._report(self._failed(path, reason))
        self._division.begin(self.tasks)
        with closing(self._division):
            tasks = self.tasks
            while tasks:
                self._take(tasks)
                over = self._stopped or self._full.found
                tasks = [] if over else self._division.rest(self.reporter.notice)
        for notice in (*self._ranges.close(), *self._full.notices(self._done, len(self.tasks))):
            self.reporter.notice(notice)
        return self.summary

    def _take(self, tasks: Sequence[Task]) -> None:
        """Take some images through the run, all but those that another run is at."""
        # With `fail_fast` one thread writes image by image: nothing is written of those behind a failure.
        threads = 1 if self.fail_fast else min(self.writers or thread_count(), thread_count())
        most = 0 if self.at_once else self.batch_size
        ended = postprocess(
            self._write, self._computed(tasks), threads, most, lambda state: state.pixels, MAX_PIXELS
        )
        with closing(ended):
            try:
                self._report_all(ended)
            except KeyboardInterrupt as interrupt:
                # It may have come while an image was reported: those behind it are reported all the same.
                self._report_all(chain([ended.throw(interrupt)], ended))
                raise

    # --- Ahead: what has to be done ------------------------------------------------------------------

    def _ahead(self, tasks: Sequence[Task]) -> Generator[ImageState, None, None]:
        """Images in order, decoded where there is something to do, up to the one that stops the run."""
        threads, size = thread_count(), self.batch_size
        look_ups = self._look_ups
        looked_up = prefetch(look_ups.look_up, tasks, threads, size)
        with closing(
            prefetch(look_ups.read, look_ups.prepared(looked_up), threads, size, MAX_BYTES)
        ) as states:
            for state in states:
                if state.failure:
                    self._full.see(state)  # here, where it is sure to be reported
                yield state
                if self._full.found or (state.failure and self.fail_fast):
                    break

    # --- The model, about batches --------------------------------------------------------------------

    def _windows(self, tasks: Sequence[Task]) -> Generator[list[ImageState], None, None]:
        """Images in order, as many as make one batch of those that have to be computed."""
        window: list[ImageState] = []
        pending = pixels = 0
        with closing(self._ahead(tasks)) as states:
            for state in states:
                window.append(state)
                pending, pixels = pending + state.pending, pixels + state.pixels
                full = pending == self.batch_size or len(window) >= max(self.batch_size, MAX_WAITING)
                if full or pixels >= MAX_PIXELS:  # a batch of large pictures is a smaller one
                    yield window
                    window, pending, pixels = [], 0, 0
        if window:
            yield window

    def _computed(self, tasks: Sequence[Task]) -> Generator[list[ImageState], None, None]:
        """Windows of images with the answers about those that have something to do."""
        with closing(self._windows(tasks)) as windows:
            for window in windows:
                states = [state for state in window if state.pending]
                if states and not self._full.found:
                    with spent_on(states):
                        self.work.ask(states)
                for state in states:
                    state.values = None
                yield window

    # --- Behind: what is written and reported --------------------------------------------------------

    def _write(self, state: ImageState) -> ImageState:
        """Write the outputs of an image; with `fail_fast`, nothing after one that failed."""
        if self._stopped:
            return state
        pending = state.pending
        state.left = pending and self._full.found
        if pending and not state.left:
            with spent_on([state]), failing(state):
                anew = partial(self._write_anew, state, len(state.rows), len(state.notices))
                self._crowd.do(anew, anew)
        if pending:
            self._full.see(state)
        state.release()
        self._division.leave(state)
        self._stopped = self.fail_fast and bool(state.failure)
        return state

    def _write_anew(self, state: ImageState, rows: int, notices: int) -> None:
        """Write the outputs of an image, and forget what a first try said of them."""
        del state.rows[rows:], state.notices[notices:]
        self.work.write(state)

    def _report_all(self, states: Iterable[ImageState]) -> None:
        """Report images in the order of the tasks, up to the one that stops the run."""
        for state in states:
            if state.elsewhere:
                self._division.put_aside(state)
            if state.elsewhere or state.left:
                continue
            self._report(state)
            if state.failure and self.fail_fast:
                self.reporter.notice("Stopped at the first failure.")
                break
            self._done += 1
            self.reporter.progress(self._done, len(self.tasks))

    def _report(self, state: ImageState) -> None:
        self.work.finish(state)
        ranges = self._ranges.see(state.name, state.fed_range) if state.fed_range else []
        for notice in (*state.notices, *ranges):
            self.reporter.notice(notice)
        for row in state.rows:
            self.reporter.row(state.complete(row))
        self.summary.count(bool(state.failure), bool(state.todo))

    def _failed(self, path: Path, reason: str) -> ImageState:
        state = ImageState(Task(ImageFile(path, Path()), path.parent, path.stem), self.work.blank)
        state.fail(reason)
        return state
