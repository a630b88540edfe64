"""Loops over frames, as recurrent convolutions run them: a list of frames that is read and another written.

What a loop does with one frame tells where the frames of its outputs lie.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import PLANES, Layout, axis_of
from xai_cam.models.traced.rules import Layouts
from xai_cam.models.traced.values import Values

LOOPS = ("While", "StatelessWhile")
"""Operations that run the function `body` again and again, each time on what it gave before."""


def as_list(_operation: Any, layouts: Layouts, _values: Values) -> Layout | None:
    """A stack of frames as a list."""
    return layouts[0]


def as_stack(operation: Any, layouts: Layouts, _values: Values) -> Layout | None:
    """A list of frames as a stack; a single one, as of the last state of all, has what is left of all."""
    frames, count = layouts[0], operation.outputs[0].shape[0]
    if frames is None or count != 1:
        return frames
    return replace(frames, axes=((), *frames.axes[1:]))


def item(_operation: Any, layouts: Layouts, _values: Values) -> Layout | None:
    """One of a list: which one, is another each time, so that it keeps the planes of all."""
    frames = layouts[0]
    return None if frames is None else replace(frames, axes=frames.axes[1:])


def with_item(_operation: Any, layouts: Layouts, _values: Values) -> Layout | None:
    """A list in which one item is set: all lie as that one, each in its own plane."""
    one = layouts[2]
    if one is None or one.planes is None:
        return layouts[0]
    return replace(one, axes=(axis_of(PLANES, one.planes.cells), *one.axes))
