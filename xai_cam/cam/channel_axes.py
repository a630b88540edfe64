"""Axes of maps: of images, of positions (rows and columns, and planes in volumes), and of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


def places(maps: Array) -> tuple[int, ...]:
    """The axes of maps that run over positions: all but that of the images and that of the channels."""
    return tuple(range(1, maps.ndim - 1))


def of_channels(weights: Array, maps: Array) -> Array:
    """Weights (n, k) of channels, with as many axes as the maps."""
    return weights.reshape(len(weights), *[1] * len(places(maps)), weights.shape[-1])
