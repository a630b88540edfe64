"""A run spread over workers: blocks go out, come back in any order, and are reported in that of the plan."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, cast

from xai_cam.errors import XaiCamError
from xai_cam.runs.executors.blocks import AHEAD, ATTEMPTS, LAST, Block, Blocks, InOrder
from xai_cam.runs.executors.crew import Crew, Lost
from xai_cam.runs.executors.pilot import Pilot
from xai_cam.runs.executors.spread_work import SpreadWork, received
from xai_cam.runs.executors.standing import Told, standing
from xai_cam.runs.executors.worker import Looked, Outcome
from xai_cam.runs.image_reports import ImageReports
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner

STARTS = 10
"""How often in a row a worker may fail to start: in a short run that is where most of those killed are."""

DIED = "it killed the worker that computed it each time, and twice when it was alone ({})"
NO_WORKERS = (
    "No worker could be started ({}). Check that all machines have xai-cam and Ray, and look into Ray's logs."
)
STARVED = 20
"""Workers that may die one after the other without one that is through with a block; see `most_deaths`."""

DEATHS_EACH = 3
"""How often each of a large crew may, on the average: many die at once where their machine is lost."""

MOST_OF_BATCH = 100
"""Deaths that a batch may cost: as long as nothing is through, the model may be too large for memory."""

ALL_DIE = (
    "Workers die one after the other ({}), before any is through with a block. Check that the model and so "
    "many workers fit into memory, and look into Ray's logs."
)


@dataclass
class Spreading:
    """Carries out a run by a crew.

    One worker begins, a batch at a time, until it is certain which engine computes fastest; the others
    compute by that. So all images are computed alike, as in one process. Where an engine is named they open
    the model meanwhile, else they would disturb what is measured. `Pilot` tells who may do what.
    """

    runner: Runner
    crew: Crew
    reports: ImageReports
    _busy: dict[int, tuple[str, Block | None]] = field(default_factory=dict)
    _idle: set[int] = field(default_factory=set)
    _again: deque[Block] = field(default_factory=deque)
    _in_order: InOrder = field(default_factory=InOrder)
    _trials: dict[int, list[tuple[Block, Iterator[object], bool]]] = field(default_factory=dict)
    _pilot: Pilot = field(default_factory=Pilot)
    _told: dict[int, Told] = field(default_factory=dict)
    _warm: set[int] = field(default_factory=set)
    _began: dict[int, float] = field(default_factory=dict)
    _failed_starts: dict[int, int] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _opened: int = 0
    _deaths: int = 0
    _works: bool = False
    _blocks: Blocks = field(init=False)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._blocks = Blocks(self.runner.tasks, self.runner.batch_size, self.crew.size)

    def run(self) -> None:
        """Take all images through.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model, an option, or that there are no workers.
        """
        for worker in range(self.crew.size):
            self._start(worker)
        try:
            while self._in_order.next < len(self.runner.tasks) and not self.runner.full.found:
                self._send_out()
                worker, answer = self.crew.answer()
                self._take(worker, answer)
                for steps in self._in_order.ready():
                    _go_through(steps)
        finally:  # what is written has its rows, whatever ends the run
            self._take_last()
            for steps in self._in_order.rest():
                with suppress(XaiCamError):
                    _go_through(steps)

    def _take_last(self) -> None:
        """Take in the blocks that workers are through with by now, and those of trials that go on."""
        for worker, answer in self.crew.come():
            _, block = self._busy.pop(worker)
            if block is not None and isinstance(answer, Outcome):
                self._in_order.add(block, self._reports_of(block, answer))
        for block, reports, _ in chain.from_iterable(self._trials.values()):
            self._in_order.add(block, reports)

    # --- Out -----------------------------------------------------------------------------------------

    def _start(self, worker: int) -> None:
        self._busy[worker] = "start", None
        self._warm.discard(worker)
        self.crew.start(worker)

    def _send_out(self) -> None:
        """Give every worker that is idle something to do, if there is something."""
        for worker in sorted(self._idle):
            block = self._next(worker)
            if block is not None:
                self._ask(worker, "look", block, block.to_send())
            elif self._may_warm and worker not in self._warm:
                self._warm.add(worker)
                self._ask(worker, "warm", None)

    @property
    def _may_warm(self) -> bool:
        """Whether others may open the model: not while one finds out which engine is the faster one."""
        return self._pilot.found and cast(SpreadWork, self.runner.work).computing.engine != "auto"

    def _next(self, worker: int) -> Block | None:
        """The next block for a worker; none where it has to wait, or nothing is left."""
        if not self._pilot.may_take(worker):
            return None
        out = sum(block is not None for _, block in self._busy.values()) + len(self._in_order)
        alone, block = self._pilot.is_alone(), None
        if self._again:
            block, *others = self._again.popleft().cut() if alone else [self._again.popleft()]
            self._again.extendleft(others)
        elif self._blocks.left and out < AHEAD * self.crew.size:
            block = self._blocks.next(1 if alone else None)
        if block is not None:
            self._pilot.took(worker)
        return block

    def _ask(self, worker: int, what: str, block: Block | None, *given: Any) -> None:
        self._idle.discard(worker)
        self._busy[worker] = what, block
        self.crew.ask(worker, what, *given)

    # --- Back ----------------------------------------------------------------------------------------

    def _take(self, worker: int, answer: Any) -> None:
        if isinstance(answer, Told):
            self._show(worker, answer)
            return
        what, block = self._busy.pop(worker)
        self._told.pop(worker, None)
        if isinstance(answer, Lost):
            self._lost(worker, what, block, answer)
            return
        self._failed_starts[worker] = 0
        if what == "look" and block is not None:
            self._looked(worker, block, answer)
            return
        self._idle.add(worker)
        if isinstance(answer, XaiCamError):
            raise answer
        if what == "run" and block is not None:
            self._deaths, self._works = 0, True
            self._through(worker, block, answer)

    def _show(self, worker: int, told: Told) -> None:
        """Show how far all workers are, as soon as one of them tells."""
        self._told[worker] = told
        at = [(block, self._told.get(one)) for one, (_, block) in self._busy.items()]
        known = [(b, t) for b, t in at if b is not None and t is not None and t.after == self._after(b)]
        cast(SpreadWork, self.runner.work).watch(*standing(known, self._in_order.blocks))

    def _after(self, block: Block) -> int:
        return len(self.runner.tasks) - block.end

    def _looked(self, worker: int, block: Block, found: Looked) -> None:
        """Let a worker carry out the block that it has looked up, or leave it to the one that begins."""
        if not self._pilot.looked(worker, found.asks is not None):
            self._again.append(block)
            self._ask(worker, "forget", None)
            return
        if found.asks is not None and self._pilot.is_alone():
            block, *others = block.cut(found.asks)
            self._again.extendleft(others)
        looked_up, block.begun = block.to_send(), block.begun or found.unwritten[: len(block.tasks)]
        self._began[worker] = self.clock()
        self._ask(worker, "run", block, looked_up, self._after(block), self._pilot.choices)

    def _through(self, worker: int, block: Block, outcome: Outcome) -> None:
        """Take in what has become of a block."""
        to_do = sum(block.begun) if block.begun else len(block.tasks)
        self._blocks.took(to_do, self.clock() - self._began[worker])
        self._add(block, self._reports_of(block, outcome))
        self._pilot.through(worker, outcome.asked, outcome.choices)

    def _add(self, block: Block, reports: Iterator[object], killer: bool = False) -> None:
        """Keep what is to be reported of a block until its turn has come; `killer`: it killed its worker.

        A batch none of whose images kills a worker alone is computed as a whole after all, as without deaths.
        """
        batch = block.trial
        if batch is None:
            self._in_order.add(block, reports)
            return
        tried = self._trials.setdefault(batch.start, [])
        tried.append((block, reports, killer))
        if len(tried) < len(batch.tasks):
            return
        del self._trials[batch.start]
        if any(killed for *_, killed in tried):
            for one, of_image, _ in tried:
                self._in_order.add(one, of_image)
        else:
            self._again.append(replace(batch, attempts=0, proven=True))

    def _lost(self, worker: int, what: str, block: Block | None, lost: Lost) -> None:
        """Start another worker in the place of one that died, and try again what it died of."""
        self._pilot.lost(worker)
        self._deaths += what != "start"
        if self._deaths == most_deaths(self.crew.size, self.runner.batch_size, self._works):
            raise XaiCamError(ALL_DIE.format(lost.reason))
        if block is not None:
            again = block.again()
            self._again.extend(again)
            if not again:
                self._add(block, map(self.reports.take, [self._killer(block, lost)]), killer=True)
        elif what == "start":
            self._failed_starts[worker] = self._failed_starts.get(worker, 0) + 1
            if self._failed_starts[worker] == STARTS:
                if not self._busy and not self._idle:
                    raise XaiCamError(NO_WORKERS.format(lost.reason))
                return
        self._start(worker)

    # --- Reports -------------------------------------------------------------------------------------

    def _reports_of(self, block: Block, outcome: Outcome) -> Iterator[object]:
        """Reports what has become of a block, step by step; who is interrupted may go on behind that step."""
        work, found = cast(SpreadWork, self.runner.work), outcome.images
        return chain(
            map(self._tell, [outcome]),
            map(work.take_in, [outcome.found]),
            map(self.reports.take, map(received, map(block.tasks.__getitem__, found), found.values())),
            map(self._end, [outcome]),
        )

    def _killer(self, block: Block, lost: Lost) -> ImageState:
        """The image of a block that killed each of its workers."""
        state = ImageState(block.tasks[0], self.runner.work.blank)
        state.fail(DIED.format(lost.reason))
        return state

    def _end(self, outcome: Outcome) -> None:
        """End the run where a block has."""
        if outcome.full is not None:
            self.runner.full.hear(outcome.full)
        if outcome.error is not None:
            raise outcome.error

    def _tell(self, outcome: Outcome) -> None:
        """Say what a worker has said, once what each of them says."""
        for message in outcome.messages:
            logging.getLogger(message.logger).log(message.level, message.text)
        opening = outcome.opening[self._opened :]  # some may come behind the first block alone
        self._opened = max(self._opened, len(outcome.opening))
        for line in [*opening, *outcome.notices]:
            if line not in self._said:
                self.reports.reporter.notice(line)
            self._said.add(line)


def most_deaths(workers: int, batch_size: int, works: bool) -> int:
    """Deaths one after the other that end a run.

    All images of a batch may kill their workers, each as often as it takes to be sure; and of several workers
    each may be at such a batch, if the model has turned out to work.
    """
    of_batch = min(ATTEMPTS + LAST * batch_size + 1, MOST_OF_BATCH)
    return max(STARVED, DEATHS_EACH * workers, of_batch * (workers if works else 1))


def _go_through(steps: Iterator[object]) -> None:
    for _ in steps:
        pass
