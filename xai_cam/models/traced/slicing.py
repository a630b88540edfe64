"""Slices, paddings and mirrors: another part of the picture, or the same the other way round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

from xai_cam.models.traced.combining import extended
from xai_cam.models.traced.layout import OTHER, PLANES, Axis, Layout, Part, axis_of, other, runs
from xai_cam.models.traced.rules import Found, Layouts, by_shape, shape_behind
from xai_cam.models.traced.values import Values


def strided_slice(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout = layouts[0]
    begin, end, step = (values.ints(one) for one in operation.inputs[1:4])
    if layout is None or begin is None or end is None or step is None:
        return None
    masks = {
        name: operation.get_attr(f"{name}_mask")
        for name in ("begin", "end", "shrink_axis", "new_axis", "ellipsis")
    }
    cuts: list[slice | int | None] = []
    for i, (first, last, by) in enumerate(zip(begin, end, step, strict=True)):
        bit = 1 << i
        if masks["ellipsis"] & bit:
            left = sum(not masks["new_axis"] & 1 << j for j in range(i + 1, len(begin)))
            done = sum(one is not None for one in cuts)
            cuts += [slice(None)] * (len(layout.axes) - done - left)
        elif masks["new_axis"] & bit:
            cuts.append(None)
        elif masks["shrink_axis"] & bit:
            cuts.append(first)
        else:
            cuts.append(
                slice(None if masks["begin"] & bit else first, None if masks["end"] & bit else last, by)
            )
    return _sliced(layout, cuts)


def _sliced(layout: Layout, cuts: Sequence[slice | int | None]) -> Layout | None:
    layout = layout.refined()  # a cut may go through what was repeated
    axes: list[Axis] = []
    waiting = list(range(len(layout.axes)))
    found = layout
    for cut in [*cuts, *[slice(None)] * (len(waiting) - sum(cut is not None for cut in cuts))]:
        if cut is None:
            axes.append(())
            continue
        axis = waiting.pop(0)
        if isinstance(cut, int):
            found = _one_of(found, axis, cut)
            continue
        kept = range(layout.shape[axis])[cut]
        if len(kept) == layout.shape[axis] and kept.step == 1:
            axes.append(layout.axes[axis])
            continue
        taken = _taken(found, axis, kept)
        if taken is None:
            return None
        found, one = taken
        axes.append(one)
    return replace(found, axes=tuple(axes))


def _taken(layout: Layout, axis: int, kept: range) -> tuple[Layout, Axis] | None:
    """The layout and the axis with some of its numbers, at even distances; None where they are no grid."""
    parts, along = layout.axes[axis], layout.whole(axis)
    if not runs(parts):
        return layout, other(len(kept))
    if along and layout.extent(along).cells == layout.shape[axis] and kept:
        return _cut(layout, along, kept), axis_of(along, len(kept))
    if len(parts) == 1 and parts[0].grid:
        before, size = parts[0].before, math.prod(part.size for part in parts[0].grid)
        if kept.step == 1 and kept.start <= before and before + size <= kept.stop:
            alone = Part(OTHER, len(kept), grid=parts[0].grid, before=before - kept.start)
            return layout, parts[0].grid if len(kept) == size else (alone,)
        if not set(kept) & set(range(before, before + size)):
            return layout, other(len(kept))
    return None


def _one_of(layout: Layout, axis: int, place: int) -> Layout:
    """The layout of a single place of an axis, which is left out: what is left of a volume is one plane."""
    along, size = layout.whole(axis), layout.shape[axis]
    if along == PLANES and layout.extent(along).cells == size:
        return _cut(layout, along, range(place % size, place % size + 1))
    return layout


def _cut(layout: Layout, along: str, kept: range) -> Layout:
    """The layout with some of the rows or columns; every second of them, say, still covers the whole."""
    step, low = abs(kept.step), min(kept[0], kept[-1])
    low -= low % step
    high = min(low + step * len(kept), layout.extent(along).cells)
    ends = (low, high) if kept.step > 0 else (high, low)
    return layout.cut(along, *ends, len(kept))


def slice_of(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    """`Slice`; the output's shape says how much of each axis is left."""
    layout, begin, shape = layouts[0], values.ints(operation.inputs[1]), shape_behind(operation, layouts)
    if layout is None or begin is None or shape is None:
        return None
    return _sliced(layout, [slice(first, first + count) for first, count in zip(begin, shape, strict=True)])


