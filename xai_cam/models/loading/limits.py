"""What opening a model may cost: operations, bytes, seconds; beyond that it ends in one sentence."""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

from xai_cam.errors import InputError, ModelError

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

PART = re.compile(r"(?P<name>[a-z]+)=(?P<number>\d{1,15})(?P<unit>[KMGT]?)")

AGAIN = 0.5
"""Seconds after which a call that swallowed the end of the time is told of it again."""


@dataclass(frozen=True)
class Limits:
    """The bounds of opening a model; they are far above what any model of `keras.applications` costs.

    Attributes
    ----------
    operations : int
        Calls of layers while it is built, those inside of nested models counted each time that these are
        called; NASNetLarge takes 1,040.
    bytes : int
        Of its weights, unpacked.
    seconds : int
        From the first look into its files to the last weight.
    """

    operations: int = 6_000
    bytes: int = 64 * 2**30
    seconds: int = 600

    @classmethod
    def of(cls, text: str | None) -> Limits:
        """The limits of a text as `"seconds=900,bytes=8G"`; what it does not name stays as it is.

        Raises
        ------
        InputError
            It is no such text.
        """
        given: dict[str, int] = {}
        for part in re.split(r"[,\s]+", text.strip()) if text else ():
            match = PART.fullmatch(part)
            if match is None or match["name"] not in NAMES or not int(match["number"]):
                raise InputError(
                    f"{part!r} is no limit. Give `limit` a number of {', '.join(NAMES)}, as in "
                    "seconds=900,bytes=8G."
                )
            given[match["name"]] = int(match["number"]) * UNITS[match["unit"]]
        return replace(cls(), **given)

    def check(self, name: str, cost: int) -> None:
        """Raise if opening a model takes more of `name` than is allowed.

        Raises
        ------
        ModelError
        """
        allowed: int = getattr(self, name)
        if cost > allowed:
            raise ModelError(
                f"The model is refused: opening it takes {cost:,} {name}, more than {allowed:,}. Get a new "
                f'copy of the file from its source, or, if it is right, give `limit="{name}={cost}"`.'
            )

    @contextmanager
    def clock(self) -> Iterator[None]:
        """For a block that may take so many seconds, whatever Python code runs in it.

        A call of native code is not cut short, but it is the last one.

        Raises
        ------
        ModelError
            The time is over.
        """
        done = threading.Event()
        here = threading.get_ident()
        clock = threading.Thread(target=_ring, args=(here, self.seconds, done), daemon=True)
        try:
            clock.start()
            try:
                yield
            finally:
                done.set()
                clock.join()
                for _ in range(2):  # it may have rung just now: that comes up here, where a loop begins again
                    pass
        except _TimeIsOverError:
            done.set()  # the next ring is far: nothing comes between
            raise ModelError(
                f"The model is refused: opening it takes more than {self.seconds:,} seconds. Get a new copy "
                "of the file from its source, or, if it is only large, give "
                f'`limit="seconds={10 * self.seconds}"`.'
            ) from None


NAMES = tuple(field.name for field in fields(Limits))


class _TimeIsOverError(BaseException):
    """No `Exception`, which Keras would take for an error of a layer."""


def _ring(thread: int, seconds: float, done: threading.Event) -> None:
    """Raise in `thread` when the time is over, and again as long as the block goes on."""
    while not done.wait(seconds):
        _raise_in(thread, _TimeIsOverError)
        seconds = AGAIN


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Let an error come up in a thread at its next step in Python.

    It is never taken back: Python 3.11 then looks for it at every step, and stays in one that is traced.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
