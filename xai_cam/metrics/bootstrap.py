"""Bootstrap intervals of means over images and of differences between methods, in pure NumPy.

An interval runs from the 2.5th to the 97.5th percentile of the means of many sets of images, each drawn
with replacement from those at hand and as large as they are (Efron & Tibshirani 1993, ch. 13). It speaks of
other images of the same kind, not of other models, and knows no values but those at hand: where all are
equal it has no width, however few they are. NaN is what could not be measured: it is left out.

What is pooled has a table (levels, thresholds) for each image, such as whether a box fits well enough; its
value is the mean over levels of that at the best threshold, one for all images. Each set of images that is
drawn has best thresholds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Better = Literal["lower", "higher", "neither"]

RESAMPLES = 2000

PERCENTILES = (2.5, 97.5)

TIED = 1e-5
"""Values that differ by less than this share of the largest of all are tied: float32 is no finer."""

DIGITS = 9
"""To which differences of pooled values are rounded: those of counts are coarser, those of rounding finer."""

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

    `won` is the share of those images, 0 to 1, where the first is the better one (NaN where neither end is
    better), and `tied` where both are equal but for rounding (`TIED`). NaN as for `Estimate`.
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
    return _estimate(known, np.mean, lambda: _resampled_means(known, seed, resamples))


def _estimate(
    known: np.ndarray, value_of: Callable[[np.ndarray], Any], resampled: Callable[[], np.ndarray]
) -> Estimate:
    """The value of what is known of images, with the interval of those of resampled images."""
    if not len(known):
        return Estimate(math.nan, math.nan, math.nan, 0)
    value = float(value_of(known))
    if len(known) == 1:
        return Estimate(value, math.nan, math.nan, 1)
    low, high = np.percentile(resampled(), PERCENTILES)
    return Estimate(value, float(low), float(high), len(known))


def paired_difference(
    first: np.ndarray,
    second: np.ndarray,
    better: Better,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """How much `first` (n,) exceeds `second` (n,) on the same images, and how often it is the better one.

    Both are drawn together, image by image, so that what makes an image hard for both cancels. Values that
    are tied (`TIED`) differ by 0.

    Parameters
    ----------
    first, second : (n,) array
        Values of the same images; NaN where one is not known.
    better : str
        Which value is the better one: `lower`, `higher` or `neither`.
    seed : int
        Of the images drawn.
    resamples : int
        How often images are drawn.
    """
    values = np.stack([first, second]).astype(np.float64)
    values = values[:, ~np.isnan(values).any(axis=0)]
    differences = values[0] - values[1]
    equal = np.abs(differences) <= TIED * np.abs(values).max(initial=0)
    differences[equal] = 0  # else rounding that always goes the same way would be a difference beyond doubt
    mean = mean_interval(differences, seed, resamples)
    won = tied = math.nan
    if mean.count:
        tied = float(np.mean(equal))
        if better != "neither":
            won = float(np.mean(~equal & (differences < 0 if better == "lower" else differences > 0)))
    return Difference(mean.value, mean.low, mean.high, mean.count, won, tied)


def pooled_value(means: np.ndarray) -> np.ndarray:
    """Means over images (…, levels, thresholds) at the best threshold of each level, averaged: (…)."""
    return np.asarray(means.max(axis=-1).mean(axis=-1))


def at_best(tables: np.ndarray) -> np.ndarray:
    """(n,) values of images, NaN where unknown, at the thresholds that are best for all of them."""
    known = ~np.isnan(tables).any(axis=(1, 2))
    if not known.any():
        return np.full(len(tables), np.nan)
    best = tables[known].mean(axis=0).argmax(axis=-1)
    return np.asarray(tables[:, np.arange(len(best)), best].mean(axis=-1))


def pooled_interval(tables: np.ndarray, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """The pooled value of tables (n, levels, thresholds) with its 95 % percentile bootstrap interval."""
    known = np.asarray(tables, np.float64)[~np.isnan(tables).any(axis=(1, 2))]
    return _estimate(
        known,
        lambda tables: pooled_value(tables.mean(axis=0)),
        lambda: pooled_value(_resampled_tables(known, seed, resamples)),
    )


def pooled_difference(
    first: np.ndarray,
    second: np.ndarray,
    better: Better,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """How much the pooled value of `first` exceeds that of `second`, on the same images drawn together.

    Each has the best thresholds of its own, and images are won and tied there. Parameters as for
    `paired_difference`, of tables (n, levels, thresholds).
    """
    both = [np.asarray(one, np.float64) for one in (first, second)]
    known = ~np.isnan(both[0]).any(axis=(1, 2)) & ~np.isnan(both[1]).any(axis=(1, 2))
    kept = [one[known] for one in both]
    counts = paired_difference(at_best(kept[0]), at_best(kept[1]), better, seed, 1)
    if counts.count < 2:
        return counts
    drawn = [pooled_value(_resampled_tables(one, seed, resamples)) for one in kept]
    differences = (drawn[0] - drawn[1]).round(DIGITS)  # sums in another order are no difference
    low, high = np.percentile(differences, PERCENTILES)
    return replace(counts, low=float(low), high=float(high))


def _resampled_tables(tables: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """(resamples, levels, thresholds) means of tables (n, …), of the images that `_resampled_means` draws."""
    random = np.random.default_rng(seed)
    n = len(tables)
    step = max(1, DRAWS_AT_ONCE // n)
    found = []
    for start in range(0, resamples, step):
        drawn = random.integers(0, n, (min(step, resamples - start), n))
        times = np.stack([np.bincount(one, minlength=n) for one in drawn])
        found.append(times @ tables.reshape(n, -1) / n)
    return np.concatenate(found).reshape(resamples, *tables.shape[1:])


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