def split(operation: Any, layouts: Layouts, values: Values) -> Found:
    place = 0 if operation.type == "Split" else 2
    layout, axis = layouts[1 if operation.type == "Split" else 0], values.ints(operation.inputs[place])
    if layout is None or axis is None:
        return None
    at = axis[0] % len(layout.axes)
    sizes = [one.shape[at] for one in operation.outputs]
    if None in sizes:
        return None
    before = [slice(None)] * at
    ends = pairwise(accumulate(sizes, initial=0))
    return [_sliced(layout, [*before, slice(low, high)]) for low, high in ends]


def unpack(operation: Any, layouts: Layouts, _: Values) -> Found:
    layout = layouts[0]
    if layout is None:
        return None
    at = operation.get_attr("axis") % len(layout.axes)
    left = (*layout.axes[:at], *layout.axes[at + 1 :])
    return [replace(_one_of(layout, at, i), axes=left) for i in range(len(operation.outputs))]


def pad(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, paddings = layouts[0], values.find(operation.inputs[1])
    if layout is None or paddings is None:
        return None
    found: Layout | None = layout
    for axis, (before, after) in enumerate(paddings.astype(int)):
        if found is None:
            return None
        if runs(found.axes[axis]):
            found = extended(found, axis, int(before), int(after))
        elif before or after:
            size = found.shape[axis] + int(before) + int(after)
            found = replace(found, axes=(*found.axes[:axis], other(size), *found.axes[axis + 1 :]))
    return found


def reverse(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, axes = layouts[0], values.ints(operation.inputs[1])
    if layout is None or axes is None:
        return None
    cuts = [
        slice(None, None, -1) if i in axes or i - len(layout.axes) in axes else slice(None)
        for i in range(len(layout.axes))
    ]
    return _sliced(layout, cuts)


def roll(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, shifts, axes = layouts[0], *(values.ints(one) for one in operation.inputs[1:3])
    if layout is None:
        return None
    if shifts is None or axes is None:
        return by_shape(operation, layouts)
    found = layout
    for shift, axis in zip(shifts, axes, strict=True):
        at = axis % len(layout.axes)
        along = found.whole(at)
        if along:
            extent = found.extent(along)
            # Half a cell and less is what the division leaves.
            rolled = round(extent.rolled + shift / found.shape[at], 6) % 1
            found = found.with_extent(along, replace(extent, rolled=rolled))
        elif runs(layout.axes[at]):
            return None
    return found


def gather(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    layout, where = layouts[0], operation.inputs[1].shape
    axis = values.ints(operation.inputs[2]) if len(operation.inputs) > 2 else [0]
    if layout is None or axis is None or not where.is_fully_defined():
        return None
    at = axis[0] % len(layout.axes)
    before, behind = layout.axes[:at], layout.axes[at + 1 :]
    if not runs(layout.axes[at]):
        return replace(layout, axes=(*before, *(other(size) for size in where), *behind))
    indices = values.ints(operation.inputs[1])
    if not indices:
        return None
    if where.rank == 0:
        return replace(_one_of(layout, at, indices[0]), axes=(*before, *behind))
    step = indices[1] - indices[0] if len(indices) > 1 else 1
    kept = range(indices[0], indices[-1] + (1 if step > 0 else -1), step or 1)
    if list(kept) != indices or not step:
        return by_shape(operation, layouts)
    layout = layout.refined()
    taken = _taken(layout, at, kept)
    if taken is None:
        return None
    found, one = taken
    return replace(found, axes=(*before, one, *behind))
