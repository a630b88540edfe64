"""Images looked up and read, and looked up again where what that rests on was replaced meanwhile."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from xai_cam.files.crowd import Crowd
from xai_cam.files.memory import load_libraries
from xai_cam.files.rows import Reporter
from xai_cam.files.threads import Reserve
from xai_cam.runs.broken_images import BrokenImages
from xai_cam.runs.decode import Reader
from xai_cam.runs.division import Division
from xai_cam.runs.image_state import ImageState, failing, spent_on, waiting_for
from xai_cam.runs.tasks import Task

MAX_HELD = 10_000
"""Images with nothing to do that are held back until the model is loaded, and known to be the one meant."""

ATTEMPTS = 3
"""How often an image is read that is replaced meanwhile."""

OTHER_MODEL = (
    "{:,} images before these were up to date with the model as it was then. Run the same command again."
)
CHANGING = "the file keeps changing while it is read"


class Looking(Protocol):
    """The part of a run's work that is needed here; see `runner.Work`."""

    @property
    def blank(self) -> Mapping[str, Any]:
        """A row with nothing in it."""

    def look_up(self, state: ImageState) -> None:
        """Find out what an image still needs; called in a thread."""

    def prepare(self) -> Reader:
        """Load what the first image needs that has something to do."""


class LookUps:
    """The look-ups of a run, each of which holds as long as the files of the model and the image do.

    Parameters are those of the `Runner`.
    """

    def __init__(
        self,
        work: Looking,
        division: Division,
        reporter: Reporter,
        fail_fast: bool,
        broken: BrokenImages | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        self.work, self.division, self.reporter, self.fail_fast = work, division, reporter, fail_fast
        self.broken, self.crowd = broken, crowd or Crowd()
        self._reader: Reader | None = None

    def look_up(self, task: Task, _: Reserve) -> ImageState:
        """What an image still needs, if it is this run's; called in a thread."""
        return self.division.take(task, self._look_up)

    def prepared(self, states: Generator[ImageState, None, None]) -> Generator[ImageState, None, None]:
        """The same images; what reads them is there when the first has to be read. In the caller's thread.

        Those before it wait for that, and are looked up again if other files of the model were read then.
        """
        held: list[ImageState] = []
        passed = 0
        with closing(states):
            for state in states:
                if state.pending and self._reader is None:
                    load_libraries()
                    self._reader = self.work.prepare()
                    if passed and not state.holds():
                        self.reporter.notice(OTHER_MODEL.format(passed))
                held.append(state)
                ends = bool(state.failure) and self.fail_fast
                if self._reader is not None or ends or len(held) == MAX_HELD:
                    passed += len(held)
                    yield from map(self._renewed, held)
                    held.clear()
                if ends:
                    break
            yield from map(self._renewed, held)

    def read(self, state: ImageState, reserve: Reserve) -> ImageState:
        """The image decoded, from the file that was looked up; called in a thread.

        One that was replaced meanwhile is looked up and read again.
        """
        try:
            return self._read_at_last(state, reserve)
        finally:
            state.task.release()

    def _read_at_last(self, state: ImageState, reserve: Reserve) -> ImageState:
        for attempt in range(ATTEMPTS):
            if not state.pending or self._reader is None:
                return state
            with spent_on([state]), failing(state):
                state.task.fetch()
                self._read(self._reader, state, waiting_for(reserve, state))
            if state.task.is_unchanged():
                if state.failure and self.broken:
                    self.broken.remember(state)
                return state
            state = self._again(state)
            if not attempt:
                state.notices.append(f"{state.name} was replaced while it was read: the new file is taken.")
        state.fail(CHANGING)
        return state

    def _read(self, reader: Reader, state: ImageState, reserve: Reserve) -> None:
        """Decode an image; where memory runs out once more and alone, when all before it are through."""

        def wait(weight: float) -> None:
            with self.crowd.outside():
                reserve(weight)

        alone = partial(reader.read, state, lambda _: None)
        self.crowd.do(partial(reader.read, state, wait), alone, partial(reserve, math.inf))

    def _look_up(self, task: Task) -> ImageState:
        return looked_up(self.work, task, self.broken)

    def _renewed(self, state: ImageState) -> ImageState:
        if state.holds() or state.elsewhere:
            return state
        return self._again(state) if state.unwritten else self.division.take(state.task, self._look_up)

    def _again(self, state: ImageState) -> ImageState:
        """A new look-up of an image that is this run's already, and of its file."""
        again = self._look_up(replace(state.task))
        again.targets = again.targets or state.targets
        return again


def looked_up(work: Looking, task: Task, broken: BrokenImages | None = None) -> ImageState:
    """What an image still needs, whoever's it is; one that is known to be `broken` fails."""
    state, known = ImageState(task, work.blank), None
    with failing(state):
        work.look_up(state)
        known = broken.reason_of(task.image_hash) if broken and state.pending else None
    if known is not None:
        state.fail(known)
    if not state.pending:
        task.release()
    return state
