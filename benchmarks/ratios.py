"""Ratios of two times, taken in pairs and again where they are in doubt, beside those that were kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

WORSE = 0.15
"""What a ratio may have grown by."""

REPEATS = 2
"""How often a ratio that looks worse is measured again, everything so far counting."""

LEAST = 0.3
"""Seconds that each half of a pair is to take: shorter tasks are done several times."""

Task = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """Two tasks whose times are compared; `before` is done ahead of each pair, and not timed.

    `in_order`: `beside` comes first in every pair, and there is no pair to warm up.
    """

    name: str
    task: Task
    beside: Task
    rounds: int = 5
    in_order: bool = False
    before: Task = lambda: None


@dataclass(frozen=True)
class Ratio:
    """The median of some pairs; a quarter of them lie below `low`, a quarter above `high`.

    `seconds` are those of the first task.
    """

    ratio: float
    low: float
    high: float
    pairs: int
    seconds: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Ratio:
        """From the seconds of both tasks, pair by pair."""
        times = np.array(pairs)
        low, middle, high = np.percentile(times[:, 0] / times[:, 1], (25, 50, 75))
        return cls(float(middle), float(low), float(high), len(pairs), float(np.median(times[:, 0])))


@dataclass
class Kept:
    """Ratios as they were, and what they were taken on."""

    ratios: dict[str, Ratio] = field(default_factory=dict)
    taken: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Kept:
        """Those in a file; none where there is no file."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls({name: Ratio(**one) for name, one in found["ratios"].items()}, found["taken"])

    def write(self, path: Path) -> None:
        """Into a file."""
        ratios = {name: asdict(one) for name, one in self.ratios.items()}
        text = json.dumps({"taken": dict(self.taken), "ratios": ratios}, indent=2, default=str)
        path.write_text(text + "\n", encoding="utf-8")

    def is_worse(self, name: str, found: Ratio) -> bool:
        """Whether a ratio is more than `WORSE` above the kept one."""
        return name in self.ratios and found.ratio > self.ratios[name].ratio * (1 + WORSE)


def measure(pair: Pair, kept: Kept, clock: Callable[[], float] = time.perf_counter) -> Ratio:
    """The ratio of a pair, taken again while it looks worse, at most `REPEATS` times."""
    times = 1
    if not pair.in_order:
        pair.before()
        warm = min(_times(pair.task, pair.beside, clock, task_first=True))
        times = max(-(-LEAST // max(warm, 1e-6)), 1)
    taken: list[tuple[float, float]] = []
    for _ in range(1 + REPEATS):
        for _ in range(pair.rounds):
            pair.before()
            first = len(taken) % 2 == 1 and not pair.in_order  # they take turns in going first
            found = _times(pair.task, pair.beside, clock, first, int(times))
            taken.append((found[0] / times, found[1] / times))
        ratio = Ratio.of(taken)
        if not kept.is_worse(pair.name, ratio):
            break
    return ratio


def _times(
    task: Task, beside: Task, clock: Callable[[], float], task_first: bool, times: int = 1
) -> tuple[float, float]:
    """Seconds of one task and the other, each done several times."""
    seconds = []
    for one in (task, beside) if task_first else (beside, task):
        start = clock()
        for _ in range(times):
            one()
        seconds.append(clock() - start)
    return (seconds[0], seconds[1]) if task_first else (seconds[1], seconds[0])


def rows(kept: Kept, found: Mapping[str, Ratio]) -> list[dict[str, float | str]]:
    """A row for each ratio beside the kept one."""
    return [
        {
            "ratio": name,
            "kept": kept.ratios[name].ratio if name in kept.ratios else "none",
            "now": one.ratio,
            "middle half": f"{one.low:.3g} to {one.high:.3g}",
            "pairs": str(one.pairs),
            "now / kept": one.ratio / kept.ratios[name].ratio if name in kept.ratios else "",
            "seconds": one.seconds,
            "": "**worse**" if kept.is_worse(name, one) else "",
        }
        for name, one in found.items()
    ]
