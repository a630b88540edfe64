"""The box around the largest bright part of a map, as weakly supervised localisation draws it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xai_cam.drawing import marks
from xai_cam.errors import InputError

THRESHOLD = marks.BOX_SHARE


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
    if not 0 < threshold <= 1:
        raise InputError(f"`threshold` is {threshold!r}. Give a number above 0 and up to 1.")
    found = marks.box_of(placed, threshold) if np.isfinite(placed).all() else None
    if found is None:
        return None
    top, left, bottom, right = found
    row, column = np.unravel_index(placed.argmax(), placed.shape)
    size = placed.shape[0], placed.shape[1]
    return Box(left, top, right, bottom, (int(column), int(row)), size)
