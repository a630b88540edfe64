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


def diverging(values: np.ndarray) -> np.ndarray:
    """Numbers in [-1, 1] as colours; what lies outside is drawn as the nearest end, NaN as 0.

    Parameters
    ----------
    values : (…,) float
        Numbers to colour.

    Returns
    -------
    pixels : (…, 3) uint8 RGB
    """
    places = (np.clip(np.nan_to_num(values, nan=0.0), -1, 1) + 1) * 5
    shades = [np.interp(places, np.arange(len(ANCHORS)), ANCHORS[:, c]) for c in range(3)]
    return np.rint(np.stack(shades, axis=-1)).astype(np.uint8)
