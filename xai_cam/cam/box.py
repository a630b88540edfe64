"""The box around the largest bright part of a map, as weakly supervised localisation draws it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xai_cam.errors import InputError

THRESHOLD = 0.15
"""Share of a map's maximum from which a pixel counts: that of Selvaraju et al. 2017, sec. 4.1."""


class Box(NamedTuple):
    """A box in a picture, in pixels: x runs to the right and y down, and `x1`, `y1` lie just outside.

    Attributes
    ----------
    x0, y0, x1, y1 : int
        `pixels[y0:y1, x0:x1]` is what the box holds.
    peak : (int, int)
        x and y of the map's maximum, which may lie in another part of the map than the largest.
    size : (int, int)
        Height and width of what the box lies in: the original picture, or the map's own grid where the
        picture is not known.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    peak: tuple[int, int]
    size: tuple[int, int]


def box_of(placed: np.ndarray, threshold: float = THRESHOLD) -> Box | None:
    """The box of the largest component of {M >= threshold max M}; None for a map that is zero or not finite.

    Pixels are neighbours that share a side or a corner. Choe et al. 2020, arXiv:2007.04178.

    Parameters
    ----------
    placed : (H, W) float32, >= 0
        The map in the pixels of the picture.
    threshold : float
        Share of the maximum, above 0 and at most 1.

    Raises
    ------
    InputError
        The threshold is not such a share.
    """
    import cv2

    if not 0 < threshold <= 1:
        raise InputError(f"`threshold` is {threshold!r}. Give a number above 0 and up to 1.")
    top = placed.max()
    if not np.isfinite(top) or top <= 0:
        return None
    bright = (placed >= threshold * top).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    largest = found[1 + found[1:, cv2.CC_STAT_AREA].argmax()]
    left, top_row, width, height = (int(number) for number in largest[:4])
    row, column = np.unravel_index(placed.argmax(), placed.shape)
    size = placed.shape[0], placed.shape[1]
    return Box(left, top_row, left + width, top_row + height, (int(column), int(row)), size)
