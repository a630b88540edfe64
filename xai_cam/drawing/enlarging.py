"""Small pictures drawn larger, pixel by pixel, so that they can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.picture import Region

TINY, LEGIBLE = 112, 224
"""A picture whose longer side is below the first is drawn at least as long as the second."""

MAX_ENLARGED_PIXELS = 25_000_000


def enlargement(size: Sequence[int], wanted: int | None = None) -> int:
    """How many times as large a picture of `size` (H, W) is drawn, by a whole factor from 1 on.

    Parameters
    ----------
    size : (int, int)
        Height and width of the picture.
    wanted : int, optional
        The factor; default: 1, and for tiny pictures the smallest that makes them legible.

    Raises
    ------
    ImageError
        The enlarged picture would fill the memory.
    """
    longer = max(size)
    factor = wanted or (-(-LEGIBLE // longer) if longer < TINY else 1)
    height, width = size[0] * factor, size[1] * factor
    if factor > 1 and height * width > MAX_ENLARGED_PIXELS:
        raise ImageError(
            f"enlarged {factor} times it would have {height} x {width} pixels, more than the limit of "
            f"{MAX_ENLARGED_PIXELS:,}; use a smaller `enlarge`"
        )
    return factor


def enlarge(pixels: np.ndarray, region: Region, factor: int) -> tuple[np.ndarray, Region]:
    """A picture (H, W, 3) with each pixel drawn as a square of `factor` x `factor`, and the region in it."""
    large = pixels if factor == 1 else pixels.repeat(factor, axis=-3).repeat(factor, axis=-2)
    *planes, rows, columns = region.spans
    return large, Region.of([*planes, *((first * factor, last * factor) for first, last in (rows, columns))])
