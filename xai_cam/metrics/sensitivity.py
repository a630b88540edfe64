"""Max-sensitivity, in pure NumPy: how far a map changes with an image that has hardly changed.

Yeh et al. 2019, arXiv:1901.09392.
"""

from __future__ import annotations

import math

import numpy as np

from xai_cam.metrics.draws import draws_of, span_of

DRAWS = 10
"""Changed images a map."""

RADIUS = 0.02
"""The most that a value changes, as a share of the image's range of values."""


def shaken(image: np.ndarray, draw: int) -> np.ndarray:
    """The image (H, W, c) with e added, each value uniform in +-`RADIUS` of its range: one of `DRAWS`."""
    most = RADIUS * span_of(image)
    return (image + draws_of(image, 2, draw).uniform(-most, most, image.shape)).astype(np.float32)


def relative_change(before: np.ndarray, after: np.ndarray) -> float:
    """norm(M(x + e) - M(x)) / norm(M(x)) of saliency maps (H, W); NaN where one is not finite, M(x) is 0."""
    size = float(np.linalg.norm(before.astype(np.float64)))
    if not size > 0 or not np.isfinite(after).all():
        return math.nan
    return float(np.linalg.norm(after.astype(np.float64) - before)) / size
