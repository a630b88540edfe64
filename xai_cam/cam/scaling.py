"""What a map is divided by where it is drawn."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.methods import METHODS

FULL = 99
"""Percentile of the pixels of a map of gradients at which its full colour begins."""

NEARLY = 0.995
"""How full that colour is: what lies above it stays in order, and the highest value the highest."""

BRIGHTENED = f"full colour from the map's {FULL}th percentile on"


def over(values: np.ndarray, top: float) -> np.ndarray:
    """The values over a top that is finite and above 0; else zeros."""
    return values / top if np.isfinite(top) and top > 0 else np.zeros_like(values)


def is_of_pixels(method: str) -> bool:
    """Whether a method's maps are of gradients at the input, where a few pixels outshine all others."""
    return method in METHODS and METHODS[method].evidence.by_pixel


def brightened(scaled: np.ndarray) -> np.ndarray:
    """A map in [-1, 1] whose absolute values have their `FULL` percentile at `NEARLY`, float32.

    Below it values grow by one factor; above it they are squeezed into what is left. A map of which that
    percentile is 0 stays as it is.
    """
    size = np.abs(scaled)
    full = float(np.percentile(size, FULL))
    if not 0 < full < NEARLY:
        return scaled
    above = NEARLY + (1 - NEARLY) * (size - full) / (1 - full)
    return np.copysign(np.where(size > full, above, size * (NEARLY / full)), scaled).astype(np.float32)


def as_drawn(cam: np.ndarray, method: str) -> np.ndarray:
    """A method's map over its largest absolute value, brightened where it is of gradients at the input."""
    scaled = over(cam, np.abs(cam).max())
    return brightened(scaled) if is_of_pixels(method) else scaled
