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


def sum_of_channels(maps: Array, weights: Array) -> Array:
    """The sum over the channels of weights times maps, (n, h, w) float32, without an array of the products.

    Weights are of the maps' shape, or one for each channel of an image.
    """
    n, k = len(maps), maps.shape[-1]
    flat, of_places = maps.reshape(n, -1, k), weights.reshape(n, -1, k)
    axes = "npk,npk->np" if of_places.shape[1] > 1 else "npk,nqk->np"
    sums = np.einsum(axes, flat, of_places, dtype=np.float32, casting="same_kind")
    return sums.reshape(maps.shape[:-1])


def sum_of_places(maps: Array, others: Array) -> Array:
    """The sum over the positions of maps times others of their shape, with as many axes; likewise."""
    n, k = len(maps), maps.shape[-1]
    return of_channels(np.einsum("npk,npk->nk", maps.reshape(n, -1, k), others.reshape(n, -1, k)), maps)
