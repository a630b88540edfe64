"""The box around the largest bright part of a map, as weakly supervised localisation draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from xai_cam.cam.components import components_of
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.marks import peak_of
from xai_cam.drawing.slices import peak_plane, plane_of
from xai_cam.images.picture import Region


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
    threshold: float | str = SHARE,
    region: Region | None = None,
    size: Sequence[int] | None = None,
) -> Box | None:
    """The box of the largest of a map's parts (see `components_of`); None where there is none.

    Of a volume it is a box in the slice in which the map is highest.

    Parameters
    ----------
    saliency_map : (h, w) float32, >= 0; (d, h, w) of a volume
        The map.
    threshold, region, size
        As for `components_of`; the size of a volume is (D, H, W).

    Raises
    ------
    InputError
        The threshold is none.
    """
    size = size or saliency_map.shape
    region = region or Region.whole(size)
    if len(size) == 3:
        number = peak_plane(saliency_map, region, size[0])
        saliency_map, size = plane_of(saliency_map, region, size[0], number), size[1:]
        region = replace(region, front=None, back=None)
    largest = components_of(saliency_map, threshold, "largest", region, size)
    if not largest:
        return None
    down, across = peak_of(saliency_map, region, size)
    return Box(*largest[0].box, (int(across), int(down)), (size[0], size[1]))
