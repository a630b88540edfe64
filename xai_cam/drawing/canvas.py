"""A white sheet that pictures are put on and texts are written on; every figure is one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from xai_cam.drawing.text import cut, fitting_size, font

FONT_SIZE = 13
BLACK, GREY, FRAME = (0, 0, 0), (110, 110, 110), (205, 205, 205)

Colour = tuple[int, int, int]


class Canvas:
    """A sheet of height x width; places are (top, left) in pixels."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self._image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self._image)

    @property
    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return np.asarray(self._image)

    def put(
        self,
        pixels: np.ndarray,
        top: int,
        left: int,
        room: tuple[int, int] | None = None,
        frame: Colour | None = None,
    ) -> None:
        """A picture, in the middle of its room (height, width), with a line of one pixel around it."""
        height, width = pixels.shape[:2]
        if room is not None:
            top, left = top + (room[0] - height) // 2, left + (room[1] - width) // 2
        self._image.paste(Image.fromarray(pixels), (left, top))
        if frame is not None:
            self._draw.rectangle((left - 1, top - 1, left + width, top + height), outline=frame)

    def tick(self, top: float, left: float, length: int) -> None:
        """A short line to the right."""
        self._draw.line((left, top, left + length, top), BLACK)

    def write(
        self,
        text: str,
        top: float,
        left: float,
        *,
        size: int = FONT_SIZE,
        width: int | None = None,
        whole: bool = False,
        anchor: str = "la",
        ink: Colour = BLACK,
    ) -> None:
        """A line of text.

        Parameters
        ----------
        text : str
            The line.
        top, left : float
            Where its anchor lies.
        size : int
            Size of the type in pixels.
        width : int, optional
            A wider text is set in smaller type, and cut where that is not enough.
        whole : bool
            Never cut it: let it run over.
        anchor : str
            What lies at (top, left), as Pillow has it: `la` is the upper left corner, `mm` the middle.
        ink : (int, int, int)
            Colour of the text.
        """
        if width is not None:
            size = fitting_size(text, size, width)
            text = text if whole else cut(text, size, width)
        self._draw.text((left, top), text, ink, font(size), anchor=anchor)
