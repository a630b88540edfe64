"""Agreement of two maps, counted: Spearman's rank correlation and the overlap of the highest pixels."""

import math

import numpy as np

from .arrays import Array


def ranks(values: Array) -> list[float]:
    """The mean rank of each value: those below it, and half of the others equal to it, counted from 1."""
    listed = [float(v) for v in values.reshape(-1)]
    result = []
    for value in listed:
        below = sum(1 for other in listed if other < value)
        equal = sum(1 for other in listed if other == value)
        result.append(below + (equal + 1) / 2)
    return result


def spearman(first: Array, second: Array) -> float:
    """Pearson's correlation of the ranks; NaN where one of the two is constant."""
    a, b = ranks(first), ranks(second)
    middle = (len(a) + 1) / 2
    product = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    spread_a, spread_b = sum((x - middle) ** 2 for x in a), sum((y - middle) ** 2 for y in b)
    return product / math.sqrt(spread_a * spread_b) if spread_a and spread_b else math.nan


def highest(values: Array, share: float) -> set[int]:
    """Positions, row by row, of the ceil(share * size) highest pixels; the first of equal ones."""
    left = dict(enumerate(float(v) for v in values.reshape(-1)))
    wanted = math.ceil(round(share * values.size, 6))
    chosen: set[int] = set()
    while len(chosen) < wanted:
        best = min(left, key=lambda position: (-left[position], position))
        chosen.add(best)
        del left[best]
    return chosen


def overlap(first: Array, second: Array, share: float) -> float:
    """Intersection over union of two maps' highest pixels; NaN where one of the two is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    a, b = highest(first, share), highest(second, share)
    return len(a & b) / len(a | b)
