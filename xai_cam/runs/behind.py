"""What is done with images behind the model: threads write, batches get their names, and are handed on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from xai_cam.files.crowd import Crowd
from xai_cam.runs.batch import Batch
from xai_cam.runs.division import Division
from xai_cam.runs.full_disk import FullDisk
from xai_cam.runs.image_state import ImageState, failing, spent_on


class Writing(Protocol):
    """The part of a run's work that comes behind the model; see `xai_cam.runs.runner.Work`."""

    def write(self, state: ImageState) -> None:
        """Write an image's outputs and fill in its rows; called in a thread."""


class Reports(Protocol):
    """Gets the images that are through."""

    def take(self, state: ImageState) -> bool:
        """Take in the next one; False if no other is wanted."""


@dataclass
class Behind:
    """Images as they come from the model, in order, until they are handed on.

    Attributes
    ----------
    stopped : bool
        Whether an image failed that stops the run.
    """

    work: Writing
    reports: Reports
    fail_fast: bool
    division: Division
    full: FullDisk
    crowd: Crowd = field(default_factory=Crowd)
    stopped: bool = False
    _batches: list[Batch] = field(default_factory=list)
    _held: deque[ImageState] = field(default_factory=deque)

    # --- In threads -----------------------------------------------------------------------------------

    def batch(self, states: list[ImageState]) -> list[ImageState | Batch]:
        """Images that were computed together, and behind them what names their outputs."""
        self._batches.append(Batch(states))
        return [*states, self._batches[-1]]

    def write(self, item: ImageState | Batch) -> ImageState | Batch:
        """Write an image's outputs; those of a batch get their names when all of its images are written."""
        if isinstance(item, Batch):
            item.wait()
            self._name(item)
        else:
            try:
                self._write(item)
            finally:
                item.ended.set()
        return item

    def _write(self, state: ImageState) -> None:
        """Write the outputs of an image; with `fail_fast`, nothing after one that failed."""
        if self.stopped:
            return
        unwritten = state.unwritten
        state.left = unwritten and self.full.found
        if unwritten and not state.left:
            with spent_on([state]), failing(state):
                anew = partial(self._write_anew, state, len(state.rows), len(state.notices))
                self.crowd.do(anew, anew)
        if unwritten:
            self.full.see(state)
        state.release()
        self.stopped = self.fail_fast and bool(state.failure)

    def _write_anew(self, state: ImageState, rows: int, notices: int) -> None:
        """Write the outputs of an image, and forget what a first try said of them."""
        del state.rows[rows:], state.notices[notices:], state.written[:]
        self.work.write(state)

    def _name(self, batch: Batch) -> None:
        self.full.see_named(batch.states, batch.name(stop=self.fail_fast))
        for state in batch.states:
            self.division.leave(state)
        self._batches.remove(batch)

    # --- In the caller's thread -----------------------------------------------------------------------

    def report_all(self, items: Iterable[ImageState | Batch]) -> None:
        """Report images in the order of the tasks, batch by batch, up to the one that stops the run."""
        for item in items:
            if not isinstance(item, Batch):
                self._held.append(item)
            elif not self._report_batch():
                break

    def report_begun(self) -> None:
        """Name and report what was written when the run was interrupted within a batch."""
        for batch in [*self._batches]:
            self._name(batch)
        self._report_batch()

    def _report_batch(self) -> bool:
        """Report the images that were written; False if one of them stops the run."""
        while self._held:
            state = self._held.popleft()
            if state.elsewhere:
                self.division.put_aside(state)
            if state.elsewhere or state.left:
                continue
            if not self.reports.take(state):
                return False
        return True

    def close(self) -> None:
        """Delete what was written and has no name; nothing, unless the run was broken off."""
        for batch in self._batches:
            batch.discard()
        self._batches.clear()
