"""Bootstrap intervals of means over images and of differences between methods, in pure NumPy.

An interval runs from the 2.5th to the 97.5th percentile of the means of many sets of images, each drawn
with replacement from those at hand and as large as they are (Efron & Tibshirani 1993, ch. 13). It speaks of
other images of the same kind, not of other models, and knows no values but those at hand: where all are
equal it has no width, however few they are. NaN is what could not be measured: it is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

RESAMPLES = 2000

PERCENTILES = (2.5, 97.5)

TIED = 1e-5
"""Values that differ by less than this share of the largest of all are tied: float32 is no finer."""

DRAWS_AT_ONCE = 2**20
"""Images drawn in one step, to bound the memory for any number of images."""


@dataclass(frozen=True)
class Estimate:
    """A mean over `count` images and its 95 % interval.

    The mean of no image is NaN; one image alone has no interval (NaN).
    """

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Difference:
    """The mean of first - second over `count` images where both are known, and its 95 % interval.

    `won` is the share of those images, 0 to 1, where the first is the better one, and `tied` where both
    are equal but for rounding (`TIED`). NaN as for `Estimate`.
    """

    value: float
    low: float
    high: float
    count: int
    won: float
    tied: float


def mean_interval(values: np.ndarray, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Mean of `values` (n,) with its 95 % percentile bootstrap interval over images.

    The images drawn depend on `seed` and on how many values are known, on nothing else: figures of the
    same images are resampled alike.
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return Estimate(math.nan, math.nan, math.nan, 0)
    value = float(known.mean())
    if known.size == 1:
        return Estimate(value, math.nan, math.nan, 1)
    low, high = np.percentile(_resampled_means(known, seed, resamples), PERCENTILES)
    return Estimate(value, float(low), float(high), known.size)


def paired_difference(
    first: np.ndarray,
    second: np.ndarray,
    better: Literal["lower", "higher"],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """How much `first` (n,) exceeds `second` (n,) on the same images, and how often it is the better one.

    Both are drawn together, image by image, so that what makes an image hard for both cancels.

    Parameters
    ----------
    first, second : (n,) array
        Values of the same images; NaN where one is not known.
    better : str
        Which value is the better one: `lower` or `higher`.
    seed : int
        Of the images drawn.
    resamples : int
        How often images are drawn.
    """
    values = np.stack([first, second]).astype(np.float64)
    values = values[:, ~np.isnan(values).any(axis=0)]
    differences = values[0] - values[1]
    mean = mean_interval(differences, seed, resamples)
    won = tied = math.nan
    if mean.count:
        equal = np.abs(differences) <= TIED * np.abs(values).max()
        won = float(np.mean(~equal & (differences < 0 if better == "lower" else differences > 0)))
        tied = float(np.mean(equal))
    return Difference(mean.value, mean.low, mean.high, mean.count, won, tied)


def _resampled_means(values: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """(resamples,) means of `values` (n,), each of n values drawn with replacement."""
    random = np.random.default_rng(seed)
    n = len(values)
    step = max(1, DRAWS_AT_ONCE // n)
    means = np.empty(resamples)
    for start in range(0, resamples, step):
        part = means[start : start + step]
        part[:] = values[random.integers(0, n, (len(part), n))].mean(axis=1)
    return means
