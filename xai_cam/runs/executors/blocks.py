"""A run cut into blocks of images: each one so long that sending it out costs little beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from xai_cam.runs.task_list import made_anew
from xai_cam.runs.tasks import Task

SECONDS = 30.0
"""That a block is to take."""

GROWTH = 4
"""How many times the last block's size the next may have: the first are slower than those that follow."""

MAX_IMAGES = 10_000
"""In a block, where next to nothing has to be done."""

UNKNOWN = 256
"""Images in a block while all so far were up to date, so that nobody knows how long another takes."""

AHEAD = 4
"""Blocks for each worker that may be out, or held until their turn comes."""

MAX_OUT = 100_000
"""Images in all of these: what is known of one that is held takes some kilobytes."""

SHARES = 2
"""Blocks that each worker is to have of what is left, so that all of them end at about the same time."""

ATTEMPTS = 3
"""Deaths of workers after which the images of a batch are tried one by one."""

LAST = 2
"""Deaths after which an image that was tried alone is named: once may be chance."""


@dataclass
class Block:
    """Some images of a run, one behind the other.

    Attributes
    ----------
    start : int
        The number of the first in the run.
    batch_size : int
    attempts : int
        How often a worker died of it, since it is a single batch.
    alone : bool
        Whether it is a single image on its last try.
    trial : Block, optional
        The batch of a single image that is tried to find out which of them kills a worker.
    proven : bool
        Whether no image of a batch did: workers died by chance, and it is computed as a whole once more.
    begun : list of bool
        Which of the images had something to do when they were first looked up; empty before that.
    """

    start: int
    tasks: Sequence[Task]
    batch_size: int = 1
    attempts: int = 0
    alone: bool = False
    trial: Block | None = None
    proven: bool = False
    begun: list[bool] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The number of the image behind the last."""
        return self.start + len(self.tasks)

    def to_send(self) -> Sequence[Task]:
        """The images for a worker, without what is known of their files on this machine.

        Those that a worker may have written that died are made again: they were not there before the run.
        """
        return made_anew(self.tasks, self.begun)

    def again(self) -> list[Block]:
        """What is to be tried after a worker has died of it; nothing where it was the last try.

        Halves, down to a single batch, which is tried several times: images of other batches are computed as
        they would be without a death. Its images then are tried one by one.
        """
        count, batch = len(self.tasks), self.batch_size
        if count > batch:
            return self._parts(-(-count // batch // 2) * batch)
        self.attempts += 1
        if self.alone:
            return [self] if self.attempts < LAST else []
        if self.attempts < ATTEMPTS:
            return [self]
        trial = None if self.proven else self
        return [replace(one, attempts=0, alone=True, trial=trial) for one in self._parts(1)]

    def cut(self, image: int = 0) -> list[Block]:
        """The block up to the batch of one of its images, and where that leaves any a block of the others."""
        size = (image // self.batch_size + 1) * self.batch_size
        others = [self._part(size, len(self.tasks))] if size < len(self.tasks) else []
        return [self._part(0, size), *others]

    def _parts(self, size: int) -> list[Block]:
        """The same images, so many in a block."""
        return [self._part(first, first + size) for first in range(0, len(self.tasks), size)]

    def _part(self, first: int, end: int) -> Block:
        """Some of the images as a block."""
        of_part = slice(first, end)
        return replace(self, start=self.start + first, tasks=self.tasks[of_part], begun=self.begun[of_part])


class Blocks:
    """Cuts a run into blocks, by what images have taken so far.

    All blocks are whole batches, so that those are made of the same images as in one run.

    Parameters
    ----------
    tasks : sequence of Task
        Also one that makes each when it is asked for.
    batch_size : int
    workers : int
        That take them at the same time.
    """

    def __init__(self, tasks: Sequence[Task], batch_size: int, workers: int) -> None:
        self.tasks, self.batch_size, self.workers = tasks, batch_size, workers
        self.start = 0
        self._batches = 1
        self._seconds: float | None = None
        self._idle = False

    @property
    def left(self) -> int:
        """Images that are in no block yet."""
        return len(self.tasks) - self.start

    def took(self, images: int, seconds: float) -> None:
        """Take in how long a block took with so many images to compute.

        Those that are up to date do not count: behind them may come others that take long.
        """
        self._idle = self._idle or not images
        if images:
            latest = seconds / images
            self._seconds = latest if self._seconds is None else (self._seconds + latest) / 2

    def next(self, batches: int | None = None) -> Block:
        """The next block: of so many batches, or of as many as are worth it."""
        if batches is None:
            batches = self._batches = self._worth()
        end = min(self.start + batches * self.batch_size, len(self.tasks))
        block = Block(self.start, self.tasks[self.start : end], self.batch_size)
        self.start = end
        return block

    def _worth(self) -> int:
        """Batches that take about `SECONDS`, at most a share of what is left."""
        if self._seconds is None and not self._idle:
            return 1
        by_time = UNKNOWN / self.batch_size
        if self._seconds is not None:
            by_time = SECONDS / max(self._seconds, 1e-9) / self.batch_size
        share = math.ceil(self.left / self.batch_size / self.workers / SHARES)
        most = min(MAX_IMAGES, MAX_OUT // (AHEAD * self.workers)) // self.batch_size
        return max(1, min(int(min(by_time, most)), self._batches * GROWTH, share))


class InOrder:
    """The reports of blocks, in the order of the images, as soon as all before are there.

    Reports that were begun stay until they are through: who is interrupted finds the others of them again.
    """

    def __init__(self) -> None:
        self.next = 0
        self._held: dict[int, tuple[Block, Iterator[object]]] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def blocks(self) -> list[Block]:
        """Those that are through and not reported yet."""
        return [block for block, _ in self._held.values()]

    def add(self, block: Block, reports: Iterator[object]) -> None:
        """Take in a block that is through."""
        self._held[block.start] = block, reports

    def ready(self) -> Iterator[Iterator[object]]:
        """Reports whose turn has come."""
        while self.next in self._held:
            block, reports = self._held[self.next]
            yield reports
            del self._held[self.next]
            self.next = block.end

    def rest(self) -> Iterator[Iterator[object]]:
        """All that are left, in order, whatever is missing between them."""
        for start in sorted(self._held):
            yield self._held.pop(start)[1]
