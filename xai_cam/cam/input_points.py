"""The inputs at which gradients are taken: the image itself, the way to it from black, noisy copies of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NOISE = 0.15
"""Standard deviation of the noise, over the range of an image's values (Smilkov et al. 2017, section 4)."""


@dataclass(frozen=True)
class Points:
    """Inputs made of an image, each when it is needed.

    Attributes
    ----------
    weights : (count,) float64
        Those of the gradients in their mean; 0 where only the score is asked for.
    make : callable
        (image (H, W, c), number of the point) -> input (H, W, c) float32.
    """

    weights: np.ndarray
    make: Callable[[np.ndarray, int], np.ndarray]


def at_image() -> Points:
    """The image itself."""
    return Points(np.ones(1), lambda image, _: image)


def on_path(start: np.ndarray, count: int) -> Points:
    """The middles of `count` equal parts of the straight way from `start` to the image, then the start.

    x0 + (t - 1/2) / m (x - x0), t = 1 … m: the midpoint rule of the integral of Sundararajan et al. 2017.
    """

    def make(image: np.ndarray, number: int) -> np.ndarray:
        if number == count:
            return start
        share = np.float32((number + 0.5) / count)
        return start + share * (image - start)

    return Points(np.append(np.full(count, 1 / count), 0.0), make)


def noisy(count: int, seed: int) -> Points:
    """Copies of the image with Gaussian noise, drawn by the seed and the image's own content."""

    def make(image: np.ndarray, number: int) -> np.ndarray:
        content = zlib.crc32(np.ascontiguousarray(image, "<f4").data)
        noise = np.random.default_rng((seed, content, number)).standard_normal(image.shape, np.float32)
        return image + np.float32(NOISE) * (image.max() - image.min()) * noise

    return Points(np.full(count, 1 / count), make)
