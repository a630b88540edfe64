"""An image changed as a map says: multiplied by it, or with pixels exchanged, the most salient first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from xai_cam.images.resizing import resize

BLUR = 0.1
"""Sigma of the blur that insertion starts from, as a share of the input's shorter side."""

DECIMALS = 5
"""Saliencies equal to so many decimals are tied: float32 and the order of its sums are no finer."""


def blurred(image: np.ndarray) -> np.ndarray:
    """The image (H, W, c) that insertion starts from, (H, W, c) float32.

    Gaussian, sigma a tenth of the shorter side, cut off at 4 sigma; mirrored at the edges, whose own pixels
    are not repeated.
    """
    import cv2

    sigma = BLUR * min(image.shape[:2])
    side = 2 * math.ceil(4 * sigma) + 1
    found = cv2.GaussianBlur(image, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
    return found.reshape(image.shape)  # OpenCV drops an axis of one channel


def at_size(saliency_map: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The map (h, w) over its maximum, resized to `size` (H, W); a blank map stays 0."""
    top = saliency_map.max()
    return resize(saliency_map / top if top > 0 else saliency_map, size)


def salient_first(saliency: np.ndarray) -> np.ndarray:
    """(H * W,) pixel numbers, the most salient first, ties in raster order."""
    return np.argsort(-saliency.round(DECIMALS), axis=None, kind="stable")


def replaced(
    image: np.ndarray, other: np.ndarray, order: np.ndarray, counts: Sequence[int]
) -> Iterator[np.ndarray]:
    """Copies of `image` whose first pixels in `order` are those of `other`, for growing `counts` of them."""
    channels = image.shape[-1]
    pixels = image.reshape(-1, channels).copy()
    source = np.broadcast_to(other, image.shape).reshape(-1, channels)
    done = 0
    for count in counts:
        changed = order[done:count]
        pixels[changed] = source[changed]
        done = count
        yield pixels.reshape(image.shape).copy()
