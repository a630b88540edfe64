"""A canvas for pictures and texts, white or dark; every figure is one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.text import cut, fitting_size, text_mask

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
        self.pixels = np.full((height, width, 3), theme.paper, np.uint8)
        """(H, W, 3) uint8 RGB."""

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
        if frame is not None:
            for y, x, high, wide in (
                *((y, left - 1, 1, width + 2) for y in (top - 1, top + height)),
                *((top, x, height, 1) for x in (left - 1, left + width)),
            ):
                self._part(y, x, high, wide)[0][:] = frame
        part, inside = self._part(top, left, height, width)
        part[:] = pixels[inside]

    def tick(self, top: float, left: float, length: int) -> None:
        """Draw a short line to the right."""
        self._part(int(top), int(left), 1, length + 1)[0][:] = self.theme.ink

    def _part(self, top: int, left: int, height: int, width: int) -> tuple[np.ndarray, tuple[slice, slice]]:
        """An area of the sheet, without what lies beyond its edges, and which part of the area that is."""
        rows, columns = _within(top, height, self.height), _within(left, width, self.width)
        inside = (
            slice(rows.start - top, rows.stop - top),
            slice(columns.start - left, columns.stop - left),
        )
        return self.pixels[rows, columns], inside

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
        (up, y), (across, x) = math.modf(top), math.modf(left)
        mask, above, before = text_mask(text, size, anchor, (across, up))
        part, inside = self._part(int(y) - above, int(x) - before, *mask.shape)
        _blend(part, mask[inside], ink or self.theme.ink)


def _within(start: int, length: int, room: int) -> slice:
    """The pixels of a line that lie within a room."""
    first = max(0, start)
    return slice(first, max(first, min(room, start + length)))


def _blend(part: np.ndarray, mask: np.ndarray, ink: Colour) -> None:
    """Lay ink on a part of a sheet, as opaque as a mask (h, w) from 0 to 255 is high."""
    share = mask[..., None].astype(np.uint16)
    mixed = part * (255 - share) + np.array(ink, np.uint16) * share + np.uint16(128)
    part[:] = ((mixed >> 8) + mixed) >> 8  # divided by 255, and rounded
