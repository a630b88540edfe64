"""A canvas for pictures and texts, white or dark; every figure is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from xai_cam.drawing.text import cut, fitting_size, font

FONT_SIZE = 13
BLACK, GREY, FRAME = (0, 0, 0), (110, 110, 110), (205, 205, 205)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """The colours of a figure around its pictures: paper, texts, lesser texts, and where nothing was seen."""

    paper: Colour = (255, 255, 255)
    ink: Colour = BLACK
    soft: Colour = GREY
    unseen: Colour = (226, 226, 226)


THEMES = {"light": Theme(), "dark": Theme((22, 24, 29), (236, 237, 240), (160, 164, 172), (48, 51, 58))}


class Canvas:
    """A sheet of height x width; places are (top, left) in pixels."""

    def __init__(self, height: int, width: int, theme: Theme = THEMES["light"]) -> None:
        self.height, self.width, self.theme = height, width, theme
        self._image = Image.new("RGB", (width, height), theme.paper)
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
        """Draw a picture in the middle of an area (height, width), with a line of one pixel around it."""
        height, width = pixels.shape[:2]
        if room is not None:
            top, left = top + (room[0] - height) // 2, left + (room[1] - width) // 2
        self._image.paste(Image.fromarray(pixels), (left, top))
        if frame is not None:
            self._draw.rectangle((left - 1, top - 1, left + width, top + height), outline=frame)

    def tick(self, top: float, left: float, length: int) -> None:
        """Draw a short line to the right."""
        self._draw.line((left, top, left + length, top), self.theme.ink)

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
        ink: Colour | None = None,
    ) -> None:
        """Write a line of text.

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
        ink : (int, int, int), optional
            Colour of the text; default: the theme's.
        """
        if width is not None:
            size = fitting_size(text, size, width)
            text = text if whole else cut(text, size, width)
        self._draw.text((left, top), text, ink or self.theme.ink, font(size), anchor=anchor)
