"""Saliency map -> colours -> blended picture, at the original's size and place, or enlarged to be read."""

from __future__ import annotations

from functools import cache

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix

COLORMAPS = (
    *("turbo", "jet", "ocean", "viridis", "inferno", "magma", "plasma", "cividis"),
    *("hot", "bone", "parula", "rainbow", "hsv"),
)
"""Colour maps of OpenCV, under its names; the first is the default."""

TINY, LEGIBLE = 112, 224
"""A picture whose longer side is below the first is drawn at least as long as the second."""

MAX_ENLARGED_PIXELS = 25_000_000

STRIP_PIXELS = 1 << 16
"""Overlays are blended strip by strip: what is in between stays in the processor's cache, and small."""


def enlargement(size: tuple[int, int], asked: int | None = None) -> int:
    """How many times as large a picture of `size` (H, W) is drawn, by a whole factor from 1 on.

    Parameters
    ----------
    size : (int, int)
        Height and width of the picture.
    asked : int, optional
        The factor; default: 1, and for tiny pictures the smallest that makes them legible.

    Raises
    ------
    ImageError
        The enlarged picture would fill the memory.
    """
    longer = max(size)
    factor = asked or (-(-LEGIBLE // longer) if longer < TINY else 1)
    height, width = size[0] * factor, size[1] * factor
    if factor > 1 and height * width > MAX_ENLARGED_PIXELS:
        raise ImageError(
            f"enlarged {factor} times it would have {height} x {width} pixels, more than the limit of "
            f"{MAX_ENLARGED_PIXELS:,}; use a smaller `enlarge`"
        )
    return factor


def enlarge(pixels: np.ndarray, region: Region, factor: int) -> tuple[np.ndarray, Region]:
    """A picture (H, W, 3) with each pixel drawn as a square of `factor` x `factor`, and the region in it."""
    large = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    sides = (side * factor for side in (region.top, region.left, region.bottom, region.right))
    return large, Region(*sides)


def place(saliency_map: np.ndarray, region: Region, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The saliency map in the pixels of the original picture.

    Bilinear with half-pixel centres: pixel centres of the original are looked up on the map's grid, which
    spans `region`; beyond its outermost centres the map goes on unchanged.

    Parameters
    ----------
    saliency_map : (h, w) float32
        The map, on the layer's grid.
    region : Region
        The rectangle of the original that the model saw.
    size : (H, W)
        Size of the original picture.

    Returns
    -------
    placed : (H, W) float32
        0 where the model did not see.
    seen : (H, W) bool
    """
    rows, inside_y = interpolation_matrix(size[0], saliency_map.shape[0], region.top, region.bottom)
    columns, inside_x = interpolation_matrix(size[1], saliency_map.shape[1], region.left, region.right)
    return rows @ saliency_map.astype(np.float32) @ columns.T, np.logical_and.outer(inside_y, inside_x)


def colour(saliency_map: np.ndarray, colormap: str = "turbo") -> np.ndarray:
    """(H, W) in [0, 1] -> (H, W, 3) uint8 RGB."""
    import cv2

    levels = np.rint(np.clip(saliency_map, 0, 1) * 255)
    return np.asarray(cv2.applyColorMap(levels.astype(np.uint8), _table(colormap)))


@cache
def _table(colormap: str) -> np.ndarray:
    """(256, 1, 3) uint8 RGB of the levels of a colour map."""
    import cv2

    number = getattr(cv2, f"COLORMAP_{colormap.upper()}")
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], number)
    return np.ascontiguousarray(table[..., ::-1])


def draw_heatmap(
    saliency_map: np.ndarray, region: Region, size: tuple[int, int], colormap: str = "turbo"
) -> np.ndarray:
    """The coloured map alone, (H, W, 3) uint8 RGB."""
    return colour(place(saliency_map, region, size)[0], colormap)


def draw_overlay(
    pixels: np.ndarray,
    saliency_map: np.ndarray,
    region: Region | None = None,
    colormap: str = "turbo",
    opacity: float = 0.5,
) -> np.ndarray:
    """The picture with the coloured map blended in.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB
        The original picture.
    saliency_map : (h, w) float32 in [0, 1]
        An all-zero (blank) map leaves the picture as it is.
    region : Region, optional
        What the model saw of the picture; default: all. The rest stays as it is.
    colormap : str
        A name in `COLORMAPS`.
    opacity : float
        Share of the colour, 0 to 1.

    Returns
    -------
    overlay : (H, W, 3) uint8 RGB
    """
    if not saliency_map.any():
        return pixels.copy()
    height, width = pixels.shape[:2]
    region = region or Region(0, 0, height, width)
    rows, inside_y = interpolation_matrix(height, saliency_map.shape[0], region.top, region.bottom)
    columns, inside_x = interpolation_matrix(width, saliency_map.shape[1], region.left, region.right)
    across = slice(*_ends(inside_x))
    tall = rows @ saliency_map.astype(np.float32)
    first, last = _ends(inside_y)
    drawn = pixels.copy()
    step = max(1, STRIP_PIXELS // width)
    for top in range(first, last, step):
        down = slice(top, min(top + step, last))
        coloured = colour(tall[down] @ columns[across].T, colormap)
        # float32 throughout: uint8 would wrap around
        blended = np.multiply(pixels[down, across], np.float32(1 - opacity), dtype=np.float32)
        blended += np.multiply(coloured, np.float32(opacity), dtype=np.float32)
        drawn[down, across] = np.rint(blended, out=blended)
    return drawn


def _ends(inside: np.ndarray) -> tuple[int, int]:
    """Where the pixels inside a region begin and end: they lie side by side."""
    found = np.flatnonzero(inside)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)
