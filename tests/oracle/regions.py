"""Thresholds and connected parts as plain loops, from the papers: slow and obvious."""

from __future__ import annotations

import math

import numpy as np

Place = tuple[int, int]


def otsu(values: list[float]) -> float | None:
    """Otsu 1979, eq. 12 and 18: the level between two of 256 classes that sets the most variance apart."""
    bins = [min(math.floor(256 * value), 255) for value in values]
    best, level = 0.0, None
    for k in range(255):
        lower = [one for one in bins if one <= k]
        upper = [one for one in bins if one > k]
        if not lower or not upper:
            continue
        share = len(lower) / len(bins)
        apart = sum(lower) / len(lower) - sum(upper) / len(upper)
        between = share * (1 - share) * apart * apart
        if between > best * (1 + 1e-12):
            best, level = between, (k + 1) / 256
    return level


def percentile(values: list[float], per_cent: float) -> float:
    """Between two of the values in order, linearly."""
    ordered = sorted(values)
    at = per_cent / 100 * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def parts(bright: np.ndarray) -> list[set[Place]]:
    """Sets of places (row, column) that share sides or corners, by filling one after the other.

    The largest first; of equal ones the upper, then the left.
    """
    height, width = bright.shape
    left = {(y, x) for y in range(height) for x in range(width) if bright[y, x]}
    found = []
    while left:
        waiting = [left.pop()]
        part: set[Place] = set()
        while waiting:
            y, x = waiting.pop()
            part.add((y, x))
            for down in (-1, 0, 1):
                for across in (-1, 0, 1):
                    if (y + down, x + across) in left:
                        left.remove((y + down, x + across))
                        waiting.append((y + down, x + across))
        found.append(part)
    return sorted(found, key=lambda part: (-len(part), min(y for y, _ in part), min(x for _, x in part)))


def box(part: set[Place]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1, the last two just outside."""
    rows, columns = [y for y, _ in part], [x for _, x in part]
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def filled(polygon: list[float], height: int, width: int) -> np.ndarray:
    """The pixels whose centres lie inside of a polygon x, y, x, y, … by the rule of even and odd."""
    corners = list(zip(polygon[::2], polygon[1::2], strict=True))
    inside = np.zeros((height, width), bool)
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
                if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                    inside[row, column] = not inside[row, column]
    return inside
