"""Convolutions, poolings and resizings: the same part of the picture on other numbers of cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import Layout, axis_of, other, runs
from xai_cam.models.traced.rules import Layouts, Move, resampled, shape_behind
from xai_cam.models.traced.values import Values


def window(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, shape = layouts[0], shape_behind(operation, layouts)
    if layout is None or shape is None or len(layout.axes) != len(shape):
        return None
    first, last = operation.get_attr("data_format").startswith(b"NC"), len(shape) - 1
    axes = range(2, last + 1) if first else range(1, last)
    kernel = _kernel(operation, axes, values)
    strides = (
        _numbers(operation, 2, values) if operation.type == "MaxPoolV2" else operation.get_attr("strides")
    )
    valid = operation.get_attr("padding") == b"VALID"
    found, new = layout.settled(), list(layout.axes)
    channels = 1 if first else last
    new[channels] = other(shape[channels])
    for axis, size in zip(axes, kernel, strict=True):
        along = layout.whole(axis)
        if along:
            old = layout.extent(along)
            if old.exact and old.cells != layout.shape[axis]:  # each cell was repeated, as in enlarging
                old = old.resampled(layout.shape[axis])
            extent = (
                old.without_padding(size, shape[axis], strides[axis]) if valid else old.resampled(shape[axis])
            )
            found = found.with_extent(along, extent)
            new[axis] = axis_of(along, shape[axis])
        elif layout.shape[axis] != shape[axis]:
            if runs(layout.axes[axis]):
                return None
            new[axis] = other(shape[axis])
    return replace(found, axes=tuple(new))


def _numbers(operation: Any, at: int, values: Values) -> list[int]:
    """Of a pooling that is told its sides and strides as tensors: one of them, for each axis."""
    return values.ints(operation.inputs[at]) or [1] * 4


def _kernel(operation: Any, axes: range, values: Values) -> list[int]:
    """The sides of the window, holes between its cells included."""
    if operation.type in ("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"):
        return [operation.get_attr("ksize")[axis] for axis in axes]
    if operation.type == "MaxPoolV2":
        return _numbers(operation, 1, values)[axes.start : axes.stop]
    dilations = operation.get_attr("dilations")
    sizes = operation.inputs[1].shape[: len(axes)]
    return [((size or 1) - 1) * dilations[axis] + 1 for size, axis in zip(sizes, axes, strict=True)]


def transposed(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    """For transposed convolutions, whose windows reach beyond what they are given unless they are cut."""
    found, before = _scaled(operation, layouts, 2), layouts[2]
    if found is None or before is None or operation.get_attr("padding") != b"VALID":
        return found
    first, last = operation.get_attr("data_format").startswith(b"NC"), len(found.shape) - 1
    axes = range(2, last + 1) if first else range(1, last)
    strides = operation.get_attr("strides")
    for axis, size in zip(axes, _kernel(operation, axes, values), strict=True):
        along = before.whole(axis)
        if along:
            extent = before.extent(along).spread(size, found.shape[axis], strides[axis])
            found = found.with_extent(along, extent)
    return found


def scaled(at: int) -> Move:
    """For operations that bring the whole of an input to another size, or regroup all of it."""

    return lambda operation, layouts, _: _scaled(operation, layouts, at)


def _scaled(operation: Any, layouts: Layouts, at: int = 0) -> Layout | None:
    layout, shape = layouts[at], shape_behind(operation, layouts)
    if layout is None or shape is None or len(shape) != len(layout.axes):
        return None
    axes = [axis for axis in range(1, len(shape)) if layout.whole(axis)]
    moved = [axis for axis in range(1, len(shape)) if layout.shape[axis] != shape[axis]]
    lost = [axis for axis in moved if runs(layout.axes[axis]) and axis not in axes]
    return None if lost else resampled(layout, shape, axes)


def scale_and_translate(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    before, found = layouts[0], _scaled(operation, layouts)
    scale, shift = values.find(operation.inputs[2]), values.find(operation.inputs[3])
    if before is None or found is None or scale is None or shift is None:
        return None
    sizes = zip(before.shape[1:3], found.shape[1:3], strict=True)
    whole = all(abs(one * old - new) < 1 for one, (old, new) in zip(scale, sizes, strict=True))
    return found if whole and not shift.any() else found.doubted("an image is scaled and moved")
