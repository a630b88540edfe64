"""Where a map points: how far it lies inside the object, whose mask is known."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.metrics.perturbation import DECIMALS


def energy_pointing(placed_map: np.ndarray, mask: np.ndarray) -> float:
    """Share of the map's sum that lies inside the object, 0 to 1 (Wang et al. 2020).

    Parameters
    ----------
    placed_map : (H, W) float32
        In the pixels of the original image, 0 where the model did not see.
    mask : (H, W) bool
        Where the object is.

    Returns
    -------
    float
        NaN for a blank map or an empty mask.
    """
    total = float(placed_map.sum(dtype=np.float64))
    if not (mask.any() and math.isfinite(total) and total > 0):
        return math.nan
    return float(placed_map[mask].sum(dtype=np.float64)) / total


def pointing_game(placed_map: np.ndarray, mask: np.ndarray) -> float:
    """100 if the map's maximum lies inside the object, else 0 (Zhang et al. 2016, without their margin).

    Of several equal maxima the first in raster order counts. Parameters as for `energy_pointing`.

    Returns
    -------
    float
        NaN for an empty mask or a map that is not finite; a blank map misses.
    """
    top = float(placed_map.max())
    if not (mask.any() and math.isfinite(top)):
        return math.nan
    if top <= 0:
        return 0.0
    return 100.0 if mask.flat[(placed_map / top).round(DECIMALS).argmax()] else 0.0
