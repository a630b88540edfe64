"""The colours of `glow`: made to be laid over photographs."""

from __future__ import annotations

import numpy as np

ANCHORS = np.array(
    [(20, 65, 250), (157, 20, 244), (238, 22, 158), (253, 120, 71), (253, 184, 90), (254, 243, 86)],
    np.float64,
)
"""sRGB at 0, 0.2, …, 1: blue, violet, magenta, orange, gold, yellow.

Each step is lighter than the one before (L of Oklab: 0.50 to 0.95), so that a grey copy keeps the order, and
from blue to yellow they differ for every kind of colour blindness. Between the anchors lie straight lines
in Oklab.
"""

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""Linear sRGB -> cones, and cube roots of these -> Oklab (Ottosson 2020), in which equal steps look equal."""


def glow(levels: int = 256) -> np.ndarray:
    """The colours of equal steps from 0 to 1, (levels, 3) uint8 RGB."""
    anchors = to_oklab(ANCHORS)
    places = np.linspace(0, len(anchors) - 1, levels)
    between = [np.interp(places, np.arange(len(anchors)), column) for column in anchors.T]
    return from_oklab(np.stack(between, axis=-1))


def to_oklab(colours: np.ndarray) -> np.ndarray:
    """sRGB (…, 3) in [0, 255] as Oklab: lightness in [0, 1], green to red, blue to yellow."""
    encoded = np.asarray(colours, np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ TO_CONES.T) @ TO_OKLAB.T


def from_oklab(colours: np.ndarray) -> np.ndarray:
    """Oklab (…, 3) as sRGB, uint8; what sRGB does not have is drawn as its nearest end."""
    cones = (colours @ np.linalg.inv(TO_OKLAB).T) ** 3
    linear = np.clip(cones @ np.linalg.inv(TO_CONES).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)
