"""Arrays as small pictures that stand in a grid: maps, kernels, and their places."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.diverging import diverging

THINNEST = 12
"""Pixels of a tile's shorter side: maps of a single row or column are stretched to it."""

MAX_PLANES = 64
"""Kernels of a filter that are drawn; of more, those of the largest energy."""

HATCH_STEP, HATCH_LINE = 12, 2
HATCH_GREYS = (232, 176)
"""A dead channel is hatched, in greys that no scale of colours has."""

LARGEST_GAP = 6
"""Pixels between the kernels of a filter."""

TINIEST = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class Grid:
    """Cells of one size, row by row.

    Attributes
    ----------
    columns, rows : int
    cell : (height, width)
        Pixels from one cell to the next, down and across.
    """

    columns: int
    rows: int
    cell: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of all cells."""
        return self.rows * self.cell[0], self.columns * self.cell[1]

    def place(self, number: int) -> tuple[int, int]:
        """(top, left) of a cell."""
        row, column = divmod(number, self.columns)
        return row * self.cell[0], column * self.cell[1]


def enlarge_cells(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Pictures (…, H, W, 3) with each pixel drawn as a square of `factor` x `factor`."""
    return pixels.repeat(factor, axis=-3).repeat(factor, axis=-2)


def centred(pixels: np.ndarray, room: tuple[int, int]) -> np.ndarray:
    """A picture (H, W, 3) centred on white; the area grows if it is too small."""
    missing = [max(0, side - own) for side, own in zip(room, pixels.shape[:2], strict=True)]
    sides = [(m // 2, m - m // 2) for m in missing]
    return np.pad(pixels, (*sides, (0, 0)), constant_values=255)


def tile_shape(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width of the tile of a map (h, w, …) whose longer side has at most `side` pixels.

    Small maps are enlarged by a whole factor, so that all their cells have one size.
    """
    longer = max(shape[:2])
    factor = side // longer if side >= longer else side / longer
    height, width = (round(length * factor) for length in shape[:2])
    return max(height, THINNEST), max(width, THINNEST)


def fit_tile(values: np.ndarray, side: int) -> np.ndarray:
    """A map (h, w) or picture (h, w, 3) at the size of its tile: its own cells, or means of them."""
    import cv2

    height, width = tile_shape(values.shape, side)
    how = cv2.INTER_NEAREST if _enlarges(values.shape, side) else cv2.INTER_AREA
    return np.asarray(cv2.resize(values, (width, height), interpolation=how))


def _enlarges(shape: tuple[int, ...], side: int) -> bool:
    """Whether no side of a map (h, w, …) is longer than that of its tile."""
    height, width = tile_shape(shape, side)
    return height >= shape[0] and width >= shape[1]


def draw_map(values: np.ndarray, side: int, low: float, high: float, colormap: str | None) -> np.ndarray:
    """A map in colours.

    Parameters
    ----------
    values : (h, w) float32
        The map.
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
    shown = values.astype(np.float64)
    if not _enlarges(values.shape, side):
        return _colours(fit_tile(shown, side), low, high, colormap)
    return fit_tile(_colours(shown, low, high, colormap), side)  # there are fewer cells than pixels


def _colours(values: np.ndarray, low: float, high: float, colormap: str | None) -> np.ndarray:
    if colormap is None:
        return diverging(values / max(abs(low), abs(high), TINIEST))
    return colour((values - low) / max(high - low, TINIEST), colormap)


def draw_dead(shape: tuple[int, ...], side: int) -> np.ndarray:
    """The tile of a channel that is the same all over its map: hatched, (H, W, 3) uint8."""
    rows, columns = np.indices(tile_shape(shape, side))
    line = (rows + columns) % HATCH_STEP < HATCH_LINE
    return np.where(line, HATCH_GREYS[1], HATCH_GREYS[0]).astype(np.uint8)[..., None].repeat(3, axis=2)


def draw_kernels(kernels: np.ndarray, side: int, limit: float) -> np.ndarray:
    """The kernels of one filter, one for each channel that it reads, row by row on white.

    Parameters
    ----------
    kernels : (channels, h, w) float32
        One kernel for each channel.
    side : int
        Height and width of the tile, at most.
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
    grid = Grid(columns, rows, (h * factor + gap, w * factor + gap))
    height, width = grid.size
    pixels = np.full((height - gap, width - gap, 3), 255, np.uint8)
    for number, drawn in enumerate(enlarge_cells(diverging(kernels / max(limit, TINIEST)), factor)):
        top, left = grid.place(number)
        pixels[top : top + h * factor, left : left + w * factor] = drawn
    return pixels[:side, :side]


def strongest(kernels: np.ndarray) -> np.ndarray:
    """At most `MAX_PLANES` of (channels, h, w): those with the largest energy, in their own order."""
    if len(kernels) <= MAX_PLANES:
        return kernels
    energy = np.square(kernels, dtype=np.float64).sum(axis=(1, 2))
    return kernels[np.sort(np.argsort(-energy, kind="stable")[:MAX_PLANES])]
