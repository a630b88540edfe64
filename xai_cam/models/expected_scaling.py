"""Which scaling of pixels a model's own front expects: what it makes of them tells what they must be.

Three feedings are weighed: 0 to 255, 0 to 1 and -1 to 1. A front that knows the mean and the variance of
its input (Normalization, BatchNormalization) is fed the narrowest range in which these are possible. Of any
other scaling, the feeding is taken with which a natural picture comes out as trained layers are usually fed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_cam.models.traced.front import Front

RANGES = {"raw": (0.0, 255.0), "unit": (0.0, 1.0), "signed": (-1.0, 1.0)}
"""Lowest and highest pixel under the scalings that are weighed."""

GREY, SPREAD = 0.46, 0.24
"""Mean and standard deviation of the pixels of natural pictures, between black (0) and white (1)."""

USUAL = ((GREY, SPREAD), (2 * GREY - 1, 2 * SPREAD), (GREY - 0.5, SPREAD), (0.0, 1.0), (0.0, 60.0))
"""Mean and deviation of what trained layers are usually fed: 0 to 1, -1 to 1, -0.5 to 0.5, standardised,
and pixels less their mean."""

RAW = (255 * GREY, 255 * SPREAD)

FARTHEST = 3.0
"""Beyond this distance from everything usual nothing is concluded."""

RARE = 0.5
"""How much farther -1 to 1 must lie than it seems: few scale once more what is scaled already."""

SLACK = 0.02


@dataclass(frozen=True)
class ExpectedScaling:
    """The scaling that a model's front expects, and the sentence that says why."""

    name: str
    reason: str


def expected_scaling(front: Front | None) -> ExpectedScaling | None:
    """The scaling that a front expects; None where it tells nothing."""
    if front is None:
        return None
    if front.statistics is not None:
        return _of_batch_normalization(front)
    by_statistics = any(type(call.node).__name__ == "Normalization" for call in front.steps)
    name = _of_statistics(*_statistics(front)) if by_statistics else None
    name = name or (None if front.affine.is_identity else _nearest(front))
    if name is not None:
        return ExpectedScaling(name, _words(front, name))
    return _of_bounds(front)


def _words(front: Front, name: str) -> str:
    """`the graph expects 0 to 255: rescaling makes -1 to 1 of it`."""
    low, high = RANGES[name]
    ends = [front.affine.scale * end + front.affine.offset for end in (low, high)]
    lowest, highest = float(np.min(ends)), float(np.max(ends))
    names = ", ".join(front.names)
    makes = "makes" if len(front.names) == 1 else "make"
    return f"the graph expects {low:g} to {high:g}: {names} {makes} {lowest:.3g} to {highest:.3g} of it"


# --- By statistics -----------------------------------------------------------------------------------


def _statistics(front: Front) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance that the input must have to come out with mean 0 and variance 1."""
    scale = np.where(front.affine.scale == 0, np.nan, front.affine.scale)
    return -front.affine.offset / scale, 1 / scale**2


def _of_statistics(mean: np.ndarray, variance: np.ndarray) -> str | None:
    """The narrowest range in which numbers can have such a mean and such a variance."""
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


def _of_batch_normalization(front: Front) -> ExpectedScaling | None:
    assert front.statistics is not None
    layer, before = front.statistics.node, front.affine
    mean, variance = (np.asarray(value, np.float64) for value in (layer.moving_mean, layer.moving_variance))
    if len(mean) != len(before.scale) or not before.scale.all() or _is_fresh(mean, variance):
        return None if before.is_identity else _of_scaling(front)
    seen_mean, seen_variance = (mean - before.offset) / before.scale, variance / before.scale**2
    name = _of_statistics(seen_mean, seen_variance)
    if name is None:
        return None
    low, high = RANGES[name]
    reason = (
        f"{front.statistics.path} has seen inputs of mean {float(seen_mean.mean()):.3g} and deviation "
        f"{float(np.sqrt(seen_variance.mean())):.3g}, as {low:g} to {high:g} has"
    )
    return ExpectedScaling(name, reason)


def _is_fresh(mean: np.ndarray, variance: np.ndarray) -> bool:
    """Whether a BatchNormalization has seen nothing yet."""
    return bool((mean == 0).all() and (variance == 1).all())


# --- By what comes out -------------------------------------------------------------------------------


def _of_scaling(front: Front) -> ExpectedScaling | None:
    name = _nearest(front)
    return ExpectedScaling(name, _words(front, name)) if name else None


def _nearest(front: Front) -> str | None:
    """The feeding with which a natural picture comes out closest to what is usual."""
    distances = {name: _distance(front, name) + RARE * (name == "signed") for name in RANGES}
    name = min(distances, key=lambda one: distances[one])
    return name if distances[name] <= FARTHEST else None


def _distance(front: Front, name: str) -> float:
    low, high = RANGES[name]
    mean = front.affine.scale * (low + GREY * (high - low)) + front.affine.offset
    deviation = np.abs(front.affine.scale) * SPREAD * (high - low)
    usual = [*USUAL] + ([] if name == "raw" else [RAW])
    return min(
        float(np.mean(np.abs(np.log(np.maximum(deviation, 1e-12) / spread)) + np.abs(mean - middle) / spread))
        for middle, spread in usual
    )


def _of_bounds(front: Front) -> ExpectedScaling | None:
    """By the numbers at which the graph cuts its input off, or by its making them whole."""
    path = front.names[-1] if front.names else "the graph"
    for name, ends in RANGES.items():
        if front.affine.bounds == ends:
            return ExpectedScaling(name, f"the graph cuts its input off at {ends[0]:g} and {ends[1]:g}")
    if front.affine.whole:
        return ExpectedScaling("raw", f"{path} makes whole numbers of its input")
    return None
