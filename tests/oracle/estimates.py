"""Bootstrap of means as plain loops, with the generator of the standard library."""

import math
import random
from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Mean of the known values."""
    known = [v for v in values if not math.isnan(v)]
    return math.fsum(known) / len(known)


def interval(values: Sequence[float], resamples: int, seed: int = 1) -> tuple[float, float]:
    """Ends of the 95 % percentile interval of the mean.

    1. Draw as many of the known values as there are, with replacement; note their mean.
    2. Do that `resamples` times; sort the means.
    3. The ends are the means 2.5 % of the way from either side.
    """
    known = [v for v in values if not math.isnan(v)]
    draw = random.Random(seed)
    means = sorted(
        math.fsum(known[draw.randrange(len(known))] for _ in known) / len(known) for _ in range(resamples)
    )
    cut = round(0.025 * (resamples - 1))
    return means[cut], means[-1 - cut]


def pairs(first: Sequence[float], second: Sequence[float]) -> list[tuple[float, float]]:
    """The pairs of which both are known."""
    return [(a, b) for a, b in zip(first, second, strict=True) if not (math.isnan(a) or math.isnan(b))]


def won_and_tied(first: Sequence[float], second: Sequence[float], better: str) -> tuple[float, float]:
    """Shares of the known pairs where the first is the better one, and where both are equal."""
    known = pairs(first, second)
    won = sum(1 for a, b in known if (a < b if better == "lower" else a > b))
    tied = sum(1 for a, b in known if a == b)
    return won / len(known), tied / len(known)
