"""What is drawn over a picture besides its map: the map's grid, peak and box, and outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.files.strips import Strips, strips_of
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix

MARKS = ("peak", "box", "edge")

LIGHT, DARK = 255, 0
GRID_OPACITY, EDGE_OPACITY = 0.45, 0.3
THINNEST_CELL = 6
"""Of a grid whose cells have fewer pixels, the lines would hide the picture."""

FINEST_LINE = 280
"""Pixels of a picture's longer side for each pixel of an outline's width."""


@dataclass(frozen=True, eq=False)
class PlacedMask:
    """A mask (h, w) bool on a grid of its own, as of a model's output, and what that covers of a picture."""

    mask: np.ndarray
    region: Region

    def scaled(self, down: float, across: float) -> PlacedMask:
        """The same in a picture that is so many times as high and as wide."""
        sides = self.region
        return PlacedMask(
            self.mask,
            Region(sides.top * down, sides.left * across, sides.bottom * down, sides.right * across),
        )


def peak_of(saliency_map: np.ndarray, region: Region, size: Sequence[int]) -> tuple[float, float]:
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
    return grid_strips(strips_of(pixels), cells, region).rows(0, len(pixels))


def grid_strips(picture: Strips, cells: tuple[int, int], region: Region) -> Strips:
    """The same of a picture that is drawn strip by strip."""
    height, width = picture.size
    down, inside_y = _lines(height, cells[0], region.top, region.bottom)
    across, inside_x = _lines(width, cells[1], region.left, region.right)

    def drawn(top: int, bottom: int) -> np.ndarray:
        above, below = max(top - 1, 0), min(bottom + 1, height)  # rows whose lines have edges in this strip
        inside = inside_y[above:below, None] & inside_x
        lines = (down[above:below, None] | across) & inside
        wide = _widened(lines) & inside
        own = slice(top - above, bottom - above)
        return _haloed(picture.rows(top, bottom), lines[own], wide[own])

    return Strips(picture.size, drawn)


def _lines(length: int, cells: int, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Along a side of a picture: where there are lines, if any, and what lies between the outermost."""
    lines, inside = np.zeros(length, bool), np.zeros(length, bool)
    inside[_between(first, last)] = True
    if abs(last - first) >= THINNEST_CELL * cells:
        places = np.rint(np.linspace(first, last, cells + 1)).astype(int)
        lines[places[(places >= 0) & (places < length)]] = True
    return lines, inside


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


def _widened(lines: np.ndarray) -> np.ndarray:
    """Lines with a pixel on either side."""
    import cv2

    return np.asarray(cv2.dilate(lines.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))


def _haloed(pixels: np.ndarray, lines: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Light lines of one pixel with a dark pixel on either side, both of them see-through."""
    drawn = pixels.copy()
    for where, ink, opacity in ((wide & ~lines, DARK, EDGE_OPACITY), (lines, LIGHT, GRID_OPACITY)):
        below = pixels[where].astype(np.float32)
        drawn[where] = np.rint(below + opacity * (ink - below))
    return drawn


def draw_outline(pixels: np.ndarray, mask: np.ndarray, width: int = 2) -> np.ndarray:
    """The picture with the edge of a mask (H, W) as a white line with a black one around it."""
    import cv2

    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return _two_tone(pixels, lambda canvas, ink, pen: cv2.drawContours(canvas, found, -1, ink, pen), width)


def draw_region(pixels: np.ndarray, placed: PlacedMask) -> np.ndarray:
    """The picture with the edge of a mask of the model's grid, as a light line between two dark ones.

    The mask lies in the picture as a map does: crops and letterboxes are undone. The larger the picture, the
    wider the lines.
    """
    return region_strips(strips_of(pixels), placed).rows(0, len(pixels))


def region_strips(picture: Strips, placed: PlacedMask) -> Strips:
    """The same of a picture that is drawn strip by strip."""
    import cv2

    height, width = picture.size
    line = max(1, round(max(picture.size) / FINEST_LINE))
    dark = line + 2 * max(1, line // 2)
    down, _ = interpolation_matrix(height, placed.mask.shape[0], placed.region.top, placed.region.bottom)
    across, _ = interpolation_matrix(width, placed.mask.shape[1], placed.region.left, placed.region.right)
    wide = placed.mask.astype(np.float32) @ across.T

    def thick(edge: np.ndarray, pen: int) -> np.ndarray:
        return np.asarray(cv2.dilate(edge, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pen, pen))) > 0)

    def drawn(top: int, bottom: int) -> np.ndarray:
        above, below = (
            max(top - dark, 0),
            min(bottom + dark, height),
        )  # rows whose lines reach into this strip
        inside = (down[above:below] @ wide >= 0.5).astype(np.uint8)
        cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        edge = inside - cv2.erode(inside, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        strip, own = picture.rows(top, bottom).copy(), slice(top - above, bottom - above)
        strip[thick(edge, dark)[own]] = DARK
        strip[thick(edge, line)[own]] = LIGHT
        return strip

    return Strips(picture.size, drawn)


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
