"""The system's other ways to end a program end a command as Ctrl-C does, and each of them ends it once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Sent by Ctrl-C, by `kill` and batch systems whose time is over, and by a terminal that is closed."""

UNHANDLED = (signal.SIG_DFL, signal.default_int_handler)

SECONDS_BETWEEN = 1.0
"""Within so many of the first, a second Ctrl-C is taken for the same: what is done is being reported."""


class _Interrupt:
    """A handler that raises `KeyboardInterrupt`, but not again while that is being dealt with."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN:
            self._last = now
            raise KeyboardInterrupt


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """Let these signals raise `KeyboardInterrupt` in the block, and Ctrl-C no second one at once.

    One that something else handles or ignores, as under `nohup`, stays as it is.
    """
    before = {}
    handler = _Interrupt()
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) in UNHANDLED:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
