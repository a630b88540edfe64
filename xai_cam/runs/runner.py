"""A run over many images, written once: look up, read ahead, ask the model, write behind, report in order.

A pipeline: threads look up, decode and fit images ahead; the model is asked about batches of them in the
thread of the caller, the only one that runs it; threads draw and write behind. Images are reported, and stop
the run if they are to, in the order of the tasks. What is done with an image is for the run's work to say.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.files.claims import Claims
from xai_cam.files.crowd import Crowd
from xai_cam.files.leftovers import sweep
from xai_cam.files.rows import Reporter, Summary
from xai_cam.files.threads import MAX_BYTES, MAX_PIXELS, postprocess, prefetch, thread_count
from xai_cam.images.finding import ImageFile
from xai_cam.runs.batch import Batch
from xai_cam.runs.behind import Behind, Reports
from xai_cam.runs.broken_images import BrokenImages
from xai_cam.runs.decode import Reader
from xai_cam.runs.division import Division
from xai_cam.runs.full_disk import FullDisk
from xai_cam.runs.image_reports import ImageReports
from xai_cam.runs.image_state import ImageState, spent_on
from xai_cam.runs.look_ups import LookUps
from xai_cam.runs.task_list import are_remote, folders_of
from xai_cam.runs.tasks import Task

WAITING_THREADS = 16
"""Threads that look up and read where each waits for the answers of a store."""

MAX_WAITING = 256
"""Images with nothing to do, more or less, that are handed on together."""


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
        Images about which the model is asked together, those of them that have something to do.
    at_once : bool
        Write and report each batch before the next one is computed, for work that takes long.
    fail_fast : bool
        Stop at the first image that fails; nothing is written of those behind it.
    writers : int, optional
        Threads that write; default: as many as there are cores. Fewer for work that holds much of each image.
    broken : BrokenImages, optional
        What earlier runs could not decode: it fails without being read again.
    ahead : Ahead
        Told how many images are left, each time that the model is asked.
    after : int
        Images that come after the tasks, where these are a part of a run.
    full : FullDisk
        Finds out that the disk of the outputs is full, so that the run ends. Parts of one may share it.
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
    ahead: Ahead = field(default_factory=Ahead)
    after: int = 0
    full: FullDisk = field(default_factory=FullDisk)
    summary: Summary = field(default_factory=Summary)
    _division: Division = field(default_factory=Division)
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
        reports = self.begin()
        self.carry_out(reports)
        return self.end(reports)

    def end(self, reports: ImageReports) -> Summary:
        """Say what all images show together, and how many there was no room for."""
        reports.conclude()
        if self.full.found:
            self.summary.left = reports.total - reports.done
        for line in self.full.notices(reports.done, reports.total):
            self.reporter.notice(line)
        return self.summary

    def begin(self) -> ImageReports:
        """What reports the images, and has reported those that cannot be taken.

        What killed runs left is deleted, here and not where parts of the run are carried out.
        """
        self._division.begin(self.tasks)
        reports = ImageReports(self.work, self.reporter, self.summary, len(self.tasks), self.fail_fast)
        if self.tasks:
            self.reporter.progress(0, len(self.tasks))
        for path, reason in self.failures.items():
            reports.report(self._failed(path, reason))
        return reports

    def carry_out(self, reports: Reports) -> None:
        """Take every image through the run, and hand it on in the order of the tasks.

        Raises
        ------
        XaiCamError
            As of `run`.
        """
        behind = Behind(self.work, reports, self.fail_fast, self._division, self.full, self._crowd)
        with closing(self._division):
            tasks = self.tasks
            while tasks:
                self._take(tasks, behind)
                over = behind.stopped or self.full.found
                tasks = [] if over else self._division.rest(self.reporter.notice)

    def tidy(self, ended: Container[str], beside: Sequence[Path] = ()) -> bool:
        """Delete what workers that were ended by force left in the folders of the outputs, and in others.

        `ended` has their processes, as `files.own_folders` calls them: what other runs have there stays.
        Returns whether one of them has not ended yet.
        """
        waits = False
        for folder in (*folders_of(self.tasks), *beside):
            waits = sweep(folder, ended) or waits
        return waits

    def unclaim(self, beside: Sequence[Path] = ()) -> bool:
        """Delete the lock files of the same folders where no run is at work; whether none is left."""
        left = [folder for folder in (*folders_of(self.tasks), *beside) if not Claims().tidy(folder)]
        return not left

    def _take(self, tasks: Sequence[Task], behind: Behind) -> None:
        """Take some images through the run, all but those that another run is at."""
        # With `fail_fast` one thread writes image by image: nothing is written of those behind a failure.
        threads = 1 if self.fail_fast else min(self.writers or thread_count(), thread_count())
        most = 0 if self.at_once else self.batch_size
        batches = self._batches(tasks, behind)
        ended = postprocess(behind.write, batches, threads, most, lambda item: item.pixels, MAX_PIXELS)
        with closing(behind), closing(ended):
            try:
                behind.report_all(ended)
            except KeyboardInterrupt as interrupt:
                # It may have come while an image was reported: those behind it are reported all the same.
                try:
                    behind.report_all(chain([ended.throw(interrupt)], ended))
                finally:
                    behind.report_begun()
                raise

    # --- Ahead: what has to be done ------------------------------------------------------------------

    def _ahead(self, tasks: Sequence[Task]) -> Generator[ImageState, None, None]:
        """Images in order, decoded where there is something to do, up to the one that stops the run."""
        threads, size = threads_for(tasks), self.batch_size
        look_ups = self._look_ups
        looked_up = prefetch(look_ups.look_up, tasks, threads, size)
        with closing(
            prefetch(look_ups.read, look_ups.prepared(looked_up), threads, size, MAX_BYTES)
        ) as states:
            for state in states:
                if state.failure:
                    self.full.see(state)  # here, where it is sure to be reported
                yield state
                if self.full.found or (state.failure and self.fail_fast):
                    break

    # --- The model, about batches --------------------------------------------------------------------

    def _windows(self, tasks: Sequence[Task]) -> Generator[list[ImageState], None, None]:
        """Images in order, cut behind every `batch_size` of them.

        Those of a batch that have to be computed are computed together, however many these are: how many they
        are may change the last digits of a map, which are to be the same whoever computes, and whatever was
        up to date or broken before them.
        """
        window: list[ImageState] = []
        pending = pixels = 0
        with closing(self._ahead(tasks)) as states:
            for place, state in enumerate(states, 1):
                window.append(state)
                pending, pixels = pending + state.pending, pixels + state.pixels
                full = place % self.batch_size == 0 and (pending or len(window) >= MAX_WAITING)
                if full or pixels >= MAX_PIXELS:  # a batch of large pictures is a smaller one
                    yield window
                    window, pending, pixels = [], 0, 0
        if window:
            yield window

    def _computed(self, tasks: Sequence[Task]) -> Generator[list[ImageState], None, None]:
        """Windows of images with the answers about those that have something to do."""
        with closing(self._windows(tasks)) as windows:
            left = len(tasks) + self.after
            for window in windows:
                left -= len(window)
                self.ahead.images = left
                states = [state for state in window if state.pending]
                if states and not self.full.found:
                    with spent_on(states):
                        self.work.ask(states)
                for state in states:
                    state.values, state.extras = None, ()
                yield window

    def _batches(
        self, tasks: Sequence[Task], behind: Behind
    ) -> Generator[list[ImageState | Batch], None, None]:
        """The same, as they are written."""
        with closing(self._computed(tasks)) as windows:
            for window in windows:
                yield behind.batch(window)

    def _failed(self, path: Path, reason: str) -> ImageState:
        state = ImageState(Task(ImageFile(path, Path()), path.parent, path.stem), self.work.blank)
        state.fail(reason)
        return state


def threads_for(tasks: Sequence[Task]) -> int:
    """How many threads look up and read these images."""
    return max(thread_count(), WAITING_THREADS) if are_remote(tasks) else thread_count()
