"""A white sheet that pictures are put on and texts fitted into."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_SIZE, SMALLEST_FONT = 13, 9
BLACK, GREY, FRAME = (0, 0, 0), (110, 110, 110), (205, 205, 205)


class Canvas:
    """A sheet of height x width."""

    def __init__(self, height: int, width: int) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self.image)

    @property
    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return np.asarray(self.image)

    def put(self, pixels: np.ndarray, top: int, left: int, room: tuple[int, int] | None = None) -> None:
        """A framed picture, in the middle of its room."""
        height, width = pixels.shape[:2]
        if room is not None:
            top, left = top + (room[0] - height) // 2, left + (room[1] - width) // 2
        self.image.paste(Image.fromarray(pixels), (left, top))
        self._draw.rectangle((left - 1, top - 1, left + width, top + height), outline=FRAME)

    def paste(self, pixels: np.ndarray, top: int, left: int) -> None:
        """A picture without a frame."""
        self.image.paste(Image.fromarray(pixels), (left, top))

    def write(
        self,
        text: str,
        top: int,
        left: int,
        width: int,
        *,
        size: int = FONT_SIZE,
        centred: bool = False,
        ink: tuple[int, int, int] = BLACK,
    ) -> None:
        """A line of text, set smaller where it is wider than `width`, and cut where that is not enough."""
        text = " ".join(text.encode("utf-8", "replace").decode().split())  # a file's name may hold anything
        while size > SMALLEST_FONT and measure(text, size) > width:
            size -= 1
        if measure(text, size) > width:
            text = _cut(text, size, width)
        place = left + width / 2 if centred else left
        self._draw.text((place, top), text, ink, _font(size), anchor="ma" if centred else "la")


def measure(text: str, size: int = FONT_SIZE) -> int:
    """Width of a line of text."""
    return math.ceil(_font(size).getlength(text))


def _cut(text: str, size: int, width: int) -> str:
    """The end of a text: of a layer's path that is the part that tells it from others."""
    while len(text) > 1 and measure("…" + text, size) > width:
        text = text[1:]
    return "…" + text


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Loading one takes longer than writing a line."""
    return ImageFont.load_default(size)
