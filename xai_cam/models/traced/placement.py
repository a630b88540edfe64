"""Where the maps of a layer lie: in the tensor that the layer puts out, and in the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_cam.images.picture import Region
from xai_cam.models.traced.layout import COLUMNS, OTHER, ROWS, Layout, Part, other


@dataclass(frozen=True)
class Placement:
    """How the output of a layer is read as a stack of maps, and which part of the input these cover.

    Attributes
    ----------
    shape : (int, int, int)
        Rows, columns and channels of the stack.
    order : tuple of int
        The axes of the output that are rows, columns and channels; of tokens: of their grid.
    top, left, bottom, right : float
        What the maps cover of the input, in its pixels: outside of it where it was padded, and the other
        way round where it was mirrored.
    tokens : (int, int, int), optional
        Of tokens: how many stand before the grid, and its two sides in the order of the tokens.
    doubt : str
        What may have moved the maps in an unknown manner.
    """

    shape: tuple[int, int, int]
    order: tuple[int, int, int]
    top: float
    left: float
    bottom: float
    right: float
    tokens: tuple[int, int, int] | None = None
    doubt: str = ""

    def part(self, size: tuple[int, int]) -> Region | None:
        """What the maps cover of an input of that size, in shares of its sides; None: all of it."""
        height, width = size
        sides = self.top / height, self.left / width, self.bottom / height, self.right / width
        return None if sides == (0, 0, 1, 1) else Region(*sides)

    @property
    def plain(self) -> bool:
        """Whether the output is (n, h, w, k) as it is."""
        return self.order == (1, 2, 3) and self.tokens is None

    def maps(self, output: np.ndarray) -> np.ndarray:
        """(…, n, h, w, k) maps in what the layer put out, (…, n, *its shape)."""
        if self.plain:
            return output
        if self.tokens:
            before, first, second = self.tokens
            grid = output[..., before : before + first * second, :]
            output = grid.reshape(*grid.shape[:-2], first, second, grid.shape[-1])
        lead = output.ndim - 4
        return np.ascontiguousarray(output.transpose(*range(lead + 1), *(lead + axis for axis in self.order)))

    def laid_out(self, output: Any) -> Any:
        """The same as a tensor, of an output (n, *its shape)."""
        import tensorflow as tf

        if self.tokens:
            before, first, second = self.tokens
            grid = output[:, before : before + first * second]
            output = tf.reshape(grid, (tf.shape(output)[0], first, second, self.shape[2]))
        return output if self.order == (1, 2, 3) else tf.transpose(output, (0, *self.order))

    def restored(self, maps: Any, output: Any) -> Any:
        """An output like `output` (n, …) with the maps (n, h, w, k) in their place, as a tensor."""
        import tensorflow as tf

        if self.plain:
            return tf.cast(tf.ensure_shape(maps, output.shape), output.dtype)
        back = [0, *(1 + place for place in np.argsort(self.order))]
        laid = tf.cast(tf.transpose(maps, back), output.dtype)
        if not self.tokens:
            return tf.ensure_shape(laid, output.shape)
        before, first, second = self.tokens
        count = tf.shape(output)[0]
        grid = tf.reshape(laid, (count, first * second, self.shape[2]))
        rest = output[:, before + first * second :]
        return tf.ensure_shape(tf.concat([output[:, :before], grid, rest], 1), output.shape)


def placement_of(layout: Layout | None, tokens: bool = True) -> Placement | None:
    """How a tensor of that layout is read as maps larger than 1 x 1; None where it holds none.

    Parameters
    ----------
    layout : Layout or None
        Of the tensor.
    tokens : bool
        Whether tokens that form a grid count, too.
    """
    if layout is None or layout.lost or any(part.spatial for part in layout.axes[0]):
        return None
    found = _stack(layout) if len(layout.axes) == 4 else None
    if found is None and tokens and len(layout.axes) == 3:
        found = _tokens(layout)
    return found if found and found.shape[0] * found.shape[1] > 1 else None


def _stack(layout: Layout) -> Placement | None:
    for pair, channels in (((1, 2), 3), ((2, 3), 1)):
        kinds = [layout.whole(axis) for axis in pair]
        if any(part.spatial for part in layout.axes[channels]) or not any(kinds):
            continue
        for i in (0, 1):  # an axis of a single cell says nothing by itself
            missing = COLUMNS if kinds[1 - i] == ROWS else ROWS
            if not kinds[i] and layout.shape[pair[i]] == 1 and layout.extent(missing).cells == 1:
                kinds[i] = missing
        if sorted(kinds) == [COLUMNS, ROWS]:
            rows, columns = pair if kinds[0] == ROWS else pair[::-1]
            return _placed(
                layout,
                (layout.shape[rows], layout.shape[columns], layout.shape[channels]),
                (rows, columns, channels),
            )
    return None


def _tokens(layout: Layout) -> Placement | None:
    parts, before = layout.axes[1], 0
    if len(parts) == 1 and parts[0].grid:
        parts, before = parts[0].grid, parts[0].before
    if (
        len(parts) != 2
        or any(part.spatial for part in layout.axes[2])
        or not all(_complete(layout, p) for p in parts)
    ):
        return None
    kinds = [part.along for part in parts]
    if sorted(kinds) != [COLUMNS, ROWS]:
        return None
    first, second = (part.size for part in parts)
    upright = kinds[0] == ROWS
    shape = (first, second, layout.shape[2]) if upright else (second, first, layout.shape[2])
    order = (1, 2, 3) if upright else (2, 1, 3)
    return replace(_placed(layout, shape, order), tokens=(before, first, second))


def _complete(layout: Layout, part: Part) -> bool:
    return (
        part.spatial and not part.grid and part.stride == 1 and part.size == layout.extent(part.along).cells
    )


def _placed(layout: Layout, shape: tuple[int, int, int], order: tuple[int, int, int]) -> Placement:
    rows, columns = layout.rows, layout.columns
    doubt = layout.doubt or ("roll" if rows.rolled or columns.rolled else "")
    return Placement(shape, order, rows.start, columns.start, rows.stop, columns.stop, doubt=doubt)


def token_layout(image: Layout, shape: tuple[int, ...], grid: tuple[int, int]) -> Layout | None:
    """The layout of a tensor (n, tokens, k) that a caller says to be a grid, others standing before it."""
    size, (height, width) = math.prod(grid), grid
    if len(shape) != 3 or not 0 <= shape[1] - size <= MAX_EXTRA_TOKENS:
        return None
    parts = tuple(Part(along, side) for along, side in ((ROWS, height), (COLUMNS, width)) if side > 1)
    extra = shape[1] - size
    axis = (Part(OTHER, shape[1], grid=parts, before=extra),) if extra else parts
    rows, columns = image.rows.resampled(height), image.columns.resampled(width)
    batch, channels = image.axes[0], other(shape[2])
    return Layout((batch, axis, channels), rows, columns)


MAX_EXTRA_TOKENS = 8
"""Tokens beside a grid: one for the class, one of a teacher, some registers."""
