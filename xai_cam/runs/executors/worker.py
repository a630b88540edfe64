"""What a worker does: the runs of one block of images after the other, with one model that is opened once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
from xai_cam.errors import XaiCamError
from xai_cam.files.threads import prefetch
from xai_cam.models.known.messages import Message, collected
from xai_cam.runs.broken_images import BrokenImages
from xai_cam.runs.decode import Reader
from xai_cam.runs.executors.spread_work import SpreadWork, sent
from xai_cam.runs.executors.standing import Tally
from xai_cam.runs.full_disk import FullDisk
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.look_ups import looked_up
from xai_cam.runs.runner import Runner, threads_for
from xai_cam.runs.tasks import Task

KEPT = ("todo", "redo", "rows", "answer", "targets", "holds")
"""What a look-up finds."""

MAX_HELD = 512 * 2**20
"""Bytes of pictures from a store that are kept on this machine's disk from the look at a block to its run."""


@dataclass(frozen=True)
class Job:
    """What is sent to workers once: the work of a run, and how its runner goes about it, as `Runner`."""

    work: SpreadWork
    batch_size: int
    at_once: bool = False
    writers: int | None = None
    broken: BrokenImages | None = None


@dataclass(frozen=True)
class Looked:
    """What a look at a block has found.

    Attributes
    ----------
    unwritten : list of bool
        Which of the images have something to do.
    asks : int, optional
        The first of them about which the model has to be asked; None: about none.
    """

    unwritten: list[bool]
    asks: int | None = None


@dataclass
class Outcome:
    """What has become of a block.

    Attributes
    ----------
    images : dict of int to dict
        Those that are through, by their number in the block, as `sent`; in the order of their reports.
    opening : list of str
        All that the worker has said so far of the model and its first image. Each says as many lines in the
        same order, of other images: so each line is to be said once in a run.
    notices : list of str
        Of the runner.
    messages : list of Message
        Of the log.
    found : Any
        Of all images, as `SpreadWork.hand_over`.
    choices : Choices
        Of engines.
    asked : int
        Images about which the model was asked.
    full : Path, optional
        The folder whose disk is full.
    error : XaiCamError, optional
        What ends the run.
    """

    images: dict[int, dict[str, Any]] = field(default_factory=dict)
    opening: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    found: Any = None
    choices: Choices = field(default_factory=Choices)
    asked: int = 0
    full: Path | None = None
    error: XaiCamError | None = None


class Worker:
    """Carries out blocks of a job.

    A block is looked up first, and then run: whoever sends it out knows by then which images had something
    to do, and can tell what was written before the run from what a worker wrote that died.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.work = job, _Opened(job.work)
        self._looked_up: dict[Path, ImageState] = {}
        self._opening: list[str] = []
        self._full = FullDisk()  # of all blocks: a short one holds too few images to find out
        self.tally = Tally()
        job.work.watch = self.tally.watch

    def warm(self) -> XaiCamError | None:
        """Open the model, before anything is asked of it; what is wrong with it."""
        try:
            with collected():
                self.work.prepare()
        except XaiCamError as error:
            return error
        return None

    def look(self, tasks: Sequence[Task]) -> Looked:
        """Find out which of these images have something to do.

        Pictures from a store that were fetched for that, and have to be computed, are kept for the run; those
        for which there is no room are fetched again.
        """
        self.forget()
        states = prefetch(
            lambda task, _: looked_up(self.work, task), tasks, threads_for(tasks), self.job.batch_size
        )
        found, held = list[ImageState](), 0
        for state in states:
            found.append(state)
            held += state.task.held_bytes
            if held > MAX_HELD:
                held -= state.task.held_bytes
                state.task.release()
        self._looked_up = {state.task.image.path: state for state in found if not state.failure}
        asks = next((number for number, state in enumerate(found) if state.pending), None)
        return Looked([state.unwritten for state in found], asks)

    def forget(self) -> None:
        """Give up what was looked up, of a block that another carries out, and the pictures kept for it."""
        for state in self._looked_up.values():
            state.task.release()
        self._looked_up = {}

    def run(self, tasks: Sequence[Task], after: int, choices: Choices) -> Outcome:
        """Carry out a block with so many images behind it, and engines that are chosen already."""
        computing, outcome = self.job.work.computing, Outcome()
        computing.choices.settled.update(choices.settled)
        tasks = [*map(self._known, tasks)]
        self.tally.begin(after)
        with collected(of_all=True) as outcome.messages:
            try:
                self._run(tasks, after, computing.ahead, outcome)
            except XaiCamError as error:
                outcome.error = error
        self.tally.end()
        self._opening += self.work.notices()
        outcome.opening, outcome.found = [*self._opening], self.work.hand_over()
        outcome.choices = replace(computing.choices)
        return outcome

    def _run(self, tasks: Sequence[Task], after: int, ahead: Ahead, outcome: Outcome) -> None:
        job, numbers = self.job, {task.image.path: number for number, task in enumerate(tasks)}
        work = _LookedUp(self.work, self._looked_up)
        runner = Runner(
            *(tasks, work, _Heard(outcome.notices)),
            batch_size=job.batch_size,
            at_once=job.at_once,
            writers=job.writers,
            broken=job.broken,
            ahead=ahead,
            after=after,
            full=self._full,
        )
        try:
            runner.carry_out(_HandedOver(outcome.images, numbers, self.tally))
        finally:
            outcome.full, outcome.asked = self._full.folder, work.asked

    def _known(self, task: Task) -> Task:
        """The same task, as it was looked up if it was: with what that found out about the file."""
        state = self._looked_up.get(task.image.path)
        return state.task if state is not None and state.task == task else task


class _Opened:
    """A work whose model is opened once, and not for each block."""

    def __init__(self, work: SpreadWork) -> None:
        self._work = work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    @cached_property
    def _reader(self) -> Reader:
        return self._work.prepare()

    def prepare(self) -> Reader:
        """What reads images for the model that is open."""
        return self._reader


class _LookedUp:
    """A work some of whose images are looked up already; what that found is used once."""

    def __init__(self, work: Any, known: dict[Path, ImageState]) -> None:
        self._work, self._known, self.asked = work, known, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def look_up(self, state: ImageState) -> None:
        """As it was looked up before, where that was."""
        known = self._known.pop(state.task.image.path, None)
        if known is None or known.task is not state.task:
            self._work.look_up(state)
            return
        for name in KEPT:
            setattr(state, name, getattr(known, name))

    def ask(self, states: list[ImageState]) -> None:
        """Ask the model, and count the images."""
        self._work.ask(states)
        self.asked += len(states)


class _HandedOver:
    """Keeps the images that are through, for the one that reports them."""

    def __init__(self, images: dict[int, dict[str, Any]], numbers: dict[Path, int], tally: Tally) -> None:
        self.images, self.numbers, self.tally = images, numbers, tally

    def take(self, state: ImageState) -> bool:
        self.images[self.numbers[state.task.image.path]] = sent(state)
        if state.todo or state.redo:
            self.tally.image()
        return True


class _Heard:
    """Keeps the notices of a runner."""

    def __init__(self, notices: list[str]) -> None:
        self.notices = notices

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def row(self, values: Any) -> None:
        """None comes: rows are made where images are reported."""

    def progress(self, done: int, total: int) -> None:
        """What is told of a block is counted otherwise."""
