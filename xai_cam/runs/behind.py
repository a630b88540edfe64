"""What is done with images behind the model: threads write, batches get their names, rows are reported."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from xai_cam.files.crowd import Crowd
from xai_cam.files.rows import Reporter, Summary
from xai_cam.images.frame_facts import FrameWatch
from xai_cam.models.input.fed_range import RangeWatch
from xai_cam.runs.batch import Batch
from xai_cam.runs.division import Division
from xai_cam.runs.full_disk import FullDisk
from xai_cam.runs.image_state import ImageState, failing, spent_on


class Writing(Protocol):
    """The part of a run's work that comes behind the model; see `xai_cam.runs.runner.Work`."""

    def write(self, state: ImageState) -> None:
        """Write an image's outputs and fill in its rows; called in a thread."""

    def finish(self, state: ImageState) -> None:
        """Handle a finished image before it is reported; in order."""


@dataclass
class Behind:
    """Images as they come from the model, in order, up to their rows.

    Attributes
    ----------
    total : int
        How many images there are.
    done : int
        How many were reported.
    stopped : bool
        Whether an image failed that stops the run.
    """

    work: Writing
    reporter: Reporter
    summary: Summary
    total: int
    fail_fast: bool
    division: Division
    full: FullDisk
    crowd: Crowd = field(default_factory=Crowd)
    done: int = 0
    stopped: bool = False
    _ranges: RangeWatch = field(default_factory=RangeWatch)
    _frames: FrameWatch = field(default_factory=FrameWatch)
    _noted: set[str] = field(default_factory=set)
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
        for state in batch.name(stop=self.fail_fast):
            self.full.see(state)
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
            self.report(state)
            if state.failure and self.fail_fast:
                self.reporter.notice("Stopped at the first failure.")
                return False
            self.done += 1
            self.reporter.progress(self.done, self.total)
        return True

    def report(self, state: ImageState) -> None:
        """Report one image: its notices, then its rows."""
        self.work.finish(state)
        ranges = self._ranges.see(state.name, state.fed_range) if state.fed_range else []
        frames = self._frames.see(state.name, state.frame_facts) if state.size else []
        notes = [note for note in state.notes if note not in self._noted]
        self._noted.update(notes)
        for notice in (*notes, *state.notices, *frames, *ranges):
            self.reporter.notice(notice)
        for row in state.rows:
            self.reporter.row(state.complete(row))
        self.summary.count(bool(state.failure), bool(state.todo or state.redo))

    def conclude(self) -> None:
        """Report what all images show together, and count those that a full disk left."""
        if self.full.found:
            self.summary.left = self.total - self.done
        for notice in (
            *self._frames.close(),
            *self._ranges.close(),
            *self.full.notices(self.done, self.total),
        ):
            self.reporter.notice(notice)

    def close(self) -> None:
        """Delete what was written and has no name; nothing, unless the run was broken off."""
        for batch in self._batches:
            batch.discard()
        self._batches.clear()
