"""Images that are through: each is reported by its notices and its rows, in order, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from xai_cam.files.rows import IMAGE_ROW, Reporter, Summary
from xai_cam.images.frame_facts import FrameWatch
from xai_cam.models.input.fed_range import RangeWatch
from xai_cam.runs.image_state import ImageState


class Finishing(Protocol):
    """The part of a run's work that is needed here; see `xai_cam.runs.runner.Work`."""

    def finish(self, state: ImageState) -> None:
        """Handle a finished image before it is reported; in order."""


@dataclass
class ImageReports:
    """Reports the images of a run.

    Attributes
    ----------
    total : int
        How many images there are.
    fail_fast : bool
        Whether an image that fails stops the run.
    done : int
        How many were reported.
    """

    work: Finishing
    reporter: Reporter
    summary: Summary
    total: int
    fail_fast: bool = False
    done: int = 0
    _ranges: RangeWatch = field(default_factory=RangeWatch)
    _frames: FrameWatch = field(default_factory=FrameWatch)
    _noted: set[str] = field(default_factory=set)
    _opened: bool = False

    def take(self, state: ImageState) -> bool:
        """Report the next image; False if it stops the run."""
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
        opening = [] if self._opened else state.opening
        self._opened = self._opened or bool(opening)
        ranges = self._ranges.see(state.name, state.fed_range) if state.fed_range else []
        frames = self._frames.see(state.name, state.frame_facts) if state.size else []
        notes = [note for note in state.notes if note not in self._noted]
        self._noted.update(notes)
        # before its rows: a page takes its time for each, and what is interrupted there is written
        self.summary.count(bool(state.failure), bool(state.todo or state.redo))
        for notice in (*notes, *opening, *state.notices, *frames, *ranges):
            self.reporter.notice(notice)
        for number, row in enumerate(state.rows, 1):
            which = dict(zip(IMAGE_ROW, (number, len(state.rows)), strict=True))
            self.reporter.row({**state.complete(row), **which})

    def conclude(self) -> None:
        """Report what all images show together."""
        for notice in (*self._frames.close(), *self._ranges.close()):
            self.reporter.notice(notice)
