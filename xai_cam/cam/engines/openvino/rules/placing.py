"""Values put where they belong along an axis, with zeros between and around them.

Every side but the number of images is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import tensorflow as tf


def overlaid(shares: Sequence[Any], axis: int, step: int, start: int, length: int) -> Any:
    """The sum of tensors, of which the one at i has its cells at start + i, start + i + step, ...

    Parameters
    ----------
    shares : list of tensors
        All of one shape.
    axis : int
        Not 0.
    step : int
        How far apart the cells of one of them lie.
    start : int
        Where the first cell of the first one lies; it may lie before the beginning, where it is left out.
    length : int
        Cells of the whole; what lies beyond is left out.
    """
    more = -(-len(shares) // step) - 1
    rows = []
    for rest in range(min(step, len(shares))):
        placed = [padded(one, axis, i, more - i) for i, one in enumerate(shares[rest::step])]
        rows.append(reduce(add, placed))
    whole = interleaved(rows, axis, step)
    return padded(whole, axis, start, length - start - whole.shape[axis])


def interleaved(rows: Sequence[Any], axis: int, step: int) -> Any:
    """The first cells of all, then the second ones, …; zeros where rows are missing."""
    if step == 1:
        return rows[0]
    stacked = tf.stack(rows, axis + 1)
    stacked = padded(stacked, axis + 1, 0, step - len(rows))
    sides = list(rows[0].shape[1:])
    sides[axis - 1] *= step
    return tf.reshape(stacked, (-1, *sides))


def padded(values: Any, axis: int, before: int, after: int) -> Any:
    """Zeros before and after, or cells left out where a number is negative."""
    if before < 0 or after < 0:
        cut = [slice(None)] * len(values.shape)
        cut[axis] = slice(max(-before, 0), values.shape[axis] - max(-after, 0))
        values = values[tuple(cut)]
    if before > 0 or after > 0:
        pads = np.zeros((len(values.shape), 2), int)
        pads[axis] = max(before, 0), max(after, 0)
        values = tf.pad(values, pads)
    return values


def along(axis: int, matrix: np.ndarray, values: Any) -> Any:
    """Values with an axis, not 0, multiplied by a matrix."""
    sides = list(values.shape[1:])
    flat = tf.reshape(values, (-1, sides[axis - 1], int(np.prod(sides[axis:]))))
    # The images lie beside each other before the axis.
    product = tf.constant(matrix, values.dtype) @ flat
    sides[axis - 1] = len(matrix)
    return tf.reshape(product, (-1, *sides))
