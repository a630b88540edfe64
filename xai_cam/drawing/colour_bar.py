"""Scales of colours, and the bars that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.canvas import THEMES, Canvas, Colour, Theme
from xai_cam.drawing.colormaps import colour, lowest_of
from xai_cam.drawing.diverging import diverging
from xai_cam.drawing.overlay import OverlayStyle, blend

SHADES = 256
MIDDLE_GREY = 128
BAR, TICK = 18, 4
"""Width of a bar, and of the ticks beside it."""


@dataclass(frozen=True)
class BarStyle:
    """Width with the texts; room to the left, and above and below; type; room before it; frame; colours."""

    width: int = 132
    gap: int = 8
    margin: int = 11
    font_size: int = 15
    space: int = 3
    frame: Colour | None = None
    theme: Theme = THEMES["light"]
    thickness: int = BAR


def shades_of(colormap: str | None, count: int = SHADES) -> np.ndarray:
    """The colours of a scale from its lowest value on, (count, 3) uint8; None: diverging ones."""
    if colormap is None:
        return diverging(np.linspace(-1, 1, count))
    return colour(np.linspace(lowest_of(colormap), 1, count)[:, None], colormap)[:, 0]


def bar_shades(style: OverlayStyle | None = None, pixels: np.ndarray | None = None) -> np.ndarray:
    """The colours in which an overlay shows values up to 1, (256, 3) uint8 RGB, the lowest first: 0, or -1.

    An overlay lets the picture through, so that its colours depend on what lies below: they are those over
    the mean colour of the picture (H, W, 3), and over a middle grey without one.
    """
    below = np.full(3, MIDDLE_GREY) if pixels is None else pixels.reshape(-1, 3).mean(axis=0)
    plain = np.tile(np.rint(below).astype(np.uint8), (SHADES, 1, 1))
    style = style or OverlayStyle()
    return blend(plain, np.linspace(lowest_of(style.colours), 1, SHADES)[:, None], style)[:, 0]


def draw_colour_bar(
    shades: np.ndarray, ticks: Sequence[tuple[float, str]], height: int, style: BarStyle | None = None
) -> np.ndarray:
    """A bar with the first of the shades (n, 3) at its foot, and texts beside it.

    Parameters
    ----------
    shades : (n, 3) or (n, k, 3) uint8
        Colours of the bar, the lowest first; (n, k, 3) for k bars side by side.
    ticks : sequence of (place, text)
        Places in [0, 1], from the foot up.
    height : int
        Height of the bar's picture in pixels.
    style : BarStyle, optional
        How it is drawn.

    Returns
    -------
    pixels : (height, style.width, 3) uint8 RGB
    """
    style = style or BarStyle()
    canvas, length = Canvas(height, style.width, style.theme), height - 2 * style.margin
    rows = np.linspace(len(shades) - 1, 0, length).round().astype(int)
    bars = shades[:, None] if shades.ndim == 2 else shades
    canvas.put(
        bars[rows].repeat(style.thickness // bars.shape[1], axis=1),
        style.margin,
        style.gap,
        frame=style.frame,
    )
    left = style.gap + style.thickness
    text = left + TICK + style.space
    for place, label in ticks:
        middle, room = style.margin + (1 - place) * (length - 1), style.width - text
        canvas.tick(middle, left, TICK)
        canvas.write(label, middle, text, size=style.font_size, width=room, whole=True, anchor="lm")
    return canvas.pixels
