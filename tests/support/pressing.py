"""Ctrl-C that a test presses from a thread, and of which it knows when it was heard."""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from xai_cam.files.workers import ends_in_time

LONG = 600.0
"""Seconds after which a test that waits for threads has failed."""


class Pressed:
    """What has become of Ctrl-C: `heard` by the main thread; `called_off` is then what was not begun."""

    def __init__(self) -> None:
        self.heard, self.called_off = threading.Event(), threading.Event()

    def press(self) -> None:
        """Interrupt the main thread, and wait until that knows.

        It may have to be told again: Python does not hear a signal that comes as it is about to wait.
        """
        self.send()
        while not self.heard.wait(0.05):
            self.send()

    def send(self) -> None:
        if os.name == "nt":
            _thread.interrupt_main()
        else:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        first = not self.heard.is_set()
        self.heard.set()
        if first:
            raise KeyboardInterrupt

    def ends(self, future: Future[Any], seconds: float) -> bool:
        """As `ends_in_time`, of what was begun before the rest was called off."""
        self.called_off.set()
        return ends_in_time(future, LONG)


@contextmanager
def one_press() -> Iterator[Pressed]:
    """Ctrl-C interrupts the block once, however often it is sent."""
    pressed = Pressed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xai_cam.files.threads.ends_in_time", pressed.ends)
        before = signal.signal(signal.SIGINT, pressed.handle)
        try:
            yield pressed
        finally:
            signal.signal(signal.SIGINT, before)
