"""What all rules for operations share: the shape of a tensor, and a guess where nothing else is known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import Layout, axis_of, other
from xai_cam.models.traced.values import Values

Layouts = Sequence[Layout | None]

Found = Layout | list[Layout | None] | None

Move = Callable[[Any, Layouts, Values], Found]
"""(operation, layouts of its inputs, values) -> layout of its first output, or of each; None: nowhere."""

REGROUPING = ("Reshape", "Squeeze", "ExpandDims")
"""Operations that keep all numbers in their order."""


def shape_behind(operation: Any, layouts: Layouts) -> tuple[int, ...] | None:
    """The shape of an operation's first output; None where it is unknown.

    A function that the graph calls may leave the number of images open: its input tells it.
    """
    shape = operation.outputs[0].shape
    if shape.rank is None or shape.is_fully_defined():
        return None if shape.rank is None else tuple(shape)
    sizes, layout = list(shape), first_spatial(layouts)
    if operation.type in REGROUPING and sizes.count(None) == 1:
        at = sizes.index(None)
        sizes[at] = math.prod(layout.shape) // math.prod(size for size in sizes if size is not None)
    elif sizes[0] is None and len(sizes) == len(layout.axes):
        sizes[0] = layout.shape[0]
    return None if None in sizes else tuple(sizes)


def first_spatial(layouts: Layouts) -> Layout:
    """Of the inputs the first that runs over places of the picture."""
    return next(layout for layout in layouts if layout and layout.spatial)


def by_shape(operation: Any, layouts: Layouts) -> Layout | None:
    """For an operation of which nothing is known: a stack of maps is taken to lie as before."""
    layout, shape = first_spatial(layouts), shape_behind(operation, layouts)
    rank = 2 + len(layout.directions)
    if shape is None or len(shape) != rank or len(layout.axes) != rank:
        return None
    axes = [axis for axis in range(rank) if layout.whole(axis)]
    if len(axes) != len(layout.directions):
        return None
    return resampled(layout, shape, axes).doubted(words_of(operation.type))


def einsum_letters(operation: Any) -> tuple[list[list[str]], list[str]]:
    """What stands for each axis of each input of an `Einsum`, and of its output.

    Axes under an ellipsis have numbers, from the last one on.
    """
    inputs, _, output = operation.get_attr("equation").decode().replace(" ", "").partition("->")
    terms = zip(inputs.split(","), operation.inputs, strict=True)
    return [_spelled(term, one.shape.rank or 0) for term, one in terms], _spelled(
        output, operation.outputs[0].shape.rank or 0
    )


def _spelled(term: str, rank: int) -> list[str]:
    head, dots, tail = term.partition("...")
    hidden = range(rank - len(head) - len(tail), 0, -1) if dots else ()
    return [*head, *(str(number) for number in hidden), *tail]


def words_of(kind: str) -> str:
    """`ImageProjectiveTransformV3` -> `image projective transform`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"V\d$", "", kind)).lower()


def resampled(layout: Layout, shape: Sequence[int], axes: Sequence[int]) -> Layout:
    """The same part of the picture on other numbers of cells along some axes, other numbers elsewhere."""
    found = layout.settled()
    new = [found.axes[i] if found.shape[i] == size else other(size) for i, size in enumerate(shape)]
    for axis in axes:
        along = layout.axes[axis][0].along
        new[axis] = axis_of(along, shape[axis])
        found = found.with_extent(along, found.extent(along).resampled(shape[axis]))
    return replace(found, axes=tuple(new))
