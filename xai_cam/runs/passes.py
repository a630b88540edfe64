"""Passes through the model, counted while a batch is computed: methods that score channels take thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Watch = Callable[[str, int, int, float], None]
"""Gets what the model is asked for, how often it was, how often it will be, and how many images' worth of
the batch that makes."""


def unwatched(what: str, done: int, total: int, images: float) -> None:
    """Nobody watches."""


@dataclass
class PassCounter:
    """Counts what the model is asked about a batch, which goes through several stages.

    Parameters
    ----------
    watch : callable
        Gets every count.
    stages : int
        How often each image of a batch is asked about.
    names : dict
        By what an engine calls it: what a count is called.
    """

    watch: Watch = unwatched
    stages: int = 0
    names: dict[str, str] = field(default_factory=dict)
    _paused: bool = False
    _images: int = 0
    _through: float = 0.0

    def begin(self) -> None:
        """A new batch."""
        self._through = 0.0

    def ask(self, images: int) -> None:
        """The next stages are about so many images of the batch."""
        self._images = images

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is counted meanwhile."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """The model was asked `done` times of `total` in this stage."""
        if self._paused:
            return
        share = self._images / max(self.stages, 1)
        self.watch(self.names.get(what, what), done, total, self._through + share * done / total)
        if done >= total:
            self._through += share
