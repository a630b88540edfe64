"""Work done by threads ahead of a loop, or behind it, with results in the order of the items.

    for result in prefetch(read, paths, ...):      # the next ones are read while this one is dealt with
    for result in postprocess(write, groups, ...):   # the next group is made while these are written

Items are drawn in the thread of the loop, functions run in others. What is under way is bounded by number and
by weight. Closing such a generator, or leaving it by an error, calls off what is not begun and waits for the
rest: no thread goes on behind its back, but for one that hangs.
"""

from __future__ import annotations

import math
import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from threading import Condition
from typing import Generic, TypeVar

from xai_cam.files.workers import Workers, ends_in_time, result_of

T = TypeVar("T")
R = TypeVar("R")

MAX_PIXELS = 48_000_000
"""Limit, in pixels, of pictures in a batch and being written."""

MAX_BYTES = 7 * MAX_PIXELS
"""Limit, in bytes, of what pictures decoded ahead take while they are decoded: 7 a pixel in colour."""

PATIENCE = 5.0
"""Seconds that threads get to end, those that only read, and after Ctrl-C all."""

Reserve = Callable[[float], None]
"""Takes the weight of an item's result, and waits until there is room for it."""


def thread_count() -> int:
    """How many threads decode or encode pictures: as many as there are cores, and no more than 8."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


def prefetch(
    function: Callable[[T, Reserve], R],
    items: Iterable[T],
    threads: int,
    most: int,
    max_weight: float = math.inf,
) -> Generator[R, None, None]:
    """The results of `function(item, reserve)`, in the order of the items, computed ahead by threads.

    Parameters
    ----------
    function : callable
        Run by a thread for each item.
    items : iterable
        Also an endless one; closed with the generator, where it can be.
    threads : int
        How many run at a time.
    most : int
        Items, behind the one that was handed out last, that may be under way or wait.
    max_weight : float
        What they may weigh together, by what the function passed to `reserve` for each; another call replaces
        the weight. The next one to be taken is let through whatever its weight; one that weighs more than
        this by itself not before it is waited for, when all before it have been dealt with.

    Raises
    ------
    Exception
        Of an item or of `items`, in the place of its result.
    """
    budget = _MemoryBudget(max_weight)
    with _pool(threads, items, budget.close) as pool:
        pool.patience = PATIENCE  # its threads only read
        waiting: deque[tuple[int, Future[R]]] = deque()

        def first() -> R:
            number, future = waiting.popleft()
            budget.wait_for(number)
            try:
                return result_of(future)
            finally:
                budget.leave(number)

        source = _Source(items)
        for number, item in enumerate(source):
            waiting.append((number, pool.submit(function, item, partial(budget.reserve, number))))
            if len(waiting) > most:
                yield first()
        while waiting:
            yield first()
        source.fail()


def postprocess(
    function: Callable[[T], R],
    groups: Iterable[Iterable[T]],
    threads: int,
    most: int,
    weight: Callable[[T], float] = lambda _: 0,
    max_weight: float = math.inf,
) -> Generator[R, None, None]:
    """The results of `function(item)`, in the order of the items, computed by threads as groups of them come.

    Results are handed out as soon as they and all before them are there. Ctrl-C calls off what is not begun;
    what was begun is still handed out before `KeyboardInterrupt` goes on.

    Parameters
    ----------
    function : callable
        Run by a thread for each item.
    groups : iterable of iterables
        Closed with the generator, where it can be.
    threads : int
        How many run at a time.
    most : int
        Items that may be under way while the next group is drawn; 0: it is drawn when all are through.
    weight, max_weight
        What an item weighs, and how much those may weigh together.

    Raises
    ------
    Exception
        Of an item or of `groups`, in the place of its result.
    """
    waiting: deque[tuple[T, Future[R]]] = deque()

    def results(most: int, max_weight: float = math.inf) -> Iterator[R]:
        while waiting:
            full = len(waiting) > most or sum(weight(item) for item, _ in waiting) > max_weight
            if not full and not waiting[0][1].done():
                break
            result = result_of(waiting[0][1])
            waiting.popleft()
            yield result

    with _pool(threads, groups) as pool:
        source = _Source(groups)
        try:
            for group in source:
                waiting.extend((item, pool.submit(function, item)) for item in group)
                yield from results(most, max_weight)
            yield from results(0)
        except KeyboardInterrupt:
            pool.patience = PATIENCE
            pool.cancel()
            while waiting and ends_in_time(waiting[0][1], PATIENCE):
                yield waiting.popleft()[1].result()
            raise
        source.fail()


@contextmanager
def _pool(
    threads: int, items: Iterable[object], close: Callable[[], None] = lambda: None
) -> Iterator[Workers]:
    """Threads that have ended, or were waited for, when the block is left; work not begun is cancelled."""
    pool = Workers(threads, "xai-cam")
    # Filters of warnings are the same for all threads: where several set and reset them, the last one wins.
    with warnings.catch_warnings():
        try:
            yield pool
        finally:
            close()
            pool.close()
            if hasattr(items, "close"):
                items.close()


class _Source(Generic[T]):
    """Items, and the error that they end with, which is raised after the results before it."""

    def __init__(self, items: Iterable[T]) -> None:
        self.items = items
        self._failure: Exception | None = None

    def __iter__(self) -> Iterator[T]:
        try:
            yield from self.items
        except Exception as error:  # noqa: BLE001 - it is raised by `fail`
            self._failure = error

    def fail(self) -> None:
        """Raise the error, if there was one."""
        if self._failure is not None:
            raise self._failure


class _MemoryBudget:
    """Memory for results that are not taken yet: each waits until there is enough."""

    def __init__(self, max_weight: float) -> None:
        self.max_weight = max_weight
        self._held: dict[int, float] = {}
        self._next = 0
        self._awaited = -1
        self._closed = False
        self._changed = Condition()

    def reserve(self, number: int, weight: float) -> None:
        """Wait until there is room. The next one to be taken has it: all others may wait for that."""
        own_turn = (lambda: self._awaited) if weight > self.max_weight else (lambda: self._next)
        with self._changed:
            self._held.pop(number, None)
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: (
                    self._closed
                    or number == own_turn()
                    or sum(self._held.values()) + weight <= self.max_weight
                )
            )
            if self._closed:
                raise CancelledError
            self._held[number] = weight

    def wait_for(self, number: int) -> None:
        """Its taker waits for this one now."""
        with self._changed:
            self._awaited = number
            self._changed.notify_all()

    def leave(self, number: int) -> None:
        with self._changed:
            self._held.pop(number, None)
            self._next = number + 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
