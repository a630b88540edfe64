"""A map's box over a picture beside those that are true: the map's is solid, and these are dashed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xai_cam.drawing.marks import DARK, FINEST_LINE, LIGHT

DASH = 6
"""Pixels of a dash, and of the gap behind it, for each pixel of a line's width."""

Sides = tuple[float, float, float, float]
"""x0, y0, x1, y1 of a box in pixels; the last two are just outside."""


def draw_true_boxes(
    pixels: np.ndarray, found: Sides | None, true: Iterable[Sides], factor: int = 1
) -> np.ndarray:
    """The picture with a map's box, if it has one, and the true ones, as light lines with dark edges.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The picture; it stays as it is.
    found : (x0, y0, x1, y1), optional
        The map's box.
    true : iterable of (x0, y0, x1, y1)
        The true boxes.
    factor : int
        How many times as large the picture is as the one that the boxes are in.
    """
    import cv2

    height, width = pixels.shape[:2]
    line = max(1, round(max(height, width) / FINEST_LINE))
    dash = (np.add.outer(np.arange(height), np.arange(width)) // (DASH * line)) % 2 == 0
    lines = _edges(true, (height, width), line, factor) & dash
    lines |= _edges([] if found is None else [found], (height, width), line, factor)
    wide = cv2.dilate(lines.astype(np.uint8), np.ones((2 * line + 1,) * 2, np.uint8)) > 0
    drawn = pixels.copy()
    drawn[wide] = DARK
    drawn[lines] = LIGHT
    return drawn


def _edges(boxes: Iterable[Sides], size: tuple[int, int], line: int, factor: int) -> np.ndarray:
    """The outermost pixels (H, W) bool of some boxes, inside of them."""
    edges = np.zeros(size, bool)
    for box in boxes:
        left, top, right, bottom = (max(0, round(side * factor)) for side in box)
        edges[top : min(top + line, bottom), left:right] = True
        edges[max(bottom - line, top) : bottom, left:right] = True
        edges[top:bottom, left : min(left + line, right)] = True
        edges[top:bottom, max(right - line, left) : right] = True
    return edges
