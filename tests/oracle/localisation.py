"""Localisation as plain loops: flood fill, pixels counted one by one, every threshold anew."""

from __future__ import annotations

from fractions import Fraction

from .arrays import Array

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1; the last two lie just outside."""


def relevance_rank(placed: Array, mask: Array) -> float:
    """Share of the K highest pixels inside the mask of K pixels; ties in the mean over all orders of them."""
    rows, columns = placed.shape
    pixels = [(float(placed[i, j]), bool(mask[i, j])) for i in range(rows) for j in range(columns)]
    places = sum(inside for _, inside in pixels)
    if max(value for value, _ in pixels) == 0:
        return 0.0
    left, found = places, Fraction(0)
    for level in sorted({value for value, _ in pixels}, reverse=True):
        here = [inside for value, inside in pixels if value == level]
        taken = min(left, len(here))
        found += Fraction(sum(here) * taken, len(here))
        left -= taken
    return float(found / places)


def parts(bright: Array) -> list[list[tuple[int, int]]]:
    """The connected parts of a mask, neighbours by sides and corners; the largest first, then upper, left."""
    rows, columns = bright.shape
    left = {(i, j) for i in range(rows) for j in range(columns) if bright[i, j]}
    found = []
    while left:
        reached, part = [left.pop()], []
        while reached:
            i, j = reached.pop()
            part.append((i, j))
            for down in (-1, 0, 1):
                for across in (-1, 0, 1):
                    if (i + down, j + across) in left:
                        left.remove((i + down, j + across))
                        reached.append((i + down, j + across))
        found.append(part)
    return sorted(found, key=lambda p: (-len(p), min(i for i, _ in p), min(j for _, j in p)))


def box(part: list[tuple[int, int]]) -> Box:
    """The box around some pixels."""
    rows, columns = [i for i, _ in part], [j for _, j in part]
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes with whole corners, by counting pixels."""

    def pixels(one: Box) -> set[tuple[int, int]]:
        x0, y0, x1, y1 = map(int, one)
        return {(x, y) for x in range(x0, x1) for y in range(y0, y1)}

    return len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b))


def iou(placed: Array, true: list[Box], share: float) -> float:
    """Of the box around the largest part of the map at or above a share of its maximum, with the best box."""
    top = max(float(value) for value in placed.flat)
    found = parts(placed >= share * top)
    return max(overlap(box(found[0]), one) for one in true)


def box_accuracy(placed: Array, true: list[Box], fits: list[float], any_part: bool) -> list[list[int]]:
    """For each level and each threshold 0, 0.01, …, 0.99 whether a box fits: 0 or 100."""
    low, high = min(float(v) for v in placed.flat), max(float(v) for v in placed.flat)
    rows, columns = placed.shape
    table: list[list[int]] = [[] for _ in fits]
    for step in range(100):
        bright = placed >= placed.max() + 1
        for i in range(rows):
            for j in range(columns):
                bright[i, j] = (float(placed[i, j]) - low) / (high - low) >= step / 100
        found = parts(bright) if any_part else parts(bright)[:1]
        best = max(overlap(box(part), one) for part in found for one in true)
        for level, row in zip(fits, table, strict=True):
            row.append(100 if best >= level else 0)
    return table


def max_box_accuracy(tables: list[list[list[int]]]) -> float:
    """Mean over levels of the best threshold's share of images."""
    total = 0.0
    for level in range(len(tables[0])):
        shares = [
            sum(table[level][step] for table in tables) / len(tables) for step in range(len(tables[0][level]))
        ]
        total += max(shares)
    return total / len(tables[0])
