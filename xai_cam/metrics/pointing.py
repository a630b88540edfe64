"""Where a map points: how far it lies inside the object, whose mask is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.threshold import SHARE
from xai_cam.images.boxes.box import Corners
from xai_cam.metrics.localisation import FITS, FITS_V2, THRESHOLDS, box_accuracy, iou, relevance_rank
from xai_cam.metrics.measures import BY_BOX
from xai_cam.metrics.perturbation import DECIMALS


@dataclass(frozen=True)
class Truth:
    """Where the object of an image is, in the pixels of its map.

    Attributes
    ----------
    mask : (H, W) bool
        Its pixels; where boxes alone are known, those inside of them.
    boxes : tuple of (x0, y0, x1, y1)
        Its boxes, if they are known.
    threshold : float or str
        Above which the map's box is drawn, as `Threshold.of` takes it.
    seen : (H, W) bool, optional
        What the model saw of the picture; default: all.
    """

    mask: np.ndarray
    boxes: tuple[Corners, ...] = ()
    threshold: float | str = SHARE
    seen: np.ndarray | None = None


Located = tuple[dict[str, float], dict[str, np.ndarray]]
"""Values of one map by the measures' names, and tables of pooled ones."""

TruthMeasure = Callable[[np.ndarray, Truth], float | np.ndarray]
"""Gets a map (H, W), not scaled, and where the object is."""


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


def _of_mask(measure: Callable[[np.ndarray, np.ndarray], float]) -> TruthMeasure:
    return lambda placed_map, truth: measure(placed_map, truth.mask)


OF_TRUTH: dict[str, TruthMeasure] = {
    "energy_pointing": _of_mask(energy_pointing),
    "pointing_game": _of_mask(pointing_game),
    "relevance_rank": _of_mask(relevance_rank),
    "iou": lambda placed, truth: iou(placed, truth.mask, truth.boxes, truth.threshold, truth.seen),
    "max_box_acc": lambda placed, truth: box_accuracy(placed, truth.mask, truth.boxes),
    "max_box_acc_v2": lambda placed, truth: box_accuracy(placed, truth.mask, truth.boxes, FITS_V2, True),
}
"""Measures that know where the object is, by name; one that is pooled gives a table (levels, thresholds)."""

TABLES = {"max_box_acc": (len(FITS), len(THRESHOLDS)), "max_box_acc_v2": (len(FITS_V2), len(THRESHOLDS))}
"""Shapes of the tables of those that are pooled."""


def measure_truth(placed_map: np.ndarray, truth: Truth, names: Collection[str]) -> Located:
    """Those of these measures that know where the object is; no table of one that is not defined.

    Of a volume (D, H, W) those that compare boxes are left out.
    """
    values, tables = dict[str, float](), dict[str, np.ndarray]()
    for name, measure in OF_TRUTH.items():
        if name in names and (placed_map.ndim == 2 or name not in BY_BOX):
            found = measure(placed_map, truth)
            if not isinstance(found, np.ndarray):
                values[name] = found
            elif np.isfinite(found).all():
                tables[name] = found.astype(np.float32)
    return values, tables
