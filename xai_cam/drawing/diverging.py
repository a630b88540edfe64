"""Colours of signed numbers: negative ones blue, positive ones red, 0 nearly white."""

from __future__ import annotations

import numpy as np

ANCHORS = np.array(
    [
        *((5, 48, 97), (33, 102, 172), (67, 147, 195), (146, 197, 222), (209, 229, 240)),
        (247, 247, 247),
        *((253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43), (103, 0, 31)),
    ],
    np.float64,
)
"""RGB at -1, -0.8, …, 1: the scheme RdBu of ColorBrewer (Brewer 2003), which the colour-blind can read."""

VIVID = np.array(
    [
        (0, 50, 255),
        (60, 140, 255),
        (170, 205, 255),
        (247, 247, 247),
        (255, 190, 165),
        (255, 105, 70),
        (240, 0, 35),
    ],
    np.float64,
)
"""RGB at -1, -2/3, …, 1: of maps, which are laid over photographs, where dark ends would be lost.

Red and blue of about one lightness, which no kind of colour blindness confuses.
"""


def diverging(values: np.ndarray, anchors: np.ndarray = ANCHORS) -> np.ndarray:
    """Numbers in [-1, 1] as colours; what lies outside is drawn as the nearest end, NaN as 0.

    Parameters
    ----------
    values : (…,) float
        Numbers to colour.
    anchors : (k, 3) float
        RGB of numbers at equal steps from -1 to 1.

    Returns
    -------
    pixels : (…, 3) uint8 RGB
    """
    last = len(anchors) - 1
    places = (np.clip(np.nan_to_num(values, nan=0.0), -1, 1) + 1) * last / 2
    shades = [np.interp(places, np.arange(last + 1), anchors[:, c]) for c in range(3)]
    return np.rint(np.stack(shades, axis=-1)).astype(np.uint8)
