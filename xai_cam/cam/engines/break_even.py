"""Which of two engines takes the next images of a run: decided by what each has taken so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xai_cam.cam.engines.ahead import Ahead

GUESSED = 0.75
"""What the other engine is taken to need of the usual one's time, before it has been tried."""

TRIED = 3
"""Batches after which the other engine has to have been fast enough once."""

SLOWER = 1.1
"""By how much it may be slower and stay: less than that is noise, and a change costs too."""

LONG = 8
"""Batches left at first from which on two are spent on measuring the usual engine, whatever else is known."""

NOTICED = 0.5
"""Seconds that a short run has to lose by the other engine before that goes.

Whatever decides by less is noise, and a later run, which has the other engine alone, is to write equal files.
"""


class BreakEven:
    """The account of one computation on whole images, which is asked about batch after batch.

    The usual engine begins. The other one, which has to be made ready first, takes over as soon as it would
    win back on the images that are left what that costs; it goes again if it turns out to be slower. The
    first batch of the usual engine counts for nothing, as it is made ready on it. Where both were compared on
    a few images, that decides in a short run, or in one of unknown length; in a long one batches do.

    Parameters
    ----------
    ahead : Ahead, optional
        The images that are left after those that are asked about; where nobody knows, as many are expected as
        there have been: what is lost by that is never more than what has been spent anyway.
    clock : callable
        Seconds.

    Attributes
    ----------
    seen : int
        Images that were asked about.
    """

    def __init__(self, ahead: Ahead | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._ahead, self._clock = ahead or Ahead(), clock
        self._usual: list[float] = []
        self._other: list[float] = []
        self._compared: tuple[float, float] | None = None
        self._is_long: bool | None = None
        self._declined = False
        self.seen = 0

    @property
    def usual(self) -> float | None:
        """The usual engine's seconds an image, as fast as it has been; None before it is warm."""
        return min(self._usual[1:], default=None)

    @property
    def other(self) -> float | None:
        """The other engine's; None before it has been tried."""
        return min(self._other, default=None)

    @property
    def is_tried(self) -> bool:
        """Whether both have taken batches, and the other as many as it is given to be fast enough once."""
        return self.usual is not None and len(self._other) >= TRIED

    @property
    def times(self) -> tuple[float, float] | None:
        """Seconds an image of the usual engine and of the other, in batches or else as they were compared."""
        if self.usual is None or self.other is None:
            return self._compared
        return self.usual, self.other

    def compared(self, usual: float, other: float) -> None:
        """Note what both have taken for an image of the same few, when neither computed its first."""
        self._compared = usual, other

    @property
    def is_slower(self) -> bool:
        """Whether the other engine is known to be slower."""
        return self.times is not None and self.times[1] > self.times[0] * SLOWER

    def lost(self, images: int) -> float:
        """Seconds more that the other engine would take for so many images, and those that are left.

        Where nobody knows how many these are, as many as there were.
        """
        if self.times is None or not self.is_slower:
            return 0.0
        (usual, other), left = self.times, self._ahead.passes
        return (other - usual) * (images + (self.seen if left is None else left))

    def declines(self, images: int) -> bool:
        """Whether the other engine is so slow that a run of so many images, and those left, notices it."""
        self._declined = self._declined or self.lost(images) > NOTICED
        return self._declined

    def pays(self, images: int, cost: Callable[[], float], reused: bool = False) -> bool:
        """Whether the other engine should take so many images, and those that follow.

        Parameters
        ----------
        images : int
            Those that are asked about now.
        cost : callable
            Seconds that it takes to make the other engine ready; asked for once the usual one has run.
        reused : bool
            What is made ready serves later runs too, and so is worth its cost in any case.
        """
        usual, other, left = self.usual, self.other, self._ahead.passes
        if other is not None and usual is not None:
            return len(self._other) < TRIED or not self.is_slower
        if self._is_long is None:
            self._is_long = left is not None and left >= LONG * images
        if not self._is_long and self.declines(images):
            return False
        if reused or other is not None:
            return usual is not None or not self._is_long
        if usual is None:
            return False
        return usual * (1 - GUESSED) * (images + (self.seen if left is None else left)) > cost()

    def is_certain(self, by_other: bool) -> bool:
        """Whether the engine that took the last images is certain to take all that follow."""
        if self._is_long is False and (self._declined or self._other):
            return True
        if by_other:
            return len(self._other) > TRIED
        return len(self._other) >= TRIED or (not self._other and len(self._usual) > TRIED)

    @contextmanager
    def by_usual(self, images: int) -> Iterator[None]:
        """Let the usual engine compute so many images inside a `with` block, and time it."""
        with self._timed(self._usual, images):
            yield

    @contextmanager
    def by_other(self, images: int) -> Iterator[None]:
        """The same by the other engine."""
        with self._timed(self._other, images):
            yield

    @contextmanager
    def _timed(self, seconds: list[float], images: int) -> Iterator[None]:
        start = self._clock()
        yield  # what fails is not counted
        seconds.append((self._clock() - start) / images)
        self.seen += images
