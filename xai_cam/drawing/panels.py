"""Pictures side by side with their captions, as figures of papers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xai_cam.drawing.overlay import colour

GAP, MARGIN, LINE, FONT_SIZE = 8, 11, 19, 15
SMALLEST_FONT, BAR = 9, 18

WIDEST = 10
"""A picture that is wider than so many heights gets white above and below: else a strip of a few rows of
pixels would make a figure that no viewer opens."""


@dataclass(frozen=True)
class Panel:
    """One picture, (H, W, 3) uint8, and the lines below it."""

    pixels: np.ndarray
    caption: str


def draw_panels(rows: Sequence[Sequence[Panel]], height: int = 288) -> np.ndarray:
    """Rows of panels, all of one height, on white.

    Pictures keep their shapes, with white above and below the widest (`WIDEST`); where rows differ in width,
    the narrower ones are centred. A line of a caption that is wider than its picture is set in smaller type.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    pictures = [[_at_height(panel.pixels, height) for panel in row] for row in rows]
    widths = [sum(p.width for p in row) + GAP * (len(row) - 1) for row in pictures]
    below = MARGIN + LINE * max(panel.caption.count("\n") + 1 for row in rows for panel in row)
    figure = Image.new("RGB", (max(widths), len(rows) * (height + below)), "white")
    draw = ImageDraw.Draw(figure)
    for number, (row, panels, width) in enumerate(zip(pictures, rows, widths, strict=True)):
        left, top = (figure.width - width) // 2, number * (height + below)
        for picture, panel in zip(row, panels, strict=True):
            figure.paste(picture, (left, top))
            for i, line in enumerate(panel.caption.split("\n")):
                middle = left + picture.width / 2, top + height + (MARGIN + LINE) / 2 + i * LINE
                font = _fitting_font(draw, line, picture.width + GAP)
                draw.text(middle, line, "black", font, anchor="mm")
            left += picture.width + GAP
    return np.asarray(figure)


def draw_colour_bar(
    height: int, colormap: str, ticks: Sequence[tuple[float, str]], width: int = 132
) -> np.ndarray:
    """A scale of colours from 0 (below) to 1, with texts beside it.

    Parameters
    ----------
    ticks : sequence of (place, text)
        Places in [0, 1].

    Returns
    -------
    pixels : (height, width, 3) uint8 RGB
    """
    bar = Image.new("RGB", (width, height), "white")
    shades = np.linspace(1, 0, height - 2 * MARGIN, dtype=np.float32)[:, None].repeat(BAR, axis=1)
    bar.paste(Image.fromarray(colour(shades, colormap)), (GAP, MARGIN))
    draw = ImageDraw.Draw(bar)
    for place, text in ticks:
        middle = MARGIN + (1 - place) * (height - 2 * MARGIN - 1)
        draw.line((GAP + BAR, middle, GAP + BAR + 4, middle), "black")
        font = _fitting_font(draw, text, width - GAP - BAR - 7)
        draw.text((GAP + BAR + 7, middle), text, "black", font, anchor="lm")
    return np.asarray(bar)


def _at_height(pixels: np.ndarray, height: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    if picture.height == height and picture.width <= WIDEST * height:
        return picture
    width = max(1, round(picture.width * height / picture.height))
    if width <= WIDEST * height:
        return picture.resize((width, height), Image.Resampling.BILINEAR)
    canvas = Image.new("RGB", (WIDEST * height, height), "white")
    rows = max(1, round(picture.height * canvas.width / picture.width))
    canvas.paste(picture.resize((canvas.width, rows), Image.Resampling.BILINEAR), (0, (height - rows) // 2))
    return canvas


def _fitting_font(
    draw: ImageDraw.ImageDraw, text: str, width: int
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for size in range(FONT_SIZE, SMALLEST_FONT, -1):
        font = ImageFont.load_default(size)
        if draw.textlength(text, font) <= width:
            return font
    return ImageFont.load_default(SMALLEST_FONT)
