"""Threads that work beside each other, and now and then one of them by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from xai_cam.files.memory import ran_out_of_memory


class Crowd:
    """Lets threads in together, or a single one when all others are out.

    Where memory ran out, others may have held it at the time: what failed so is done once more, alone.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._one = False

    def do(
        self, work: Callable[[], None], again: Callable[[], None], turn: Callable[[], None] = lambda: None
    ) -> None:
        """Work beside others; where memory ran out, wait for `turn`, and do it `again` and alone.

        Raises
        ------
        Exception
            As the work does; where memory ran out, only of the second time.
        """
        if not self._has_memory_for(work):
            turn()
            with self.alone():
                again()

    def _has_memory_for(self, work: Callable[[], None]) -> bool:
        """Work beside others; False where memory ran out. What the error held is free on return."""
        try:
            with self.beside_others():
                work()
        except Exception as error:
            if not ran_out_of_memory(error):
                raise
            return False
        return True

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Work as one of many; it waits while another is alone."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """For one of many: step out while waiting for something else, so that nobody waits for this one."""
        self._leave()
        try:
            yield
        finally:
            self._enter()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work when all others are out; those that come meanwhile wait."""
        with self._changed:
            self._changed.wait_for(lambda: not self._one)
            self._one = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._one = False
                self._changed.notify_all()

    def _enter(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._one)
            self._inside += 1

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()
