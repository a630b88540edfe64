"""The system's other ways to end a program end a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("SIGTERM", "SIGHUP")
"""Sent by `kill`, by batch systems whose time is over, and by a terminal that is closed."""


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """Let these signals raise `KeyboardInterrupt` in the block.

    One that something else handles or ignores, as under `nohup`, stays as it is.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
