"""What all rules for operations share: the shape of a tensor, and a guess where nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import Layout, Part, other
from xai_cam.models.traced.values import Values

Layouts = Sequence[Layout | None]

Move = Callable[[Any, Layouts, Values], Layout | None]
"""(operation, layouts of its inputs, values) -> layout of its first output; None where it lies nowhere."""


def shape_of(tensor: Any) -> tuple[int, ...] | None:
    """A tensor's shape; None where a side is unknown."""
    return tuple(tensor.shape) if tensor.shape.is_fully_defined() else None


def first_spatial(layouts: Layouts) -> Layout:
    return next(layout for layout in layouts if layout and layout.spatial)


def by_shape(operation: Any, layouts: Layouts) -> Layout | None:
    """For an operation of which nothing is known: a stack of maps is taken to lie as before."""
    layout, shape = first_spatial(layouts), shape_of(operation.outputs[0])
    if shape is None or len(shape) != 4 or len(layout.axes) != 4:
        return None
    axes = [axis for axis in range(4) if layout.whole(axis)]
    if len(axes) != 2:
        return None
    return resampled(layout, shape, axes).doubted(_words(operation.type))


def _words(kind: str) -> str:
    """`ImageProjectiveTransformV3` -> `image projective transform`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"V\d$", "", kind)).lower()


def resampled(layout: Layout, shape: Sequence[int], axes: Sequence[int]) -> Layout:
    """The same part of the picture on other numbers of cells along some axes, other numbers elsewhere."""
    found = layout.settled()
    new = [found.axes[i] if found.shape[i] == size else other(size) for i, size in enumerate(shape)]
    for axis in axes:
        along = layout.axes[axis][0].along
        new[axis] = (Part(along, shape[axis]),) if shape[axis] > 1 else ()
        found = found.with_extent(along, found.extent(along).resampled(shape[axis]))
    return replace(found, axes=tuple(new))
