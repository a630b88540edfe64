"""Pixels of a picture that Pillow has opened, taken from it a few rows at a time.

Whole copies in between (with transparency, on white, turned) would take many times a picture's own memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image

from xai_cam.files.strips import is_large

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

FROM_THE_RIGHT = (2, 3, 7, 8)
"""The same of the first column."""

SIDEWAYS = (5, 6, 7, 8)

Place = tuple[slice, ...]
Part = tuple[Place, np.ndarray]
Kept = tuple[Place, tuple[int, ...], np.dtype[Any]]
"""Where a part belongs, its shape and its kind of numbers."""

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


def gather(
    image: Image.Image, convert: Callable[[Image.Image], np.ndarray], use_up: bool = False
) -> np.ndarray:
    """A picture (H, W, …), converted strip by strip, and turned as its EXIF asks.

    `use_up`: a large picture may be closed on the way. Then what was converted waits on the disk until
    Pillow's four bytes a pixel are free.
    """
    orientation = orientation_of(image)
    turn = TURNS.get(orientation)
    size = image.size if orientation in SIDEWAYS else image.size[::-1]

    def converted() -> Iterator[Part]:
        for top, strip in strips_of(image):
            part = convert(strip if turn is None else strip.transpose(turn))
            first = image.height - top - strip.height if orientation in FROM_BELOW else top
            place = slice(first, first + strip.height)
            yield ((slice(None), place) if orientation in SIDEWAYS else (place,)), part

    if use_up and is_large(size):
        with suppress(OSError), TemporaryFile() as file:  # without room on the disk, as any other
            return _assembled(size, _from_disk(list(_to_disk(converted(), file)), file, image))
    return _assembled(size, converted())


def _to_disk(parts: Iterator[Part], file: IO[bytes]) -> Iterator[Kept]:
    for place, part in parts:
        file.write(np.ascontiguousarray(part).data)
        yield place, part.shape, part.dtype


def _from_disk(kept: list[Kept], file: IO[bytes], image: Image.Image) -> Iterator[Part]:
    file.seek(0)  # what could not be written is known now
    image.close()
    for place, shape, dtype in kept:
        yield place, np.frombuffer(file.read(dtype.itemsize * math.prod(shape)), dtype).reshape(shape)


def _assembled(size: tuple[int, ...], parts: Iterator[Part]) -> np.ndarray:
    """The parts of a picture of so many rows and columns; a single one is it already."""
    found: np.ndarray | None = None
    for place, part in parts:
        if part.shape[:2] == size:
            return part
        if found is None:
            found = np.empty((*size, *part.shape[2:]), part.dtype)
        found[place] = part
    assert found is not None, "a picture has rows"
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
