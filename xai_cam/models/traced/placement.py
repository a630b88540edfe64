"""Where the maps of a layer lie: in the tensor that the layer puts out, and in the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_cam.images.picture import Region
from xai_cam.models.traced.layout import DIRECTIONS, OTHER, PLANES, Axis, Layout, Part, other


@dataclass(frozen=True)
class Placement:
    """How the output of a layer is read as a stack of maps, and which part of the input these cover.

    Attributes
    ----------
    shape : (int, int, int), or (int, int, int, int) for volumes
        Planes (of volumes), rows, columns and channels of the stack.
    order : tuple of int
        The axes of the output that are these; of tokens: of their grid.
    top, left, bottom, right : float
        What the maps cover of the input, in its pixels: outside of it where it was padded, and the other
        way round where it was mirrored.
    tokens : (int, int, int), or (int, int, int, int) for volumes, optional
        Of tokens: how many stand before the grid, and its sides in the order of the tokens.
    doubt : str
        What may have moved the maps in an unknown manner.
    front, back : float, optional
        The planes of a volume that they cover.
    folded : int, optional
        Planes that stand behind each other along the axis of the images, as the frames of a film do inside
        of a `TimeDistributed`; 1 where the maps of a volume have no planes, as behind a mean over them.
    """

    shape: tuple[int, ...]
    order: tuple[int, ...]
    top: float
    left: float
    bottom: float
    right: float
    tokens: tuple[int, ...] | None = None
    doubt: str = ""
    front: float | None = None
    back: float | None = None
    folded: int | None = None

    @property
    def region(self) -> Region:
        """What the maps cover of the input, in its pixels."""
        return Region(self.top, self.left, self.bottom, self.right, self.front, self.back)

    def part(self, size: Sequence[int]) -> Region | None:
        """What the maps cover of an input of that size, in shares of its sides; None: all of it."""
        both = zip(self.region.spans, size, strict=True)
        shares = [(first / side, last / side) for (first, last), side in both]
        return None if all(one == (0, 1) for one in shares) else Region.of(shares)

    @property
    def plain(self) -> bool:
        """Whether the output is (n, h, w, k), or (n, d, h, w, k), as it is."""
        in_order = self.order == tuple(range(1, len(self.shape) + 1))
        return in_order and self.tokens is None and self.folded is None

    def maps(self, output: np.ndarray) -> np.ndarray:
        """(…, n, [d,] h, w, k) maps in what the layer put out, (…, n, *its shape)."""
        if self.plain:
            return output
        if self.tokens:
            before, *sides = self.tokens
            grid = output[..., before : before + math.prod(sides), :]
            output = grid.reshape(*grid.shape[:-2], *sides, grid.shape[-1])
        lead = output.ndim - 1 - len(self.shape)
        if self.folded:
            lead += 1
            output = output.reshape(*output.shape[:lead], -1, self.folded, *output.shape[lead + 1 :])
        return np.ascontiguousarray(output.transpose(*range(lead + 1), *(lead + axis for axis in self.order)))

    def laid_out(self, output: Any) -> Any:
        """The same as a tensor, of an output (n, *its shape)."""
        import tensorflow as tf

        if self.plain:
            return output
        if self.tokens:
            before, *sides = self.tokens
            grid = output[:, before : before + math.prod(sides)]
            output = tf.reshape(grid, (tf.shape(output)[0], *sides, self.shape[-1]))
        if self.folded:
            output = tf.reshape(output, (-1, self.folded, *output.shape[1:]))
        return tf.transpose(output, (0, *self.order))

    def restored(self, maps: Any, output: Any) -> Any:
        """An output like `output` (n, …) with the maps (n, h, w, k) in their place, as a tensor."""
        import tensorflow as tf

        if self.plain:
            return tf.cast(tf.ensure_shape(maps, output.shape), output.dtype)
        back = [0, *(1 + place for place in np.argsort(self.order))]
        laid = tf.cast(tf.transpose(maps, back), output.dtype)
        if self.folded:
            sides = [self.shape[place] for place in np.argsort(self.order)]
            laid = tf.reshape(laid, (-1, *sides[1:]))
        if not self.tokens:
            return tf.ensure_shape(laid, output.shape)
        before, *sides = self.tokens
        size = math.prod(sides)
        grid = tf.reshape(laid, (tf.shape(output)[0], size, self.shape[-1]))
        return tf.ensure_shape(
            tf.concat([output[:, :before], grid, output[:, before + size :]], 1), output.shape
        )


def placement_of(layout: Layout | None, tokens: bool = True) -> Placement | None:
    """How a tensor of that layout is read as maps larger than 1 x 1; None where it holds none.

    Parameters
    ----------
    layout : Layout or None
        Of the tensor.
    tokens : bool
        Whether tokens that form a grid count, too.
    """
    if layout is None or layout.lost:
        return None
    folded = _folded(layout)
    if folded is None and any(part.spatial for part in layout.axes[0]):
        return None
    found = _stack(layout, folded)
    if found is None and tokens and len(layout.axes) == 3:
        found = _tokens(layout, folded)
    return found if found and found.shape[-3] * found.shape[-2] > 1 else None


def exactly(found: Placement, exact: Placement | None) -> Placement:
    """The placement of an output with the sides that count what windows without padding leave out.

    What was resized to another size was stretched over the whole of the input on purpose, so that it keeps
    its sides: its cells are then no whole number of pixels.
    """
    if exact is None or exact.doubt or exact.shape != found.shape:
        return found
    spans = []
    for old, new, cells in zip(found.region.spans, exact.region.spans, found.shape[:-1], strict=True):
        step = abs(new[1] - new[0]) / cells
        whole = max(step, 1 / step)
        inside = min(old) - 1e-6 <= min(new) and max(new) <= max(old) + 1e-6
        spans.append(new if inside and abs(whole - round(whole)) < 1e-6 else old)
    return replace(found, **vars(Region.of(spans)))


def _folded(layout: Layout) -> int | None:
    """The planes along the axis of the images, or 1 where a volume has them nowhere; None: neither."""
    if layout.planes is None:
        return None
    *images, last = layout.axes[0] or (Part(OTHER, 1),)
    if last.along == PLANES:
        return last.size if _complete(layout, last) and not any(part.spatial for part in images) else None
    anywhere = any(_holds_planes(axis) for axis in layout.axes)
    return None if anywhere or len(layout.axes) > len(DIRECTIONS) + 1 else 1


def _holds_planes(axis: Axis) -> bool:
    return any(part.along == PLANES or _holds_planes(part.grid) for part in axis)


def _stack(layout: Layout, folded: int | None) -> Placement | None:
    wanted = layout.directions[1:] if folded else layout.directions
    rank = len(wanted) + 2
    if len(layout.axes) != rank:
        return None
    for channels in (rank - 1, 1):
        sides = [axis for axis in range(1, rank) if axis != channels]
        kinds = _kinds(layout, sides, wanted)
        if sorted(kinds) == sorted(wanted) and not any(part.spatial for part in layout.axes[channels]):
            order = [sides[kinds.index(along)] for along in wanted] + [channels]
            return _placed(layout, [layout.shape[axis] for axis in order], order, folded)
    return None


def _kinds(layout: Layout, sides: Sequence[int], wanted: Sequence[str]) -> list[str]:
    """What each of the sides runs along; none where nothing tells it."""
    kinds = [layout.whole(axis) for axis in sides]
    if not any(kinds):
        return []
    missing = [along for along in wanted if along not in kinds]
    for i, axis in enumerate(sides):  # an axis of a single cell says nothing by itself
        if not kinds[i] and layout.shape[axis] == 1 and missing and layout.extent(missing[0]).cells == 1:
            kinds[i] = missing.pop(0)
    return kinds


def _tokens(layout: Layout, folded: int | None) -> Placement | None:
    parts, before = layout.axes[1], 0
    if len(parts) == 1 and parts[0].grid:
        parts, before = parts[0].grid, parts[0].before
    wanted = layout.directions[1:] if folded else layout.directions
    kinds = [part.along for part in parts]
    if (
        sorted(kinds) != sorted(wanted)
        or any(part.spatial for part in layout.axes[2])
        or not all(_complete(layout, p) for p in parts)
    ):
        return None
    places = [kinds.index(along) for along in wanted]
    shape = [*(parts[place].size for place in places), layout.shape[2]]
    order = [*(place + 1 for place in places), len(parts) + 1]
    return replace(_placed(layout, shape, order, folded), tokens=(before, *(part.size for part in parts)))


def _complete(layout: Layout, part: Part) -> bool:
    return (
        part.spatial and not part.grid and part.stride == 1 and part.size == layout.extent(part.along).cells
    )


def _placed(layout: Layout, shape: Sequence[int], order: Sequence[int], folded: int | None) -> Placement:
    """The placement of a stack of that shape, to which folded planes are added."""
    extents = [layout.extent(along) for along in layout.directions]
    covered = Region.of([(extent.start, extent.stop) for extent in extents])
    doubt = layout.doubt or ("roll" if any(extent.rolled for extent in extents) else "")
    if folded:
        shape, order = [folded, *shape], [1, *(axis + 1 for axis in order)]
    return Placement(tuple(shape), tuple(order), **vars(covered), doubt=doubt, folded=folded)


def token_layout(image: Layout, shape: tuple[int, ...], grid: Sequence[int]) -> Layout | None:
    """The layout of a tensor (n, tokens, k) that a caller says to be a grid, others standing before it."""
    size = math.prod(grid)
    if len(shape) != 3 or len(grid) > len(image.directions) or not 0 <= shape[1] - size <= MAX_EXTRA_TOKENS:
        return None
    found, sides = image, dict(zip(DIRECTIONS[-len(grid) :], grid, strict=True))
    for along, side in sides.items():
        found = found.with_extent(along, image.extent(along).resampled(side))
    parts = tuple(Part(along, side) for along, side in sides.items() if side > 1)
    extra = shape[1] - size
    axis = (Part(OTHER, shape[1], grid=parts, before=extra),) if extra else parts
    return replace(found, axes=(image.axes[0], axis, other(shape[2])))


MAX_EXTRA_TOKENS = 8
"""Tokens beside a grid: one for the class, one of a teacher, some registers."""
