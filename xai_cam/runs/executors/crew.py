"""Workers as they are seen by who sends blocks out: asked one thing at a time, and at times lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Lost:
    """In the place of an answer: the worker died."""

    reason: str


class Crew(Protocol):
    """Workers by their numbers."""

    @property
    def size(self) -> int:
        """How many there are."""

    def start(self, worker: int) -> None:
        """Begin to start a worker, in the place of one that died where there was one; its answer is True."""

    def ask(self, worker: int, what: str, *given: Any) -> None:
        """Begin to ask a worker that is doing nothing for what a method of `Worker` returns."""

    def answer(self) -> tuple[int, Any]:
        """The next answer of any worker, and whose it is; `Lost` where that died.

        Between them come `Told`, of workers that are asked to `run` and have not answered yet.

        Raises
        ------
        Exception
            Of a fault in the worker.
        """

    def come(self) -> Iterator[tuple[int, Any]]:
        """Answers that are there as a run ends: none is waited for, and faults are passed over."""
