"""What is drawn over a picture besides its map: the map's grid, peak and box, and outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xai_cam.images.picture import Region

MARKS = ("peak", "box")

LIGHT, DARK = 255, 0
MIDDLE = 128
GRID_OPACITY, AROUND = 0.4, 25
THINNEST_CELL = 3
"""Of a grid whose cells have fewer pixels, the lines would hide the picture."""


def peak_of(saliency_map: np.ndarray, region: Region) -> tuple[float, float]:
    """The middle (down, across) of the highest cell of a map (h, w), in pixels of the picture."""
    rows, columns = saliency_map.shape
    row, column = divmod(int(saliency_map.argmax()), columns)
    down = region.top + (row + 0.5) * (region.bottom - region.top) / rows
    return down, region.left + (column + 0.5) * (region.right - region.left) / columns


def draw_grid(pixels: np.ndarray, cells: tuple[int, int], region: Region) -> np.ndarray:
    """The picture with the borders of a map's cells (rows, columns) as thin lines.

    They are light on dark and dark on light. Lines closer than `THINNEST_CELL` pixels are left out.
    """
    lines = np.zeros(pixels.shape[:2], bool)
    for axis, (first, last), count in (
        (0, (region.top, region.bottom), cells[0]),
        (1, (region.left, region.right), cells[1]),
    ):
        if abs(last - first) < THINNEST_CELL * count:
            continue
        for place in np.rint(np.linspace(first, last, count + 1)).astype(int):
            if 0 <= place < lines.shape[axis]:
                lines[(slice(None),) * axis + (place,)] = True
    inside = np.zeros_like(lines)
    inside[_between(region.top, region.bottom), _between(region.left, region.right)] = True
    return _line(pixels, lines & inside)


def _two_tone(
    pixels: np.ndarray, draw: Callable[[np.ndarray, tuple[int, int, int], int], Any], width: int
) -> np.ndarray:
    """A white line with a black one around it, which is seen on everything."""
    drawn = np.ascontiguousarray(pixels).copy()
    draw(drawn, (DARK, DARK, DARK), width + 2)
    draw(drawn, (LIGHT, LIGHT, LIGHT), width)
    return drawn


def _between(first: float, last: float) -> slice:
    low, high = sorted((first, last))
    return slice(max(0, round(low)), max(0, round(high) + 1))


def _line(pixels: np.ndarray, lines: np.ndarray) -> np.ndarray:
    import cv2

    drawn = pixels.copy()
    below = pixels[lines].astype(np.float32)
    around = cv2.blur(pixels, (AROUND, AROUND))[lines]  # else a line would flicker along textures
    ink = np.where(around.mean(axis=-1, keepdims=True) < MIDDLE, LIGHT, DARK)
    drawn[lines] = np.rint(below + GRID_OPACITY * (ink - below))
    return drawn


def draw_outline(pixels: np.ndarray, mask: np.ndarray, width: int = 2) -> np.ndarray:
    """The picture with the edge of a mask (H, W) as a white line with a black one around it."""
    import cv2

    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return _two_tone(pixels, lambda canvas, ink, pen: cv2.drawContours(canvas, found, -1, ink, pen), width)


def draw_box(pixels: np.ndarray, box: Sequence[int], width: int = 2) -> np.ndarray:
    """The picture with a box (x0, y0, x1, y1); the last two are just outside."""
    left, top, right, bottom = box
    mask = np.zeros(pixels.shape[:2], bool)
    mask[top:bottom, left:right] = True
    return draw_outline(pixels, mask, width)


def draw_peak(pixels: np.ndarray, peak: tuple[float, float], radius: int = 10, width: int = 2) -> np.ndarray:
    """The picture with a ring around a place (down, across)."""
    import cv2

    centre = round(peak[1] - 0.5), round(peak[0] - 0.5)
    return _two_tone(
        pixels,
        lambda canvas, ink, pen: cv2.circle(canvas, centre, radius, ink, pen, cv2.LINE_AA),
        width,
    )
