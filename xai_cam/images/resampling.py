"""Pictures at another size by Pillow's filters, a few rows at a time: a large one is never copied whole.

Pillow resizes across first and then down, unless a picture loses far more of its height than of its width. In
two steps, the first of them strip by strip, that gives the same numbers.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from xai_cam.images.pixels import STRIP_PIXELS

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Pillow's filters by the names that Keras, TensorFlow and OpenCV have for them; the first is the default.

All but `nearest` are antialiased: where a picture becomes smaller, every pixel of it counts.
"""

DEFAULT_FILTER = next(iter(FILTERS))

NARROWER, TALLER = 2, 1.5
"""A picture that becomes so many times narrower at least, is not more than so many times as high as wide,
and loses not more than so many times as much of its height, is resized across first by every Pillow."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part, in pixels."""


def resample(
    values: np.ndarray,
    size: tuple[int, int],
    how: str = DEFAULT_FILTER,
    box: Box | None = None,
    mode: str | None = None,
) -> np.ndarray:
    """(H, W) or (H, W, 3) values at the `size` (h, w), as `Image.resize` gives them.

    Parameters
    ----------
    values : uint8, or float32 of one plane
        The picture.
    size : (int, int)
        Height and width.
    how : str
        One of `FILTERS`.
    box : (left, top, right, bottom), optional
        The part that is resized; default: all.
    mode : str, optional
        Pillow's mode that the picture is brought to first: `L` makes it grey by ITU-R 601.
    """
    height, width = values.shape[:2]
    box = box or (0, 0, width, height)
    rows = max(1, STRIP_PIXELS // width)
    same = size == (height, width) and box == (0, 0, width, height)
    if rows >= height or not (same or _across_first(size, box)):
        return _by_pillow(values, size, how, box, mode)
    found = np.empty(0)
    for top in range(0, height, rows):
        part = values[top : top + rows]
        across = _by_pillow(part, (len(part), size[1]), how, (box[0], 0, box[2], len(part)), mode)
        if not top:
            found = np.empty((height, *across.shape[1:]), across.dtype)
        found[top : top + rows] = across
    return found if same else _by_pillow(found, size, how, (0, box[1], size[1], box[3]))


def _across_first(size: tuple[int, int], box: Box) -> bool:
    """Whether Pillow resizes the width before the height; Pillow 13 does not always."""
    width, height = box[2] - box[0], box[3] - box[1]
    narrower, lower = width / size[1], height / size[0]
    return narrower >= NARROWER and lower <= TALLER * narrower and height <= TALLER * width


def _by_pillow(
    values: np.ndarray, size: tuple[int, int], how: str, box: Box, mode: str | None = None
) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(values))
    if mode is not None:
        image = image.convert(mode)
    return np.asarray(image.resize(size[::-1], FILTERS[how], box=box))
