"""Operations that only regroup numbers, repeat them, or sum them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import OTHER, Layout, Part, joined, reshaped, runs
from xai_cam.models.traced.rules import Layouts, shape_behind
from xai_cam.models.traced.values import Values


def reshape(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    layout, shape = layouts[0], shape_behind(operation, layouts)
    return None if layout is None or shape is None else reshaped(layout, shape)


def squeezed(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    """`Squeeze` and `ExpandDims`, which say no more than `Reshape` and keep a padding."""
    layout, shape = layouts[0], shape_behind(operation, layouts)
    found = None if layout is None or shape is None else reshaped(layout, shape)
    return None if found is None or layout is None else found.with_extents_of(layout)


def transpose(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, order = layouts[0], values.ints(operation.inputs[1])
    if layout is None or order is None:
        return None
    return replace(layout, axes=tuple(layout.axes[axis] for axis in order))


def tile(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, counts = layouts[0], values.ints(operation.inputs[1])
    if layout is None or counts is None:
        return None
    axes = []
    for axis, count in zip(layout.axes, counts, strict=True):
        if count > 1 and runs(axis):
            return None
        axes.append(joined([*axis, Part(OTHER, count)]))
    return replace(layout, axes=tuple(axes))


def reduce(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, axes = layouts[0], values.ints(operation.inputs[1])
    if layout is None or axes is None:
        return None
    gone = {axis % len(layout.axes) for axis in axes}
    if operation.get_attr("keep_dims"):
        kept = [() if i in gone else axis for i, axis in enumerate(layout.axes)]
    else:
        kept = [axis for i, axis in enumerate(layout.axes) if i not in gone]
    return replace(layout, axes=tuple(kept))
