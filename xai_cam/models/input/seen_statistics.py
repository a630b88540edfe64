"""What a model's BatchNormalization has seen in training: the mean and the variance of its inputs.

They lie in the file, and tell how pictures were scaled: numbers of mean 114 are pixels, numbers of mean -0.1
go from -1 to 1. Behind a first convolution they tell it, too: with kernels K the channel c of its output has
the mean b_c + m sum(K_c), m the mean of the input, and no larger variance than v sum(abs(K_c))^2, v the
variance of the input.
"""

from __future__ import annotations

import numpy as np

from xai_cam.models.facts import ExpectedScaling
from xai_cam.models.traced.front import Front

RANGES = {"raw": (0.0, 255.0), "unit": (0.0, 1.0), "signed": (-1.0, 1.0)}
"""Lowest and highest pixel under the scalings that are weighed."""

SLACK = 0.02
"""By which share of a range its mean and its variance may lie outside of what is possible."""

FIT = 0.9
"""Share of the means behind a convolution that one mean of its input must explain."""

ALIVE = 1e-3
"""Filters whose weights are smaller than this share of the largest one's tell nothing."""


def whose_statistics(mean: np.ndarray, variance: np.ndarray) -> str | None:
    """The narrowest range in which numbers can have such a mean and such a variance; None: there is none."""
    if np.allclose(mean, 0, atol=1e-3) and np.allclose(variance, 1, atol=1e-2):
        return None  # never adapted
    for name in ("unit", "signed", "raw"):
        low, high = RANGES[name]
        slack = SLACK * (high - low)
        within = (mean >= low - slack) & (mean <= high + slack)
        most = (mean - low) * (high - mean)  # of numbers that are all one end or the other
        if (within & (variance <= most + slack * (high - low))).all():
            return name
    return None


def seen_in_front(front: Front) -> ExpectedScaling | None:
    """The scaling that a BatchNormalization before all other trained layers tells; None: it tells none."""
    assert front.statistics is not None
    found, before = _statistics(front.statistics.node), front.affine
    if found is None or len(found[0]) != len(before.scale) or not before.scale.all():
        return None
    mean, variance = (found[0] - before.offset) / before.scale, found[1] / before.scale**2
    return _told(mean, variance, f"{front.statistics.path} has")


def seen_behind_convolution(front: Front) -> ExpectedScaling | None:
    """The same of one that takes what the first convolution gives, while pixels go straight into that."""
    if front.normalization is None or front.first is None or not front.affine.is_identity:
        return None
    found, kernel = _statistics(front.normalization.node), getattr(front.first.node, "kernel", None)
    if found is None or kernel is None or len(kernel.shape) != 4 or len(found[0]) != kernel.shape[-1]:
        return None
    weights = np.asarray(kernel, np.float64).reshape(-1, kernel.shape[-1])
    sums, sizes = weights.sum(axis=0), np.abs(weights).sum(axis=0)
    bias = getattr(front.first.node, "bias", None)
    means = found[0] - (0 if bias is None else np.asarray(bias, np.float64))
    alive = sizes > ALIVE * sizes.max(initial=0)
    if not (sums[alive] ** 2).sum() or not (means[alive] ** 2).sum():
        return None
    mean = (sums * means)[alive].sum() / (sums[alive] ** 2).sum()
    left = ((means - mean * sums)[alive] ** 2).sum() / (means[alive] ** 2).sum()
    if left > 1 - FIT:
        return None
    variance = (found[1][alive] / sizes[alive] ** 2).max()
    where = f"{front.first.path} and {front.normalization.path} have"
    return _told(np.array([mean]), np.array([variance]), where, "at least ")


def _statistics(layer: object) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and variance that a BatchNormalization has seen; None if it has seen nothing yet."""
    held = (getattr(layer, name) for name in ("moving_mean", "moving_variance"))
    mean, variance = (np.asarray(value, np.float64) for value in held)
    return None if (mean == 0).all() and (variance == 1).all() else (mean, variance)


def _told(mean: np.ndarray, variance: np.ndarray, where: str, bound: str = "") -> ExpectedScaling | None:
    name = whose_statistics(mean, variance)
    if name is None:
        return None
    low, high = RANGES[name]
    deviation = float(np.sqrt(variance.mean()))
    return ExpectedScaling(
        name,
        f"{where} seen inputs of mean {float(mean.mean()):.3g} and deviation {bound}{deviation:.3g}, as "
        f"{low:g} to {high:g} has",
    )
