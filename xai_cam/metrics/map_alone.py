"""What a map is like by itself, in pure NumPy: how much of the image it covers, and how it is spread there.

Each takes a saliency map (H, W) at the input's size, in [0, 1], and knows nothing of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np


def complexity(saliency: np.ndarray) -> float:
    """sum(M) / N, the mean of the map over its N pixels, 0 to 1 (Poppi et al. 2021).

    The paper divides the L1 norm by the number of pixels; 0 of a blank map.
    """
    return float(saliency.mean(dtype=np.float64))


def entropy(saliency: np.ndarray) -> float:
    """-sum q log q with q = M / sum(M), natural logarithm, 0 to log N (Bhatt et al. 2020).

    0 where one pixel holds all, log N where all are equal; NaN of a blank map.
    """
    total = float(saliency.sum(dtype=np.float64))
    if not total > 0:
        return math.nan
    q = saliency[saliency > 0].astype(np.float64) / total
    return float(-(q * np.log(q)).sum()) + 0.0  # no -0


def sparseness(saliency: np.ndarray) -> float:
    """Gini coefficient of the pixels, 0 to 1 - 1 / N (Chalasani et al. 2020; Hurley & Rickard 2009).

    sum_i (2 i - N - 1) M_(i) / (N sum(M)) with the pixels M_(1) <= … <= M_(N) in order: 0 where all are
    equal, 1 - 1 / N where one pixel holds all; NaN of a blank map.
    """
    ordered = np.sort(saliency, axis=None).astype(np.float64)
    total, n = float(ordered.sum()), ordered.size
    if not total > 0:
        return math.nan
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum()) / (n * total)


OF_THE_MAP: Mapping[str, Callable[[np.ndarray], float]] = {
    "complexity": complexity,
    "entropy": entropy,
    "sparseness": sparseness,
}
"""Measures that need nothing but the map, by name."""


def measure_map(saliency: np.ndarray, names: frozenset[str]) -> dict[str, float]:
    """Those of these measures that need the map alone; NaN of one that is not finite."""
    finite = bool(np.isfinite(saliency).all())
    return {
        name: measure(saliency) if finite else math.nan
        for name, measure in OF_THE_MAP.items()
        if name in names
    }
