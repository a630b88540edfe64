"""How far maps of one image agree: rank correlation, and overlap of their highest parts; in pure NumPy.

Both measures look at the order of a map's values alone, so that no method gains by the scale of its maps.
Maps are compared at one size, that of the model's input. A constant map (blank or flat) has no order, and a
map with NaN or infinity none that could be trusted: compared with anything, they give NaN.
"""

from __future__ import annotations

import math

import numpy as np

from xai_cam.errors import InputError

TOP_SHARE = 0.1
"""Share of a map's pixels that `top_overlap` compares."""


def rank_correlation(maps: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of each map with each other.

    rho = sum(a b) / sqrt(sum(a^2) sum(b^2)), where a and b are the ranks of two maps' pixels less their mean;
    equal pixels share the mean of their ranks (Spearman 1904).

    Parameters
    ----------
    maps : (m, H, W) array

    Returns
    -------
    correlation : (m, m) float64 in [-1, 1]
        Symmetric, 1 on the diagonal; rows and columns of constant or non-finite maps are NaN.
    """
    correlation = np.full((len(maps), len(maps)), np.nan)
    known = np.flatnonzero([has_order(one) for one in maps])
    if not len(known):
        return correlation
    ranks = np.stack([_average_ranks(maps[i]) for i in known])
    ranks -= ranks.mean(axis=1, keepdims=True)
    ranks /= np.sqrt((ranks**2).sum(axis=1, keepdims=True))
    correlation[np.ix_(known, known)] = np.clip(ranks @ ranks.T, -1, 1)
    correlation[known, known] = 1
    return correlation


def top_overlap(maps: np.ndarray, share: float = TOP_SHARE) -> np.ndarray:
    """Overlap of each map's highest pixels with those of each other: intersection over union.

    The highest are ceil(share * H * W) pixels, whatever their values; of equal ones those that come first
    row by row. Two maps without relation have about share / (2 - share), 0.05 for the default.

    Parameters
    ----------
    maps : (m, H, W) array
    share : float
        In (0, 1].

    Returns
    -------
    overlap : (m, m) float64 in [0, 1]
        Symmetric, 1 on the diagonal; rows and columns of constant or non-finite maps are NaN.

    Raises
    ------
    InputError
        A share of no or more than all pixels.
    """
    if not 0 < share <= 1:
        raise InputError(f"The share of a map's pixels is {share}. Give a number above 0 and at most 1.")
    overlap = np.full((len(maps), len(maps)), np.nan)
    known = np.flatnonzero([has_order(one) for one in maps])
    if not len(known):
        return overlap
    chosen = np.stack([_highest(maps[i], share) for i in known]).astype(np.float64)
    common = chosen @ chosen.T
    overlap[np.ix_(known, known)] = common / (2 * chosen[0].sum() - common)  # all choose the same number
    return overlap


def has_order(one: np.ndarray) -> bool:
    """Whether a map tells its pixels apart: all finite, and not all equal."""
    return bool(np.isfinite(one).all() and one.min() < one.max())


def _average_ranks(one: np.ndarray) -> np.ndarray:
    """Ranks of a map's pixels from 1 on, (H * W,) float64; equal pixels share the mean of theirs."""
    _, which, count = np.unique(one, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    return mean_rank[which.reshape(-1)]


def _highest(one: np.ndarray, share: float) -> np.ndarray:
    """Which pixels of a map are the highest, (H * W,) bool."""
    number = math.ceil(share * one.size - 1e-9)  # 0.1 * 30 shall be 3, whatever the last digit
    chosen = np.zeros(one.size, bool)
    chosen[np.argsort(-one.reshape(-1), kind="stable")[:number]] = True
    return chosen
