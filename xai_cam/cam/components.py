"""The parts of a map above a threshold, as weakly supervised localisation finds objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.cam.threshold import SHARE, Threshold
from xai_cam.drawing.overlay import place
from xai_cam.errors import InputError
from xai_cam.images.picture import Region

COMPONENTS = ("largest", "all")
"""Which parts are asked for."""


@dataclass(frozen=True, eq=False)
class Component:
    """A part of a map above a threshold, in pixels of the picture: x runs to the right and y down.

    Attributes
    ----------
    x0, y0, x1, y1 : int
        Its box: `pixels[y0:y1, x0:x1]`; the last two lie just outside.
    area : int
        How many pixels it has.
    peak : (int, int)
        x and y of the pixel in the middle of its highest cell; of a part without the middle of a cell, its
        highest pixel.
    height : float
        Its highest value, as a share of the map's maximum in the picture.
    size : (int, int)
        Height and width of what it lies in: the original picture, or the map's own grid where the picture is
        not known.
    inside : (y1 - y0, x1 - x0) bool
        Which pixels of its box it has.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    area: int
    peak: tuple[int, int]
    height: float
    size: tuple[int, int]
    inside: np.ndarray

    @property
    def box(self) -> tuple[int, int, int, int]:
        """`x0`, `y0`, `x1`, `y1`."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool of the whole picture."""
        return mask_of([self], self.size)


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a map in order, each looked at when it is asked for: maps of noise have thousands.

    Attributes
    ----------
    numbers : sequence of int
        Tell them apart.
    look : callable
        Number -> part.
    """

    numbers: Sequence[int] = ()
    look: Callable[[int], Component] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def first(self, count: int | None = None) -> list[Component]:
        """As many of them as that, or all."""
        return [] if self.look is None else list(map(self.look, self.numbers[:count]))


def mask_of(components: Sequence[Component], size: Sequence[int]) -> np.ndarray:
    """Where parts of a map are in a picture of this size, (H, W) bool."""
    mask = np.zeros(tuple(size), bool)
    for one in components:
        mask[one.y0 : one.y1, one.x0 : one.x1] |= one.inside
    return mask


def components_of(
    saliency_map: np.ndarray,
    threshold: float | str = SHARE,
    components: str = "all",
    region: Region | None = None,
    size: Sequence[int] | None = None,
) -> list[Component]:
    """The parts of a map at or above a threshold as a list, the largest alone or all.

    Parameters
    ----------
    saliency_map, threshold, region, size
        As for `parts_of`.
    components : str
        `largest` or `all`.

    Raises
    ------
    InputError
        The components are none, or as of `parts_of`.
    """
    if components not in COMPONENTS:
        raise InputError(f"`components` is {components!r}. Use {' or '.join(COMPONENTS)}.")
    found = parts_of(saliency_map, threshold, region, size)
    return found.first(1 if components == "largest" else None)


def parts_of(
    saliency_map: np.ndarray,
    threshold: float | str = SHARE,
    region: Region | None = None,
    size: Sequence[int] | None = None,
) -> Parts:
    """The parts of a map at or above a threshold, the largest first, of equal ones the upper, then the left.

    Pixels are neighbours that share a side or a corner, as they are to OpenCV's contours, by which Choe et
    al. 2020, arXiv:2007.04178, draw boxes. Unlike theirs, the map is not rounded to 8 bits, pixels at the
    threshold are inside, a part is as large as it has pixels, holes left out, and boxes are half-open.
    There is none in a map that is zero, flat, or not finite.

    Parameters
    ----------
    saliency_map : (h, w) float32, >= 0
        The map; the threshold is of what becomes of it in the pixels of the picture.
    threshold : float or str
        As `Threshold.of` takes it.
    region : Region, optional
        What the map covers of the picture; default: all.
    size : (H, W), optional
        Size of the picture; default: the map's own.

    Raises
    ------
    InputError
        The threshold is none, or the map is that of a volume.
    """
    import cv2

    level = Threshold.of(threshold)
    if saliency_map.ndim != 2:
        raise InputError("The map is one of a volume, and its parts are found in pictures. Use `box()`.")
    size = (size or saliency_map.shape)[0], (size or saliency_map.shape)[1]
    region = region or Region.whole(size)
    if not np.isfinite(saliency_map).all() or saliency_map.min() == saliency_map.max():
        return Parts()
    placed, seen = place(saliency_map, region, size)
    if not placed.max() > 0:  # it lies beside the picture, as in the bars of a letterbox
        return Parts()
    bright = level.above(placed, seen).view(np.uint8)
    _, labels, found, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    order = np.lexsort((found[:, cv2.CC_STAT_LEFT], found[:, cv2.CC_STAT_TOP], -found[:, cv2.CC_STAT_AREA]))
    peaks, highest = _peaks(saliency_map, region, labels), placed.max()

    def part(number: int) -> Component:
        left, top, width, height, area = map(int, found[number])
        window = slice(top, top + height), slice(left, left + width)
        inside = labels[window] == number
        values = np.where(inside, placed[window], 0)
        down, across = divmod(int(values.argmax()), width)
        peak, share = peaks.get(number, (left + across, top + down)), float(values.max() / highest)
        return Component(left, top, left + width, top + height, area, peak, share, size, inside)

    return Parts([int(number) for number in order if number > 0], part)


def _peaks(saliency_map: np.ndarray, region: Region, labels: np.ndarray) -> dict[int, tuple[int, int]]:
    """Of each part that has the middle of a cell: x and y of that of its highest cell."""
    rows, columns = (
        np.clip(first + (np.arange(cells) + 0.5) * (last - first) / cells, 0.5, side - 0.5).astype(int)
        for cells, (first, last), side in zip(saliency_map.shape, region.spans, labels.shape, strict=True)
    )
    falling = np.argsort(-saliency_map, axis=None, kind="stable")
    numbers, firsts = np.unique(labels[np.ix_(rows, columns)].ravel()[falling], return_index=True)
    places: Any = np.unravel_index(falling[firsts], saliency_map.shape)
    return {
        int(number): (int(columns[across]), int(rows[down]))
        for number, down, across in zip(numbers, *places, strict=True)
    }
