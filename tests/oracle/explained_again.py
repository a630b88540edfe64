"""Measures of a map and of that of a changed image, as plain loops: Poppi et al. 2021, Yeh et al. 2019."""

import math

from .arrays import Array


def coherency(before: Array, after: Array) -> float:
    """(1 + Pearson's correlation) / 2 of two maps (H, W)."""
    pairs = [(float(before[i]), float(after[i])) for i in _places(before)]
    a, b = (sum(one[k] for one in pairs) / len(pairs) for k in (0, 1))
    both = sum((x - a) * (y - b) for x, y in pairs)
    squares = sum((x - a) ** 2 for x, _ in pairs) * sum((y - b) ** 2 for _, y in pairs)
    return (1 + both / math.sqrt(squares)) / 2


def adcc(coherency: float, complexity: float, drop: float) -> float:
    """The harmonic mean of coherency, 1 - complexity and 1 - drop, which is a share here."""
    return 3 / (1 / coherency + 1 / (1 - complexity) + 1 / (1 - drop))


def change(before: Array, after: Array) -> float:
    """Length of the difference of two maps (H, W), over that of the first."""
    far = sum((float(after[i]) - float(before[i])) ** 2 for i in _places(before))
    return math.sqrt(far) / math.sqrt(sum(float(before[i]) ** 2 for i in _places(before)))


def _places(one: Array) -> list[tuple[int, int]]:
    return [(i, j) for i in range(one.shape[0]) for j in range(one.shape[1])]
