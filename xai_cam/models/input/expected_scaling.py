"""Which scaling of pixels a model's own front expects: what it makes of them tells what they must be.

Three feedings are weighed: 0 to 255, 0 to 1 and -1 to 1. A front that knows the mean and the variance of
its input (Normalization, BatchNormalization) is fed the narrowest range in which these are possible. Of any
other scaling, the feeding is taken with which a natural picture comes out as trained layers are usually fed.
Where the front does nothing, a BatchNormalization right behind the first convolution tells.
"""

from __future__ import annotations

import numpy as np

from xai_cam.models.facts import ExpectedScaling
from xai_cam.models.input.seen_statistics import (
    RANGES,
    seen_behind_convolution,
    seen_in_front,
    whose_statistics,
)
from xai_cam.models.traced.front import Front

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


def expected_scaling(front: Front | None) -> ExpectedScaling | None:
    """The scaling that a front expects; None where it tells nothing."""
    if front is None:
        return None
    if front.statistics is not None and (seen := seen_in_front(front)) is not None:
        return seen
    name = whose_statistics(*_statistics(front)) if _is_normalized(front) else None
    name = name or (None if front.affine.is_identity else _nearest(front))
    if name is not None:
        return ExpectedScaling(name, _words(front, name))
    return _of_bounds(front) or seen_behind_convolution(front)


def expected_of_bands(front: Front | None) -> ExpectedScaling | None:
    """The scaling that a front expects of bands, whose numbers may lie anywhere; None where it tells nothing.

    What scales its input itself gets it as it is stored, unless statistics show what they were made of.
    """
    if front is None or (front.affine.is_identity and front.statistics is None):
        return expected_scaling(front)  # perhaps by what stands behind the first convolution
    found = expected_scaling(front)
    by_statistics = _is_normalized(front) and whose_statistics(*_statistics(front)) is not None
    if found is not None and (by_statistics or front.statistics is not None):
        return found
    return ExpectedScaling("raw", f"{' and '.join(front.names) or 'the model'} scales what is stored")


def _is_normalized(front: Front) -> bool:
    return any(type(call.node).__name__ == "Normalization" for call in front.steps)


def _statistics(front: Front) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance that the input must have to come out with mean 0 and variance 1."""
    scale = np.where(front.affine.scale == 0, np.nan, front.affine.scale)
    return -front.affine.offset / scale, 1 / scale**2


def _words(front: Front, name: str) -> str:
    """`the graph expects 0 to 255: rescaling makes -1 to 1 of it`."""
    low, high = RANGES[name]
    ends = [front.affine.scale * end + front.affine.offset for end in (low, high)]
    lowest, highest = float(np.min(ends)), float(np.max(ends))
    names = front.names or ["its own call"]
    makes = "makes" if len(names) == 1 else "make"
    what = f"{', '.join(names)} {makes} {lowest:.3g} to {highest:.3g} of it"
    return f"the graph expects {low:g} to {high:g}: {what}"


# --- By what comes out -------------------------------------------------------------------------------


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
    for name, ends in RANGES.items():
        if front.affine.bounds == ends:
            return ExpectedScaling(name, f"the graph cuts its input off at {ends[0]:g} and {ends[1]:g}")
    if front.affine.whole:
        return ExpectedScaling("raw", "the graph makes whole numbers of its input")
    return None
