"""Colours of maps: of values from 0 to 1, and of signed ones from -1 to 1."""

from __future__ import annotations

from functools import cache

import numpy as np

from xai_cam.drawing.diverging import VIVID, diverging
from xai_cam.drawing.glow import glow

COLORMAPS = (
    *("glow", "turbo", "jet", "ocean", "viridis", "inferno", "magma", "plasma", "cividis"),
    *("hot", "bone", "parula", "rainbow", "hsv"),
)
"""Colour maps of values from 0 to 1: `glow` is our own, the others are OpenCV's, under its names."""

DEFAULT_COLORMAP = COLORMAPS[0]

DIVERGING = "diverging"
"""The colours of values from -1 to 1, which have two sides: blue below 0, red above."""

MIDDLE, SIDE = 128, 127
"""The level of 0 among those of signed values, and how many there are on either side of it."""


def colour(values: np.ndarray, colormap: str = DEFAULT_COLORMAP) -> np.ndarray:
    """Values (H, W) in [0, 1], of `DIVERGING` in [-1, 1] -> (H, W, 3) uint8 RGB."""
    import cv2

    return np.asarray(cv2.applyColorMap(levels_of(values, colormap), table_of(colormap)))


def lowest_of(colormap: str) -> float:
    """The value at the lower end of a colour map, whose upper one is 1."""
    return -1.0 if colormap == DIVERGING else 0.0


def levels_of(values: np.ndarray, colormap: str) -> np.ndarray:
    """Values as the levels, uint8, whose colours `table_of` has; what lies outside is at the nearest end."""
    if colormap == DIVERGING:
        return (np.rint(np.clip(values, -1, 1) * SIDE) + MIDDLE).astype(np.uint8)
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def heights_of(colormap: str) -> np.ndarray:
    """(256,) in [0, 1]: how far from 0 the values of the levels are."""
    if colormap == DIVERGING:
        return np.abs(_signed())
    return np.linspace(0, 1, 256)


@cache
def table_of(colormap: str) -> np.ndarray:
    """(256, 1, 3) uint8 RGB of the levels of a colour map."""
    import cv2

    if colormap == DIVERGING:
        return diverging(_signed(), VIVID)[:, None]
    if colormap == "glow":
        return glow()[:, None]
    number = getattr(cv2, f"COLORMAP_{colormap.upper()}")
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], number)
    return np.ascontiguousarray(table[..., ::-1])


def _signed() -> np.ndarray:
    """The values of the levels of signed ones; there is one level more than has a use, the lowest."""
    return np.maximum((np.arange(256) - MIDDLE) / SIDE, -1)
