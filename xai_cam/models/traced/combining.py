"""Operations that put several tensors together: sums, products, concatenations, matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import OTHER, PLANES, Axis, Extent, Layout, Part, axis_of, other, runs, ways
from xai_cam.models.traced.rules import Layouts, by_shape, einsum_letters, shape_behind
from xai_cam.models.traced.values import Values

APART = "parts of the picture that do not cover each other are put together"


def broadcast(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    given = [layout for layout in layouts if layout and layout.spatial]
    shape = shape_behind(operation, layouts) or max((layout.shape for layout in given), key=len)
    given = _of_one_fineness(given)
    axes = []
    for back in range(len(shape), 0, -1):
        at = [layout.axes[-back] for layout in given if len(layout.axes) >= back]
        axes.append(next((axis for axis in at if runs(axis)), other(shape[-back])))
    return _aligned(given, axes)


def _of_one_fineness(given: list[Layout]) -> list[Layout]:
    """The layouts, with repeated places as cells of their own where they meet others."""
    return given if len(given) < 2 else [layout.refined() for layout in given]


def _aligned(given: Sequence[Layout], axes: Sequence[Axis]) -> Layout:
    """`_together` for tensors whose axes lie over each other: rows over columns are a doubt, too."""
    found = _together(given, axes)
    pairs = [pair for layout in given for pair in zip(axes[::-1], layout.axes[::-1], strict=False)]
    crossed = any(runs(its) and ways(its) != ways(mine) for mine, its in pairs)
    return found.doubted(APART) if crossed else found


def _together(given: Sequence[Layout], axes: Sequence[Axis]) -> Layout:
    """One layout for what several have put together, with a doubt where they lie in different places."""
    first = max(given, key=_spread)
    for layout in given:
        for along in first.directions:
            mine, its = first.extent(along), layout.extent(along)
            if its.cells > 1 and (
                mine.rolled != its.rolled or mine.apart(its) > max(abs(mine.step), abs(its.step)) * 1.01
            ):
                first = first.doubted(APART)
    doubt = next((layout.doubt for layout in given if layout.doubt), "")
    found = replace(first, axes=tuple(axes))
    return found.doubted(doubt) if doubt else found


def _spread(layout: Layout) -> tuple[bool, int]:
    """Of several, the one that runs over most places is followed, the first of equal ones."""
    places = [part.size for axis in layout.axes for part in axis if part.spatial]
    return len(places) > 1, sum(places)


def concat(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    place = 0 if operation.type == "Concat" else len(operation.inputs) - 1
    laid = [layout.refined() if layout else None for layout in layouts]
    parts = [(one, laid[i]) for i, one in enumerate(operation.inputs) if i != place]
    given = [layout for _, layout in parts if layout and layout.spatial]
    axis = values.ints(operation.inputs[place])
    shapes = [layout.shape if layout else values.shape(one) for one, layout in parts]
    if axis is None or any(shape is None for shape in shapes):
        return None
    at = axis[0] % len(given[0].axes)
    sizes = [shape[at] for shape in shapes if shape is not None]
    spatial = [i for i, (_, layout) in enumerate(parts) if layout and runs(layout.axes[at])]
    if not spatial:
        axes = [_broadest(given, i) for i in range(len(given[0].axes))]
        return _aligned(given, [*axes[:at], other(sum(sizes)), *axes[at + 1 :]])
    if len(spatial) > 1:
        return by_shape(operation, layouts)
    only = spatial[0]
    layout = parts[only][1]
    return extended(layout, at, sum(sizes[:only]), sum(sizes[only + 1 :])) if layout else None


def _broadest(given: Sequence[Layout], axis: int) -> Axis:
    return max((layout.axes[axis] for layout in given), key=runs)


def extended(layout: Layout, at: int, before: int, after: int) -> Layout | None:
    """With so many numbers more along an axis: a border of the picture, or tokens that lie nowhere."""
    if not before and not after:
        return layout
    layout = layout.refined()
    along, size = layout.whole(at), layout.shape[at]
    axes = list(layout.axes)
    if along:
        old = layout.extent(along)
        if old.cells != size:
            return None
        axes[at] = (Part(along, size + before + after),)
        found = replace(layout, axes=tuple(axes)).cut(along, -before, size + after, size + before + after)
        return found.with_extent(along, replace(found.extent(along), unpadded=old))
    inner, first = layout.axes[at], before
    if len(inner) == 1 and inner[0].grid:  # others stand among these tokens already
        inner, first = inner[0].grid, before + inner[0].before
    elif any(part.grid for part in inner):
        return None
    axes[at] = (Part(OTHER, size + before + after, grid=inner, before=first),)
    return replace(layout, axes=tuple(axes)).settled()


def pack(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    planes = _one_behind_the_other(layouts)
    if planes is not None and layouts[0] is not None:
        found, at = layouts[0], operation.get_attr("axis") % (len(layouts[0].axes) + 1)
        axes = (*found.axes[:at], axis_of(PLANES, planes.cells), *found.axes[at:])
        return replace(found, axes=axes, planes=planes)
    given = _of_one_fineness([layout for layout in layouts if layout and layout.spatial])
    found = _aligned(given, [_broadest(given, i) for i in range(len(given[0].axes))])
    at = operation.get_attr("axis") % (len(found.axes) + 1)
    return replace(found, axes=(*found.axes[:at], other(len(operation.inputs)), *found.axes[at:]))


def _one_behind_the_other(layouts: Layouts) -> Extent | None:
    """What single planes of a volume cover together that differ in nothing but their place in it."""
    given = [layout.planes for layout in layouts if layout and layout.planes]
    if len(given) < max(len(layouts), 2) or any(planes.cells != 1 for planes in given):
        return None
    alike = {replace(layout, planes=None) for layout in layouts if layout}
    first, last, count = given[0], given[-1], len(given)
    whole = Extent(first.start, last.stop, count, exact=first.exact)
    apart = max(planes.apart(whole.cut(i, i + 1, 1)) for i, planes in enumerate(given))
    return whole if len(alike) == 1 and apart < abs(whole.step) / 100 else None


def matmul(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    shape = shape_behind(operation, layouts)
    if shape is None:
        return None
    names = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
    turned = [operation.get_attr(name) for name in names]
    first, second = (
        _turned(layout.axes, turn) if layout and layout.spatial else ()
        for layout, turn in zip(layouts[:2], turned, strict=True)
    )
    found = [other(size) for size in shape]
    for side in (second, first):
        for back in range(3, len(side) + 1):
            if runs(side[-back]):
                found[-back] = side[-back]
    found[-2] = first[-2] if first else found[-2]
    found[-1] = second[-1] if second else found[-1]
    return _together([layout for layout in layouts[:2] if layout and layout.spatial], found)


def _turned(axes: tuple[Axis, ...], turn: bool) -> tuple[Axis, ...]:
    return (*axes[:-2], axes[-1], axes[-2]) if turn else axes


def einsum(operation: Any, layouts: Layouts, _: Values) -> Layout | None:
    shape = shape_behind(operation, layouts)
    if shape is None:
        return None
    inputs, output = einsum_letters(operation)
    axes = [other(size) for size in shape]
    for letters, layout in [*zip(inputs, layouts, strict=True)][::-1]:
        for letter, axis in zip(letters, layout.axes if layout else (), strict=False):
            if letter in output and runs(axis):
                axes[output.index(letter)] = axis
    return _together([layout for layout in layouts if layout and layout.spatial], axes)
