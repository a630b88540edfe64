"""What gradients ask of shapes: over which axes to sum, and where a part begins in the whole.

A traced function leaves the number of images open. All else is known, and so are the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import tensorflow as tf

Sides = Sequence[int | None]


def shapes(operation: Any, *tensors: Any) -> list[Any]:
    """The shape of each of the tensors."""
    return [tf.shape(tensor, operation.outputs[0].dtype) for tensor in tensors]


def concatenation_offsets(operation: Any, axis: Any, *given: Any) -> list[Any]:
    """Where the parts of a concatenation begin.

    Raises
    ------
    RuntimeError
        The length of a part is open.
    """
    (which,), sides = sides_of(tf.reshape(axis, [1])), [sides_of(shape) for shape in given]
    lengths = [None if which is None else one[which] for one in sides]
    if which is None or None in lengths[:-1]:
        raise RuntimeError("it joins parts of unknown lengths")
    starts = accumulate([length or 0 for length in lengths[:-1]], initial=0)
    rows = [np.zeros(len(sides[0]), int) for _ in given]
    for row, start in zip(rows, starts, strict=True):
        row[which] = start
    return [tf.constant(row, operation.outputs[0].dtype) for row in rows]


def broadcast_axes(operation: Any, first: Any, second: Any) -> list[Any]:
    """The axes along which each of two tensors was repeated to go with the other."""
    axes = repeated_axes(sides_of(first), sides_of(second))
    return [tf.constant(one, operation.outputs[0].dtype) for one in axes]


def total(operation: Any, values: Any, axes: Any) -> Any:
    """A sum; over no axis what is there, which OpenVINO does not take for a sum."""
    known = tf.get_static_value(axes)
    if known is not None and not known.size:
        return values
    return tf.reduce_sum(values, axes, operation.get_attr("keep_dims"))


def repeated_axes(first: Sides, second: Sides) -> tuple[list[int], list[int]]:
    """The same of sides; None is an open one: the number of images, the same for both.

    Raises
    ------
    RuntimeError
        It depends on an open side.
    """
    rank = max(len(first), len(second))
    padded = [[*[1] * (rank - len(sides)), *sides] for sides in (first, second)]
    repeated: tuple[list[int], list[int]] = [], []
    for axis, (one, other) in enumerate(zip(*padded, strict=True)):
        if one == other:
            continue
        if 1 not in (one, other):
            raise RuntimeError(f"what is repeated depends on sides of {one} and {other}")
        repeated[0 if one == 1 else 1].append(axis)
    return repeated


def sides_of(shape: Any) -> list[int | None]:
    """The sides that a tensor of whole numbers says, None where it is open.

    Raises
    ------
    RuntimeError
        Not even their number is known.
    """
    # TensorFlow knows what a tensor's value says of a shape, and tells it by the shape of what is so made.
    found = tf.fill(shape, False).shape
    if found.rank is None:
        raise RuntimeError("the number of axes is not known")
    return list(found)


def static_sides(tensor: Any) -> list[int]:
    """All sides of a tensor but the first.

    Raises
    ------
    RuntimeError
        Some are open.
    """
    sides = tensor.shape[1:]
    if not sides.is_fully_defined():
        raise RuntimeError(f"the shape {tensor.shape} is open")
    return list(sides)


def known_value(tensor: Any) -> np.ndarray:
    value = tf.get_static_value(tensor)
    if value is None:
        raise RuntimeError(f"the value of {tensor.op.type} is not known")
    return np.asarray(value)
