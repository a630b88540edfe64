"""Arrays that callers scaled themselves: do their values lie where the model expects them?"""

from __future__ import annotations

import numpy as np

from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.preprocessing import Preprocessing

BEYOND, LEAST = 0.5, 0.02
"""Shares of the expected range: values so far outside of it, or that cover less, are scaled otherwise."""


def describe_range(network: NetworkFacts, images: np.ndarray) -> str | None:
    """A sentence on images (n, H, W, c) that are scaled otherwise than the model expects; None if they fit.

    A model that does not tell what it expects is given what the caller chose.
    """
    expected = network.expected_scaling()
    if expected is None or not images.size:
        return None
    ends = Preprocessing(expected.name, "rgb", expected.reason).expected_ends(images.shape[-1])
    if ends is None:
        return None
    low, high = float(np.min(ends)), float(np.max(ends))
    found = float(images.min()), float(images.max())
    span = high - low
    outside = max(low - found[0], found[1] - high) > BEYOND * span
    if not outside and found[1] - found[0] >= LEAST * span:
        return None
    return (
        f"The images hold values from {found[0]:.3g} to {found[1]:.3g}, where the model expects {low:.3g} "
        f"to {high:.3g} ({expected.reason}). Scale them so, or let `prepare(model, images)` do it."
    )
