"""Passes through the model, counted while a batch is computed: methods that score channels take thousands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Watch = Callable[[str, int, int, float], None]
"""Gets what the model is asked for, how often it was, how often it will be, and how many images' worth of
the batch that makes. No name: nothing is counted but the last."""


CHANGED = "changed images"
"""What the model is asked about where a measure has images explained anew."""


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
    rounds : int
        How often all maps of a batch are made anew, of changed images.
    names : dict
        By what an engine calls it: what a count is called.
    """

    watch: Watch = unwatched
    stages: int = 0
    rounds: int = 0
    names: dict[str, str] = field(default_factory=dict)
    _round: int = 1
    _repeats: int = 1
    _images: int = 0
    _through: float = 0.0
    _part: float | None = None
    _end: float = math.inf

    def expect(self, stages: int, repeats: int = 1) -> None:
        """All maps of a batch take so many stages, that of one method at most `repeats`."""
        self._round, self._repeats = max(stages, 1), repeats
        self.stages += stages + self.rounds * self._round

    def begin(self) -> None:
        """A new batch."""
        self._through = 0.0

    def ask(self, images: int) -> None:
        """The next stages are about so many images of the batch."""
        self._images = images

    @contextmanager
    def again(self, maps: int, done: int, more: int, total: int) -> Iterator[None]:
        """Meanwhile `more` of `total` changed images are explained, as the `maps` of the batch were made."""
        self._part = self._share * self._round * more / maps
        self._end = self._through + self._part
        before = self._through
        try:
            yield
            if self._through == before:  # the method asks too little to be counted
                self.watch(CHANGED, done + more, total, self._end)
            self._through = self._end
        finally:
            self._part, self._end = None, math.inf

    def __call__(self, what: str, done: int, total: int) -> None:
        """The model was asked `done` times of `total` in this stage."""
        name = self.names.get(what, what)
        if self._part is None:
            share = self._share
        else:
            name, share = f"{name}, {CHANGED}", self._part / self._repeats
        self.watch(name, done, total, min(self._through + share * done / total, self._end))
        if done >= total:
            self._through = min(self._through + share, self._end)

    @property
    def _share(self) -> float:
        """How many images' worth of the batch a stage is."""
        return self._images / max(self.stages, 1)
