"""The box around the largest bright part of a map, as weakly supervised localisation draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from xai_cam.drawing.marks import peak_of
from xai_cam.drawing.overlay import place
from xai_cam.drawing.slices import peak_plane, plane_of
from xai_cam.errors import InputError
from xai_cam.images.picture import Region

THRESHOLD = 0.15
"""Share of a map's maximum from which a pixel counts: that of Selvaraju et al. 2017, sec. 4.1."""


class Box(NamedTuple):
    """A box in a picture, in pixels: x runs to the right and y down, and `x1`, `y1` lie just outside.

    Attributes
    ----------
    x0, y0, x1, y1 : int
        `pixels[y0:y1, x0:x1]` is what the box holds.
    peak : (int, int)
        x and y of the pixel in the middle of the map's highest cell, where figures draw their ring; it may
        lie in another part of the map than the largest.
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


def box_of(
    saliency_map: np.ndarray,
    threshold: float = THRESHOLD,
    region: Region | None = None,
    size: Sequence[int] | None = None,
) -> Box | None:
    """The box of the largest component of {M >= threshold max M}; None for a map that is zero or not finite.

    Pixels are neighbours that share a side or a corner. Of a volume it is a box in the slice in which the
    map is highest. Choe et al. 2020, arXiv:2007.04178.

    Parameters
    ----------
    saliency_map : (h, w) float32, >= 0; (d, h, w) of a volume
        The map; M is what becomes of it in the pixels of the picture.
    threshold : float
        Share of the maximum, above 0 and at most 1.
    region : Region, optional
        What the map covers of the picture; default: all.
    size : (H, W), optional
        Size of the picture; default: the map's own. (D, H, W) of a volume.

    Raises
    ------
    InputError
        The threshold is not such a share.
    """
    import cv2

    if not 0 < threshold <= 1:
        raise InputError(f"`threshold` is {threshold!r}. Give a number above 0 and up to 1.")
    size = size or saliency_map.shape
    region = region or Region.whole(size)
    if len(size) == 3:
        number = peak_plane(saliency_map, region, size[0])
        saliency_map, size = plane_of(saliency_map, region, size[0], number), size[1:]
        region = replace(region, front=None, back=None)
    placed = place(saliency_map, region, size)[0]
    top = placed.max()
    if not np.isfinite(top) or top <= 0:
        return None
    bright = (placed >= threshold * top).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    largest = found[1 + found[1:, cv2.CC_STAT_AREA].argmax()]
    left, top_row, width, height = (int(number) for number in largest[:4])
    down, across = peak_of(saliency_map, region, size)
    return Box(left, top_row, left + width, top_row + height, (int(across), int(down)), (size[0], size[1]))
