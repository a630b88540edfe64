"""Numbers of both signs as colours: blue below 0, white at 0, red above it."""

from __future__ import annotations

import numpy as np

BLUES = ((0, 71, 133), (0, 112, 181), (64, 157, 223), (168, 202, 239))
WHITE = (246, 246, 246)
REDS = ((247, 183, 174), (232, 115, 104), (194, 53, 51), (134, 27, 29))
ANCHORS = np.array((*BLUES, WHITE, *REDS), float)
"""Evenly spaced from -limit to limit. Their CIE lightness falls from 97 at 0 by steps of 17 on both sides alike."""

NO_NUMBER = (128, 128, 128)


def diverging(values: np.ndarray, limit: float) -> np.ndarray:
    """Colours of numbers from -limit (dark blue) over 0 (white) to limit (dark red).

    Parameters
    ----------
    values : (...) float
        Those beyond the limits get the colours of the limits; NaN is grey.
    limit : float
        Largest size of all that is drawn on one scale; 0: everything is white.

    Returns
    -------
    pixels : (..., 3) uint8 RGB
    """
    places = np.zeros(np.shape(values)) if limit <= 0 else np.clip(np.asarray(values, float) / limit, -1, 1)
    known = np.linspace(-1, 1, len(ANCHORS))
    pixels = np.stack([np.interp(places, known, ANCHORS[:, c]) for c in range(3)], axis=-1)
    pixels[np.isnan(places)] = NO_NUMBER
    return np.rint(pixels).astype(np.uint8)
