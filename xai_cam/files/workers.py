"""Threads that nobody has to wait for: Python ends though one of them hangs, at a drive that is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from xai_cam.errors import XaiCamError

R = TypeVar("R")

SLICE = 0.1
"""Seconds that Windows waits at a time: while it waits it does not hear Ctrl-C."""

Item = tuple["Future[Any]", Callable[[], Any]]


class Workers:
    """A pool of threads, as `ThreadPoolExecutor`; that one's threads are joined when Python ends.

    Parameters
    ----------
    count : int
        How many run at a time, all from now on; with little memory fewer, since each takes some.
    name : str
        Of the threads.

    Attributes
    ----------
    patience : float, optional
        Seconds that `close` waits for threads to end; None: as long as they take.

    Raises
    ------
    XaiCamError
        There is no memory for a single one.
    """

    def __init__(self, count: int, name: str) -> None:
        self.patience: float | None = None
        self._items: SimpleQueue[Item | None] = SimpleQueue()
        self._threads: list[Thread] = []
        try:
            for number in range(count):
                self._threads.append(Thread(target=self._run, name=f"{name}_{number}", daemon=True))
                self._threads[-1].start()
        except RuntimeError as error:
            self._threads.pop()
            if not self._threads:
                raise XaiCamError(f"There is too little memory to work ({error}). Free some.") from error
        except KeyboardInterrupt:
            self.close()
            raise

    def submit(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        """What will be the result of `function(*arguments)`."""
        future: Future[R] = Future()
        self._items.put((future, partial(function, *arguments)))
        return future

    def cancel(self) -> None:
        """Call off what is not begun."""
        while True:
            try:
                item = self._items.get_nowait()
            except Empty:
                return
            if item is not None and item[0].cancel():
                item[0].set_running_or_notify_cancel()  # whoever waits for it need not any more

    def close(self) -> None:
        """Call off what is not begun, and wait for the rest."""
        self.cancel()
        for _ in self._threads:
            self._items.put(None)
        end = None if self.patience is None else time.monotonic() + self.patience
        for thread in self._threads:
            while thread.is_alive() and (end is None or time.monotonic() < end):
                thread.join(SLICE)

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            future, call = item
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                    future.set_exception(error)
            del item, future, call  # they may hold a large picture


def ends_in_time(future: Future[Any], seconds: float) -> bool:
    """Whether a thread's work ends within so many seconds, and was not called off."""
    wait([future], seconds)
    return future.done() and not future.cancelled()


def result_of(future: Future[R]) -> R:
    """The result of a thread's work, waited for so that Ctrl-C is heard."""
    while os.name == "nt" and not future.done():
        wait([future], SLICE)
    return future.result()
