"""How far a run is: images, passes through the model, and the time that is left."""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, field

from xai_cam.cli.work_left import WorkLeft

WINDOW = 60.0
"""Seconds back over which speed is measured: an earlier one may have been another."""

SECONDS_BETWEEN_STEPS = 0.5
"""Images that end within that time are one step: those of a batch end together."""

MIN_STEPS = 5
"""Steps that are looked at in any case, however long they took."""

WIDTHS = (10, 30)
"""The smallest and the largest bar, in columns."""

BAR, PLAIN_BAR = ("━", "━"), ("#", ".")
"""Characters of what is done and of what is left; the second pair for terminals that have no other."""

COLOURS = "\x1b[36m", "\x1b[90m", "\x1b[0m"
"""Of the two parts of the bar, and the end of both."""


class Speed:
    """Time left, by the steps of the last minute.

    The clock starts at the end of the first step: that one contains all that is made once, as compilation.
    """

    def __init__(self) -> None:
        self._steps: deque[tuple[float, float]] = deque()

    def add(self, done: float) -> None:
        """A step was finished; `done` in any unit, of all steps together."""
        now = time.monotonic()
        if self._steps and now - self._steps[-1][0] < SECONDS_BETWEEN_STEPS:
            now, _ = self._steps.pop()
        self._steps.append((now, done))
        while len(self._steps) > MIN_STEPS and now - self._steps[0][0] > WINDOW:
            self._steps.popleft()

    def left(self, rest: float) -> float | None:
        """Seconds that the rest will take, as of now; None where that cannot be known yet."""
        if len(self._steps) < 2:
            return None
        (start, before), (end, after) = self._steps[0], self._steps[-1]
        if after <= before or end <= start:
            return None
        return max(0.0, rest * (end - start) / (after - before) - (time.monotonic() - end))


@dataclass
class Progress:
    """State of a run, as a line of a terminal or of a log.

    Attributes
    ----------
    done, total : int
        Images.
    idle : int
        Those of them that had nothing to do: they tell nothing of the speed.
    passes : (str, int, int), optional
        What the model is asked for at present, how often it was, and how often it will be.
    within : float
        Images' worth of work that is done of the present batch.
    work : WorkLeft, optional
        What tells how many of the images that are left have something to do; without it, all.
    """

    done: int = 0
    total: int = 0
    idle: int = 0
    passes: tuple[str, int, int] | None = None
    within: float = 0.0
    work: WorkLeft | None = None
    speed: Speed = field(default_factory=Speed)

    def image(self, done: int, total: int, idle: bool = False) -> None:
        """One image more is through; `idle`: there was nothing to do for it."""
        self.done, self.total, self.idle = done, total, self.idle + idle
        if self.work is not None:
            self.work.see(done, idle)
        self.within = max(0.0, self.within - (not idle))
        self.passes = self.passes if self.within else None
        if not idle and done:
            self.speed.add(done - self.idle + self.within)

    def count(self, what: str, done: int, total: int, within: float) -> None:
        """The model was asked `done` times of `total`, with which so much of the batch is done."""
        self.passes, self.within = (what, done, total) if what else None, within
        self.speed.add(self.done - self.idle + within)

    @property
    def left(self) -> str:
        """The time left, in words; empty where it is not known yet."""
        rest = self.total - self.done if self.work is None else self.work.after(self.done)
        seconds = self.speed.left(max(0.0, rest - self.within))
        return "" if seconds is None else f"{duration(seconds)} left"

    @property
    def line(self) -> str:
        """The state for a log."""
        return ", ".join(self._parts())

    def draw(self, frame: str, columns: int) -> str:
        """The state for a terminal: as much of it as there is room for, and a bar where one fits."""
        lines = (f"{frame} " + " · ".join(self._parts(short)) for short in range(3))
        text = next((line for line in lines if len(line) <= columns), None)
        if text is None:
            return f"{frame} {self.done}/{self.total}"[:columns]
        room = min(columns - len(text) - 1, WIDTHS[1])
        bar = self._bar(room, plain=frame.isascii()) if room >= WIDTHS[0] else ""
        return f"{text[:2]}{bar} {text[2:]}" if bar else text

    def _parts(self, short: int = 0) -> list[str]:
        """What is said; `short`: 1 does not name what the model is asked for, 2 has numbers alone."""
        images = f"{self.done:,} of {self.total:,} images"
        parts = [f"{self.done:,}/{self.total:,}" if short > 1 else images]
        if self.passes:
            what, done, total = self.passes
            numbers = (
                f"{what} {done:,} of {total:,} passes",
                f"{done:,} of {total:,}",
                f"{done:,}/{total:,}",
            )
            parts.append(numbers[short])
        elif self.done == self.idle and self.total and not short:
            parts.append("the first takes longest")
        return [*parts, self.left] if self.left else parts

    def _bar(self, width: int, plain: bool) -> str:
        share = (self.done + self.within) / self.total if self.total else 0
        full = min(width, round(width * share))
        done, rest = PLAIN_BAR if plain else BAR
        if os.environ.get("NO_COLOR"):
            return done * full + (rest if plain else " ") * (width - full)
        first, second, end = COLOURS
        return f"{first}{done * full}{second}{rest * (width - full)}{end}"


def duration(seconds: float) -> str:
    """`59 s`, `1 min 01 s`, `2 h 03 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
