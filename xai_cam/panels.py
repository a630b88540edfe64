"""Pictures side by side with their captions, as figures of papers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GAP, CAPTION, FONT_SIZE = 8, 30, 15
SMALLEST_FONT = 9


@dataclass(frozen=True)
class Panel:
    """One picture, (H, W, 3) uint8, and the line below it."""

    pixels: np.ndarray
    caption: str


def draw_panels(rows: Sequence[Sequence[Panel]], height: int = 288) -> np.ndarray:
    """Rows of panels, all of one height, on white.

    Pictures keep their shapes; where rows differ in width, the narrower ones are centred. A caption that is
    wider than its picture is set in smaller type.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    pictures = [[_at_height(panel.pixels, height) for panel in row] for row in rows]
    widths = [sum(p.width for p in row) + GAP * (len(row) - 1) for row in pictures]
    figure = Image.new("RGB", (max(widths), len(rows) * (height + CAPTION)), "white")
    draw = ImageDraw.Draw(figure)
    for number, (row, panels, width) in enumerate(zip(pictures, rows, widths, strict=True)):
        left, top = (figure.width - width) // 2, number * (height + CAPTION)
        for picture, panel in zip(row, panels, strict=True):
            figure.paste(picture, (left, top))
            middle = left + picture.width / 2, top + height + CAPTION / 2
            font = _fitting_font(draw, panel.caption, picture.width + GAP)
            draw.text(middle, panel.caption, "black", font, anchor="mm")
            left += picture.width + GAP
    return np.asarray(figure)


def _at_height(pixels: np.ndarray, height: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    if picture.height == height:
        return picture
    width = max(1, round(picture.width * height / picture.height))
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def _fitting_font(
    draw: ImageDraw.ImageDraw, text: str, width: int
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for size in range(FONT_SIZE, SMALLEST_FONT, -1):
        font = ImageFont.load_default(size)
        if draw.textlength(text, font) <= width:
            return font
    return ImageFont.load_default(SMALLEST_FONT)
