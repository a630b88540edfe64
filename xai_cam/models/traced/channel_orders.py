"""Slices, stacks and other shapes of a tensor that is a sum over the channels of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from xai_cam.models.traced.affine import MIXED, Affine
from xai_cam.models.traced.values import Values

Found = Affine | list[Affine | None] | None


def _reshape(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x, shape = inputs[0], values.shape(operation.outputs[0])
    if x is None or shape is None or x.axis == MIXED:
        return x
    before = values.shape(operation.inputs[0])
    count = len(x.offset)
    if before is None:
        return None
    behind = int(np.prod(before[x.axis + 1 :]))
    for axis, size in enumerate(shape):
        if size == count and int(np.prod(shape[axis + 1 :])) == behind:
            return x.moved(axis, len(shape))
    return x.moved(MIXED, len(shape))


def _transpose(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x, order = inputs[0], values.ints(operation.inputs[1])
    if x is None or order is None:
        return None
    return x if x.axis == MIXED else x.moved(order.index(x.axis), x.rank)


def _sliced(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    """`StridedSlice` and `Slice`: of places nothing is to be said, of channels some are taken."""
    x, shape = inputs[0], values.shape(operation.inputs[0])
    if x is None or shape is None or x.axis == MIXED:
        return x
    numbers = np.zeros(shape, np.int64) + np.arange(shape[x.axis]).reshape(
        [-1 if axis == x.axis else 1 for axis in range(x.rank)]
    )
    taken = values.run(operation, numbers)
    if taken is None or not taken.size:
        return None
    return _arranged(x, taken)


def _arranged(x: Affine, numbers: np.ndarray) -> Affine | None:
    """Channels by their numbers as they lie in a tensor: along one of its axes, or one channel everywhere."""
    if (numbers == numbers.flat[0]).all():
        return x.taken([numbers.flat[0]]).moved(x.axis if numbers.ndim == x.rank else MIXED, numbers.ndim)
    for axis, size in enumerate(numbers.shape):
        line = np.moveaxis(numbers, axis, 0).reshape(size, -1)
        if size > 1 and (line == line[:, :1]).all():
            return x.taken(line[:, 0]).moved(axis, numbers.ndim)
    return None


def _reversed(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x, axes = inputs[0], values.ints(operation.inputs[1])
    if x is None or axes is None:
        return None
    turned = x.axis != MIXED and x.axis in [axis % x.rank for axis in axes]
    return x.taken(slice(None, None, -1)) if turned else x


def _gathered(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x, indices, axis = inputs[0], values.find(operation.inputs[1]), values.ints(operation.inputs[2])
    if x is None or indices is None or axis is None or x.axis == MIXED or indices.ndim > 1:
        return None
    if axis[0] % x.rank != x.axis:
        gone = indices.ndim == 0
        return x.moved(x.axis - (gone and axis[0] % x.rank < x.axis), x.rank - gone)
    return x.taken(np.atleast_1d(indices.astype(int))).moved(x.axis if indices.ndim else MIXED, x.rank)


def _split(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x = next(one for one in inputs if one is not None)
    axis = values.ints(operation.inputs[0 if operation.type == "Split" else 2])
    if axis is None or x.axis == MIXED or axis[0] % x.rank != x.axis:
        return [x] * len(operation.outputs)
    sizes = [int(one.shape[x.axis]) for one in operation.outputs]
    ends = np.cumsum([0, *sizes])
    return [x.taken(slice(low, high)) for low, high in pairwise(ends)]


def _unpacked(operation: Any, inputs: Sequence[Affine | None], _: Values) -> Found:
    x = inputs[0]
    if x is None or x.axis == MIXED or operation.get_attr("axis") % x.rank != x.axis:
        return None
    return [x.taken([i]).moved(x.rank - 2, x.rank - 1) for i in range(len(x.offset))]


def _stacked(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    """Channels put side by side again."""
    parts = [one for one in inputs if one is not None]
    if operation.type == "Pack":
        if len(parts) < len(operation.inputs) or any(len(one.offset) > 1 for one in parts):
            return None
        rank = len(operation.outputs[0].shape)
        axis = operation.get_attr("axis") % rank
    else:
        rank, known = parts[0].rank, values.ints(operation.inputs[-1])
        axis = known[0] % rank if known else MIXED
        if len(parts) < len(operation.inputs) - 1 or axis != parts[0].axis:
            return parts[0] if axis not in (MIXED, parts[0].axis) else None
    return replace(
        parts[0],
        matrix=np.concatenate([one.matrix for one in parts]),
        offset=np.concatenate([one.offset for one in parts]),
        steps=tuple(dict.fromkeys(step for one in parts for step in one.steps)),
        axis=axis,
        rank=rank,
    )


def _repeated(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    x, counts = inputs[0], values.ints(operation.inputs[1])
    if x is None or counts is None or x.axis == MIXED:
        return None
    return x.taken(np.tile(np.arange(len(x.offset)), counts[x.axis]))


def _averaged(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    """The mean or the sum over the channels, as for grey; over places it is no matter of pixels any more."""
    x, axes = inputs[0], values.ints(operation.inputs[1])
    if x is None or axes is None or x.axis == MIXED or [axis % x.rank for axis in axes] != [x.axis]:
        return None
    weight = 1 if operation.type == "Sum" else 1 / len(x.offset)
    summed = x.changed(
        operation, weight * x.matrix.sum(0, keepdims=True), weight * x.offset.sum(keepdims=True)
    )
    keeps = operation.get_attr("keep_dims")
    return summed if keeps else summed.moved(MIXED, x.rank - 1)


REGROUPING: dict[str, Any] = {
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims"), _reshape),
    "Transpose": _transpose,
    **dict.fromkeys(("StridedSlice", "Slice"), _sliced),
    "ReverseV2": _reversed,
    "GatherV2": _gathered,
    **dict.fromkeys(("Split", "SplitV"), _split),
    "Unpack": _unpacked,
    **dict.fromkeys(("Pack", "ConcatV2"), _stacked),
    "Tile": _repeated,
    **dict.fromkeys(("Mean", "Sum"), _averaged),
}
