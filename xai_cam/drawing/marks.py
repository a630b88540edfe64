"""What is drawn over a picture besides its map: the map's grid, peak and box, and outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xai_cam.images.picture import Region

MARKS = ("peak", "box")

LIGHT, DARK = 255, 0
GRID_OPACITY, EDGE_OPACITY = 0.45, 0.3
THINNEST_CELL = 6
"""Of a grid whose cells have fewer pixels, the lines would hide the picture."""


def peak_of(saliency_map: np.ndarray, region: Region, size: tuple[int, int]) -> tuple[float, float]:
    """The middle (down, across) of the highest cell of a map (h, w), in pixels of a picture of `size`.

    Of a cell whose middle lies beside the picture, the place in the picture that is nearest to it.
    """
    rows, columns = saliency_map.shape
    row, column = divmod(int(saliency_map.argmax()), columns)
    down = region.top + (row + 0.5) * (region.bottom - region.top) / rows
    across = region.left + (column + 0.5) * (region.right - region.left) / columns
    return min(max(down, 0.5), size[0] - 0.5), min(max(across, 0.5), size[1] - 0.5)


def draw_grid(pixels: np.ndarray, cells: tuple[int, int], region: Region) -> np.ndarray:
    """The picture with the borders of a map's cells (rows, columns) as thin light lines with dark edges.

    These are seen on everything and look the same along their whole length. Lines closer than
    `THINNEST_CELL` pixels are left out.
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
    return _haloed(pixels, lines & inside, inside)


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


def _haloed(pixels: np.ndarray, lines: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Light lines of one pixel with a dark pixel on either side, both of them see-through."""
    import cv2

    wide = cv2.dilate(lines.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    drawn = pixels.copy()
    for where, ink, opacity in ((wide & inside & ~lines, DARK, EDGE_OPACITY), (lines, LIGHT, GRID_OPACITY)):
        below = pixels[where].astype(np.float32)
        drawn[where] = np.rint(below + opacity * (ink - below))
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
