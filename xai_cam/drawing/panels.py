"""Pictures side by side with their captions, as figures of papers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_cam.drawing.canvas import GREY, Canvas, Colour
from xai_cam.drawing.text import wrap
from xai_cam.drawing.tiles import centred

GAP, MARGIN, LINE, FONT_SIZE = 8, 11, 19, 15

WIDEST = 10
"""A picture that is wider than so many heights gets white above and below: else a strip of a few rows of
pixels would make a figure that no viewer opens."""


@dataclass(frozen=True)
class Panel:
    """One picture, (H, W, 3) uint8, and the lines below it."""

    pixels: np.ndarray
    caption: str


def framed(pixels: np.ndarray, colour: Colour, width: int) -> np.ndarray:
    """A picture (H, W, 3) with a line of so many pixels around it, drawn over its edges."""
    drawn = np.empty_like(pixels)
    drawn[:] = colour
    inner = slice(width, -width), slice(width, -width)
    drawn[inner] = pixels[inner]
    return drawn


def add_note(figure: np.ndarray, text: str) -> np.ndarray:
    """A figure with a text below it, in as many lines as its width asks for."""
    height, width = figure.shape[:2]
    lines = wrap(text, FONT_SIZE, width - 2 * MARGIN)
    canvas = Canvas(height + 2 * MARGIN + LINE * len(lines), width)
    canvas.put(figure, 0, 0)
    for i, line in enumerate(lines):
        canvas.write(line, height + MARGIN + i * LINE, MARGIN, size=FONT_SIZE, ink=GREY)
    return canvas.pixels


def draw_panels(rows: Sequence[Sequence[Panel]], height: int = 288, font_size: int = FONT_SIZE) -> np.ndarray:
    """Rows of panels, all of one height, on white.

    Pictures keep their shapes, with white above and below the widest (`WIDEST`); where rows differ in width,
    the narrower ones are centred. A line of a caption that is wider than its picture is set in smaller type.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    pictures = [[_at_height(panel.pixels, height) for panel in row] for row in rows]
    widths = [sum(p.shape[1] for p in row) + GAP * (len(row) - 1) for row in pictures]
    step = round(LINE * font_size / FONT_SIZE)
    below = MARGIN + step * max(panel.caption.count("\n") + 1 for row in rows for panel in row)
    canvas = Canvas(len(rows) * (height + below), max(widths))
    for number, (row, panels, taken) in enumerate(zip(pictures, rows, widths, strict=True)):
        left, top = (canvas.width - taken) // 2, number * (height + below)
        for picture, panel in zip(row, panels, strict=True):
            width = picture.shape[1]
            canvas.put(picture, top, left)
            middle = top + height + (MARGIN + step) / 2, left + width / 2
            for i, line in enumerate(panel.caption.split("\n")):
                place = middle[0] + i * step, middle[1]
                canvas.write(line, *place, size=font_size, width=width + GAP, whole=True, anchor="mm")
            left += width + GAP
    return canvas.pixels


def _at_height(pixels: np.ndarray, height: int) -> np.ndarray:
    """A picture at the height of its row, or at the width that fits into it."""
    rows, columns = pixels.shape[:2]
    widest, width = WIDEST * height, max(1, round(columns * height / rows))
    size = (width, height) if width <= widest else (widest, max(1, round(rows * widest / columns)))
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    return centred(np.asarray(resized), (height, size[0]))
