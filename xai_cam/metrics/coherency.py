"""Coherency and ADCC, in pure NumPy (Poppi et al. 2021, arXiv:2104.10252)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

ADCC_OF = "coherency", "complexity", "drop"


def coherency(before: np.ndarray, after: np.ndarray) -> float:
    """(1 + r) / 2 with Pearson's correlation r of two saliency maps (H, W), 0 to 1.

    `before` is the map of an image, `after` that of the image multiplied by it. NaN where `before` is the
    same everywhere, or one is not finite. Where `after` is the same everywhere, as when nothing is left of
    the class, r is not defined: that is 0, as in the authors' code.
    """
    if not (np.isfinite(before).all() and np.isfinite(after).all()) or not before.max() > before.min():
        return math.nan
    if not after.max() > after.min():
        return 0.0
    a, b = (one.astype(np.float64) - one.mean(dtype=np.float64) for one in (before, after))
    r = (a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum())
    return (1 + min(1.0, max(-1.0, float(r)))) / 2  # rounding


def adcc(known: Mapping[str, float]) -> float:
    """3 / (1 / coherency + 1 / (1 - complexity) + 1 / (1 - drop)) of one map, their harmonic mean, 0 to 1.

    The drop, which is in percent, counts as a share. 0 where one of the three is 0, which is the limit, and
    where more than all is dropped, as can be of a value; NaN where one is not known.
    """
    coherency, complexity, drop = (known.get(name, math.nan) for name in ADCC_OF)
    parts = coherency, 1 - complexity, 1 - drop / 100
    if any(map(math.isnan, parts)):
        return math.nan
    return 3 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0
