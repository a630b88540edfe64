"""One channel's map, or one filter's kernels -> a small picture."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.drawing.diverging import diverging
from xai_cam.drawing.overlay import colour

THINNEST = 12
"""Pixels of a tile's shorter side: maps of a single row or column are stretched to it."""

MAX_PLANES = 64
"""Kernels of a filter that are drawn; of more, those of the largest energy."""

HATCH_STEP, HATCH_LINE = 12, 2
HATCH_GREYS = (232, 176)
"""A dead channel is hatched, in greys that no scale of colours has."""

LARGEST_GAP = 6
"""Pixels between the kernels of a filter."""


def tile_shape(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Height and width of a map's tile whose longer side has at most `side` pixels.

    Small maps are enlarged by a whole factor, so that all their cells have one size.
    """
    longer = max(shape)
    factor = side // longer if side >= longer else side / longer
    height, width = (round(length * factor) for length in shape)
    return max(height, THINNEST), max(width, THINNEST)


def draw_map(values: np.ndarray, side: int, low: float, high: float, colormap: str | None) -> np.ndarray:
    """A map in colours.

    Parameters
    ----------
    values : (h, w) float32
    side : int
        Of the tile, at most (`tile_shape`).
    low, high : float
        Values at the ends of the scale of colours.
    colormap : str or None
        None: diverging colours, 0 in the middle of `low` and `high`.

    Returns
    -------
    pixels : (H, W, 3) uint8 RGB
    """
    import cv2

    height, width = tile_shape((values.shape[0], values.shape[1]), side)
    shrinks = height < values.shape[0] or width < values.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    resized = cv2.resize(values.astype(np.float64), (width, height), interpolation=how)
    if colormap is None:
        return diverging(resized / max(abs(low), abs(high), np.finfo(float).tiny))
    return colour((resized - low) / max(high - low, np.finfo(float).tiny), colormap)


def draw_dead(shape: tuple[int, int], side: int) -> np.ndarray:
    """The tile of a channel that is the same all over its map: hatched, (H, W, 3) uint8."""
    height, width = tile_shape(shape, side)
    rows, columns = np.indices((height, width))
    line = (rows + columns) % HATCH_STEP < HATCH_LINE
    return np.where(line, HATCH_GREYS[1], HATCH_GREYS[0]).astype(np.uint8)[..., None].repeat(3, axis=2)


def draw_kernels(kernels: np.ndarray, side: int, limit: float) -> np.ndarray:
    """The kernels of one filter, one for each channel that it reads, row by row on white.

    Parameters
    ----------
    kernels : (channels, h, w) float32
    limit : float
        Absolute value at the ends of the diverging colours.

    Returns
    -------
    pixels : (H, W, 3) uint8 RGB
        At most `side` high and wide.
    """
    kernels = strongest(kernels)
    count, h, w = kernels.shape
    columns = min(range(1, count + 1), key=lambda n: max(n * w, math.ceil(count / n) * h))
    rows = math.ceil(count / columns)
    gap = min(LARGEST_GAP, side // (8 * max(columns, rows))) if count > 1 else 0
    room = side - gap * (max(rows, columns) - 1)
    factor = max(1, room // max(rows * h, columns * w))
    drawn = diverging(kernels / max(limit, np.finfo(float).tiny))
    drawn = drawn.repeat(factor, axis=1).repeat(factor, axis=2)
    height, width = h * factor + gap, w * factor + gap
    pixels = np.full((rows * height - gap, columns * width - gap, 3), 255, np.uint8)
    for number, picture in enumerate(drawn):
        top, left = number // columns * height, number % columns * width
        pixels[top : top + h * factor, left : left + w * factor] = picture
    return pixels[:side, :side]


def strongest(kernels: np.ndarray) -> np.ndarray:
    """At most `MAX_PLANES` of (channels, h, w): those with the largest energy, in their own order."""
    if len(kernels) <= MAX_PLANES:
        return kernels
    energy = np.square(kernels, dtype=np.float64).sum(axis=(1, 2))
    return kernels[np.sort(np.argsort(-energy, kind="stable")[:MAX_PLANES])]
