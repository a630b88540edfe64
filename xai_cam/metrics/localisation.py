"""How well a map shows where the object is: its highest pixels, and boxes around its bright parts.

Boxes are drawn as weakly supervised localisation does it (Selvaraju et al. 2017, sec. 4.1; Choe et al. 2020,
arXiv:2007.04178): around the connected parts of the map at or above a threshold. Pixels are neighbours that
share a side or a corner, as they are to OpenCV's contours, which the authors' code takes.
"""

from __future__ import annotations

import math

import numpy as np

from xai_cam.cam.threshold import SHARE, Threshold
from xai_cam.images.boxes.box import Corners, around
from xai_cam.metrics.perturbation import DECIMALS

THRESHOLDS = np.arange(100) / 100
"""Of MaxBoxAcc: 0 to 0.99, as the authors' code has them."""

FITS, FITS_V2 = (0.5,), (0.3, 0.5, 0.7)
"""From which intersection over union on a box counts as found, in the two versions of MaxBoxAcc."""

LONGEST = 256
"""Pixels of the longer side of the grid that MaxBoxAcc is measured on; that of the authors has 224 x 224."""


def relevance_rank(placed_map: np.ndarray, mask: np.ndarray) -> float:
    """Share of the K highest pixels that lie inside the object, K the pixels that it has, 0 to 1.

    Arras et al. 2022, arXiv:2003.07258 (relevance rank accuracy). Where pixels tie for the last of
    the K places, as the zeros of most maps do, each has the same share of these places: what an order by
    chance gives on average. The paper leaves it to the order that a sort happens to make.

    Parameters as for `energy_pointing`.

    Returns
    -------
    float
        NaN for an empty mask or a map that is not finite; 0 for a blank map, which ranks nothing.
    """
    count, top = int(mask.sum()), float(placed_map.max())
    if not (count and math.isfinite(top)):
        return math.nan
    if top <= 0:
        return 0.0
    values = (placed_map / top).round(DECIMALS)
    last = np.partition(values, values.size - count, axis=None)[values.size - count]
    above, tied = values > last, values == last
    places = (count - int(above.sum())) / int(tied.sum())
    return (int(above[mask].sum()) + places * int(tied[mask].sum())) / count


def iou(
    placed_map: np.ndarray,
    mask: np.ndarray,
    boxes: tuple[Corners, ...] = (),
    threshold: float | str = SHARE,
    seen: np.ndarray | None = None,
) -> float:
    """Intersection over union of the map's box and the true one that it fits best, 0 to 1.

    The map's box is that around the largest part of {M >= 0.15 max M}, as in Selvaraju et al. 2017, sec. 4.1,
    or above another threshold; the true ones are the `boxes`, or else the one around the mask.

    Parameters
    ----------
    placed_map, mask
        As for `relevance_rank`.
    boxes : tuple of (x0, y0, x1, y1)
        The true boxes.
    threshold : float or str
        As `Threshold.of` takes it.
    seen : (H, W) bool, optional
        What the model saw of the picture, which percentiles are of; default: all.

    Returns
    -------
    float
        NaN where nothing is true or the map is not finite; 0 for a blank or flat map: it localises nothing.
    """
    true = boxes or around(mask)
    if not (true and math.isfinite(float(placed_map.max()))):
        return math.nan
    found = box_of(placed_map, threshold, seen)
    return 0.0 if found is None else float(overlaps(np.array([found]), np.array(true)).max())


def box_of(
    placed_map: np.ndarray, threshold: float | str = SHARE, seen: np.ndarray | None = None
) -> Corners | None:
    """The map's box of `iou`; None of a blank or flat map, and of one that is not finite.

    Parameters as for `iou`.
    """
    top = float(placed_map.max())
    if not math.isfinite(top) or top <= max(float(placed_map.min()), 0.0):
        return None
    seen = np.ones(placed_map.shape, bool) if seen is None else seen
    boxes = boxes_of(Threshold.of(threshold).above(placed_map, seen)).tolist()
    return (boxes[0][0], boxes[0][1], boxes[0][2], boxes[0][3]) if boxes else None


def box_accuracy(
    placed_map: np.ndarray,
    mask: np.ndarray,
    boxes: tuple[Corners, ...] = (),
    fits: tuple[float, ...] = FITS,
    any_part: bool = False,
) -> np.ndarray:
    """For each threshold whether the map's box fits a true one, (levels, thresholds) of 0 and 100.

    Choe et al. 2020, arXiv:2007.04178: MaxBoxAcc takes the largest part of {s >= t} and an
    intersection over union of at least 0.5, its second version (`any_part`) the best of all parts, and 0.3,
    0.5 and 0.7. Their mean over images at the best threshold is the measure. s is the map from its lowest to
    its highest pixel brought to 0 to 1, as the authors do it; where `iou` divides by the maximum alone.

    Unlike the authors' code, s is not rounded to 8 bits, what equals the threshold is inside (as in the
    paper), boxes are half-open, a part is as large as it has pixels, and the picture keeps its shape.

    Parameters
    ----------
    placed_map, mask, boxes
        As for `iou`.
    fits : tuple of float
        The intersections over union that are asked for.
    any_part : bool
        Whether the box of any part may fit.

    Returns
    -------
    (levels, thresholds) array
        NaN where nothing is true or the map is not finite; 0 for a blank or flat map.
    """
    true = np.array(boxes or around(mask))
    shape = len(fits), len(THRESHOLDS)
    low, high = float(placed_map.min()), float(placed_map.max())
    if not (len(true) and math.isfinite(low) and math.isfinite(high)):
        return np.full(shape, np.nan)
    if high <= max(low, 0.0):
        return np.zeros(shape)
    shown, scale = _shrunk(placed_map)
    low, high = float(shown.min()), float(shown.max())
    scores = (shown.astype(np.float64) - low) / ((high - low) or 1)
    best = np.zeros(len(THRESHOLDS))
    for number, threshold in enumerate(THRESHOLDS):
        parts = boxes_of(scores >= threshold)[: None if any_part else 1]
        if len(parts):
            best[number] = overlaps(parts, true * scale).max()
    return 100.0 * (best >= np.array(fits)[:, None])


def _shrunk(placed_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The map on a grid of at most `LONGEST` pixels a side, and what corners are multiplied by."""
    import cv2

    height, width = placed_map.shape
    by = min(1.0, LONGEST / max(height, width))
    rows, columns = (max(1, round(side * by)) for side in (height, width))
    if (rows, columns) == (height, width):
        return placed_map, np.ones(4)
    found = cv2.resize(placed_map.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return found, np.array([columns / width, rows / height] * 2)


def boxes_of(bright: np.ndarray) -> np.ndarray:
    """The boxes (k, 4) of the connected parts of a mask, the largest first, of equal ones the upper, left.

    Parameters
    ----------
    bright : (H, W) bool
        What is in them.

    Returns
    -------
    boxes : (k, 4) float64
        x0, y0, x1, y1; the last two lie just outside.
    """
    import cv2

    _, _, found, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=8)
    parts = found[1:]  # the first is what is dark
    left, top, width, height, area = parts.T
    order = np.lexsort((left, top, -area))
    return np.stack([left, top, left + width, top + height], 1)[order].astype(np.float64)


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union (n, m) of boxes (n, 4) and (m, 4), none of which is empty."""
    a, b = first[:, None], second[None]
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    both = np.maximum(width, 0) * np.maximum(height, 0)
    return np.asarray(both / (_areas(a) + _areas(b) - both))


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.asarray((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))
