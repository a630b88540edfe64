"""The system's other ways to end a program end a command as Ctrl-C does, and each of them ends it once."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Sent by Ctrl-C, by `kill` and batch systems whose time is over, and by a terminal that is closed."""

UNHANDLED = (signal.SIG_DFL, signal.default_int_handler)

SECONDS_BETWEEN = 1.0
"""Within so many of the first, a second Ctrl-C is taken for the same: what is done is being reported."""

SECONDS_OF_GRACE = 5.0
"""A first that is not heeded for so long, as native code waits, lets a second end the process at once."""

SECONDS_TO_HEED = 0.5
"""What a second gets at least."""

AT_ONCE = b"Interrupted at once: what was running did not stop.\n"


class _Interrupt:
    """A handler that raises `KeyboardInterrupt`, but not again while that is being dealt with."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self.calls = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.calls += 1
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN:
            self._last = now
            raise KeyboardInterrupt


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """Let these signals raise `KeyboardInterrupt` in the block, and Ctrl-C no second one at once.

    One that something else handles or ignores, as under `nohup`, stays as it is. A second one ends the
    process where the first could not, as native code has the main thread.
    """
    before = {}
    handler = _Interrupt()
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) in UNHANDLED:
                before[number] = signal.signal(number, handler)
    try:
        with _watched(handler, set(before)):
            yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def _watched(handler: _Interrupt, numbers: set[int]) -> Iterator[None]:
    """Have a thread hear of these signals, which the system tells it of whatever the main thread does."""
    if not numbers:
        yield
        return
    told, telling = socket.socketpair()
    telling.setblocking(False)
    before = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(told, handler, numbers), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        telling.close()


def _watch(told: socket.socket, handler: _Interrupt, numbers: set[int]) -> None:
    """End the process when a second signal comes and neither it nor the first was handled in time."""
    first, calls = time.monotonic(), -1
    with told:
        while number := told.recv(1):
            now = time.monotonic()
            if number[0] not in numbers:
                continue
            if handler.calls != calls:  # all before were handled
                first, calls = now, handler.calls
            elif now - first >= SECONDS_BETWEEN:
                time.sleep(max(first + SECONDS_OF_GRACE - now, SECONDS_TO_HEED))
                if handler.calls == calls:
                    with suppress(OSError):
                        os.write(2, AT_ONCE)
                    os._exit(130)  # as after any Ctrl-C
