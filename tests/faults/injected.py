"""Faults, each a function that a process calls before it runs a command."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import Any

Fault = Callable[[], None]

RENAMES = ("replace", "rename", "link")


def no_fault() -> None:
    """Leave the process as it is."""


def killed_at_rename(number: int, after: bool = False) -> Fault:
    """The process is killed just before or after it gives a file its name for the `number`-th time."""

    def fault() -> None:
        numbers, lock = count(1), Lock()

        def wrapped(rename: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                with lock:
                    now = next(numbers) == number
                    if now and not after:
                        os.kill(os.getpid(), signal.SIGKILL)
                    result = rename(*args, **kwargs)
                    if now:
                        os.kill(os.getpid(), signal.SIGKILL)
                return result

            return call

        for name in RENAMES:
            setattr(os, name, wrapped(getattr(os, name)))

    return fault


def counted_renames(report: int) -> Fault:
    """The process writes a byte to the file descriptor `report` for every name that it gives."""

    def fault() -> None:
        def wrapped(rename: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                os.write(report, b".")
                return rename(*args, **kwargs)

            return call

        for name in RENAMES:
            setattr(os, name, wrapped(getattr(os, name)))

    return fault


def small_files(size: int) -> Fault:
    """No file can grow beyond `size` bytes."""

    def fault() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return fault
