"""Occlusion and RISE as plain loops: one forward pass at a time, from the formulas of their papers."""

import math
import statistics
from collections.abc import Callable

import numpy as np

from .arrays import Array
from .resize import resize_fast

Score = Callable[[Array], float]
"""An input (H, W, c) -> the score of a class."""


def starts(length: int, side: int, stride: int) -> list[int]:
    """Where patches begin along an axis: the last ends at the edge."""
    found = [0]
    while found[-1] + side < length:
        found.append(min(found[-1] + stride, length - side))
    return found


def occlusion(score: Score, x: Array, side: int, stride: int) -> Array:
    """Each pixel's mean of s(x) - s(x with the patch P at the mean colour), over the P that cover it."""
    height, width, channels = x.shape
    colour = [sum(float(v) for v in x[:, :, c].ravel()) / (height * width) for c in range(channels)]
    whole, drops = score(x), [[[] for _ in range(width)] for _ in range(height)]
    for top in starts(height, side, stride):
        for left in starts(width, side, stride):
            changed = x.copy()
            inside = [(i, j) for i in range(top, top + side) for j in range(left, left + side)]
            for i, j in inside:
                changed[i, j] = colour
            drop = whole - score(changed)
            for i, j in inside:
                drops[i][j].append(drop)
    return np.array([[sum(values) / len(values) for values in row] for row in drops])


def random_masks(size: tuple[int, int], count: int, seed: int) -> list[Array]:
    """Masks (H, W) of 7 x 7 cells, each left with probability 1/2, enlarged to 8 x 8 and shifted."""
    cell = [math.ceil(length / 7) for length in size]
    cells, shifts = np.random.default_rng((seed, 0)), np.random.default_rng((seed, 1))
    found = []
    for _ in range(count):
        kept = np.array([[1.0 if cells.random() < 0.5 else 0.0 for _ in range(7)] for _ in range(7)])
        top, left = (int(shifts.random() * one) for one in cell)
        large = resize_fast(kept, (8 * cell[0], 8 * cell[1]))
        found.append(large[top : top + size[0], left : left + size[1]])
    return found


def rise(score: Score, x: Array, masks: list[Array], centred: bool = False) -> tuple[Array, float]:
    """1 / (N p) sum over i of s(x M_i) M_i; and its largest standard error over its largest value.

    `centred` scores count by how they differ from their mean.
    """
    scores = [score(x * mask[:, :, None]) for mask in masks]
    middle = sum(scores) / len(scores) if centred else 0.0
    found, errors = np.zeros((2, *x.shape[:2]))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            each = [(s - middle) * mask[i, j] / 0.5 for s, mask in zip(scores, masks, strict=True)]
            found[i, j] = sum(each) / len(each)
            errors[i, j] = statistics.stdev(each) / math.sqrt(len(each))
    return found, float(errors.max() / np.abs(found).max())
