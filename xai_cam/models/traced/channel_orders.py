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
    before = values.shape(operation.inputs[0])
    if x is None or shape is None or before is None:
        return None
    if x.axis == MIXED:
        return x.moved(MIXED, len(shape))
    count = len(x.offset)
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
    if x is None or shape is None:
        return None
    if x.axis == MIXED:
        return x.moved(MIXED, len(operation.outputs[0].shape))
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
    taken = x.taken(np.atleast_1d(indices.astype(int)))
    return taken if indices.ndim else taken.moved(MIXED, x.rank - 1)


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
    return [x.taken([i]).moved(MIXED, x.rank - 1) for i in range(len(x.offset))]


def _packed(operation: Any, inputs: Sequence[Affine | None], _: Values) -> Found:
    parts = [one for one in inputs if one is not None and len(one.offset) == 1]
    rank = len(operation.outputs[0].shape)
    return _joined(parts, operation.get_attr("axis") % rank, rank) if len(parts) == len(inputs) else None


def _concatenated(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    """Channels put side by side again; or parts of the picture, all alike, and its borders."""
    known, rank = values.ints(operation.inputs[-1]), len(operation.outputs[0].shape)
    if known is None:
        return None
    axis, parts = known[0] % rank, [one for one in inputs if one is not None]
    given = zip(inputs[:-1], operation.inputs, strict=False)
    if all(one and one.axis in (MIXED, axis) and len(one.offset) == x.shape[axis] for one, x in given):
        return _joined(parts, axis, rank)
    return parts[0] if axis != parts[0].axis and all(_alike(parts[0], one) for one in parts) else None


def _joined(parts: Sequence[Affine], axis: int, rank: int) -> Affine:
    return replace(
        parts[0],
        matrix=np.concatenate([one.matrix for one in parts]),
        offset=np.concatenate([one.offset for one in parts]),
        steps=tuple(dict.fromkeys(step for one in parts for step in one.steps)),
        axis=axis,
        rank=rank,
    )


def _alike(first: Affine, other: Affine) -> bool:
    """Whether two tensors are the same sums, of pixels that may lie in different places."""
    return (
        first.axis == other.axis
        and first.matrix.shape == other.matrix.shape
        and np.allclose(first.matrix, other.matrix)
        and np.allclose(first.offset, other.offset)
    )


def _padded(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Found:
    """A border of the picture is no matter of pixels; channels of zeros may be added, too."""
    x, paddings = inputs[0], values.ints(operation.inputs[1])
    if x is None or paddings is None or x.axis == MIXED:
        return x
    added = tuple(paddings[2 * x.axis : 2 * x.axis + 2])
    if not any(added):
        return x
    if operation.type != "Pad":
        return None
    return replace(x, matrix=np.pad(x.matrix, (added, (0, 0))), offset=np.pad(x.offset, added))


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
    "Pack": _packed,
    "ConcatV2": _concatenated,
    "Tile": _repeated,
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _padded),
    **dict.fromkeys(("Mean", "Sum"), _averaged),
}
