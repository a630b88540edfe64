"""Pixels of a picture that Pillow has opened, taken from it a few rows at a time.

Whole copies in between (with transparency, on white, turned) would take many times a picture's own memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import ExifTags, Image

STRIP_PIXELS = 1 << 20
"""Of a strip; smaller pictures are taken whole."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Transpositions by EXIF orientation. `ImageOps.exif_transpose` also rewrites the EXIF: odd tags break it."""

FROM_BELOW = (3, 4, 6, 7)
"""Orientations in which the first row of a file becomes the last row or column."""

SIDEWAYS = (5, 6, 7, 8)

TRANSPARENT_MODES = ("RGBA", "LA", "PA", "RGBa", "La")


def orientation_of(image: Image.Image) -> Any:
    """How a picture is to be turned, as its EXIF says; of a PNG known when it was decoded."""
    return image.getexif().get(ExifTags.Base.Orientation)


def strips_of(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Parts of a picture from top to bottom, each with its first row."""
    rows = max(1, STRIP_PIXELS // max(1, image.width))
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def gather(image: Image.Image, convert: Callable[[Image.Image], np.ndarray]) -> np.ndarray:
    """A picture (H, W, …), converted strip by strip, and turned as its EXIF asks."""
    orientation = orientation_of(image)
    turn, found = TURNS.get(orientation), np.empty(0)
    for top, strip in strips_of(image):
        part = convert(strip if turn is None else strip.transpose(turn))
        if strip is image:
            return part
        if not top:
            width, height = image.size[::-1] if orientation in SIDEWAYS else image.size
            found = np.empty((height, width, *part.shape[2:]), part.dtype)
        first = image.height - top - strip.height if orientation in FROM_BELOW else top
        place = slice(first, first + strip.height)
        found[(slice(None), place) if orientation in SIDEWAYS else place] = part
    return found


def has_transparency(image: Image.Image) -> bool:
    """Whether some of its pixels may be seen through."""
    return image.mode in TRANSPARENT_MODES or "transparency" in image.info


def in_colour(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 RGB, on white."""
    if has_transparency(image):
        coloured = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", coloured.size, (255, 255, 255, 255)), coloured)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
