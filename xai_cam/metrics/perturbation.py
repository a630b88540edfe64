"""An image changed as a map says: multiplied by it, or with pixels exchanged, the most salient first."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from xai_cam.images.resizing import resize

BLUR = 0.1
"""Sigma of the blur that insertion starts from, as a share of the input's shorter side."""

DECIMALS = 5
"""Saliencies equal to so many decimals are tied: float32 and the order of its sums are no finer."""


def blurred(image: np.ndarray) -> np.ndarray:
    """The image (H, W, c) that insertion starts from, (H, W, c) float32.

    Gaussian, sigma a tenth of the shorter side, cut off at 4 sigma; mirrored at the edges, whose own pixels
    are not repeated. A volume is blurred plane by plane, and across planes with a tenth of their number.
    """
    *planes, height, width, channels = image.shape
    flat = image.reshape(-1, height, width, channels)
    found = np.stack([_gaussian(one, *[BLUR * min(height, width)] * 2) for one in flat])
    for count in planes:
        found = _gaussian(found.reshape(count, -1), BLUR * count, 0)
    return found.reshape(image.shape)


def _gaussian(values: np.ndarray, down: float, across: float) -> np.ndarray:
    """Values (H, W[, c]) blurred with a sigma for either direction; 0: not at all."""
    import cv2

    rows, columns = (2 * math.ceil(4 * sigma) + 1 for sigma in (down, across))
    found = cv2.GaussianBlur(values, (columns, rows), across or 1, None, down or 1, cv2.BORDER_REFLECT_101)
    return np.asarray(found).reshape(values.shape)  # OpenCV drops an axis of one channel


def at_size(saliency_map: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """The map (h, w) over its maximum, resized to `size` (H, W); a blank map stays 0."""
    top = saliency_map.max()
    return resize(saliency_map / top if top > 0 else saliency_map, size)


def salient_first(saliency: np.ndarray) -> np.ndarray:
    """(H * W,) pixel numbers, the most salient first, ties in raster order."""
    return np.argsort(-saliency.round(DECIMALS), axis=None, kind="stable")


def counts_of(pixels: int, steps: int) -> list[int]:
    """How many pixels are exchanged after each step, from the 0th to the last, (steps + 1) of them."""
    return [round(i / steps * pixels) for i in range(steps + 1)]


def exchanged_at(saliency: np.ndarray, steps: int) -> np.ndarray:
    """(H, W) numbers, from 0, of the steps in which the pixels are exchanged, the most salient first.

    By step i those are exchanged whose number is less than i. As small integers as there are steps.
    """
    order = salient_first(saliency)
    each = np.diff(counts_of(order.size, steps))
    found = np.empty(order.size, np.min_scalar_type(steps - 1))
    found[order] = np.repeat(np.arange(steps, dtype=found.dtype), each)
    return found.reshape(saliency.shape)


def noise(image: np.ndarray) -> np.ndarray:
    """Independent values for all pixels and channels of an image (H, W, c), float32.

    Uniform between the least and the largest value of the channel, so that the model may take them for an
    image's; drawn from what the image holds, so that they are the same in every batch and run.
    """
    places = tuple(range(image.ndim - 1))
    low, high = image.min(axis=places), image.max(axis=places)
    content = zlib.crc32(np.ascontiguousarray(image, "<f4").data)
    drawn = np.random.default_rng([content, 1]).random(image.shape, np.float32)
    return np.asarray(low + drawn * (high - low), np.float32)


def mean_everywhere(image: np.ndarray) -> np.ndarray:
    """The mean colour in place of all pixels of an image (H, W, c)."""
    return np.broadcast_to(mean_colour(image), image.shape)


def mean_colour(image: np.ndarray) -> np.ndarray:
    """(c,) means of the channels of an image (H, W, c), which take the place of deleted pixels."""
    return image.mean(axis=tuple(range(image.ndim - 1)), dtype=np.float64).astype(np.float32)


FILLS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": mean_everywhere,
    "blur": blurred,
    "zero": np.zeros_like,
    "noise": noise,
}
"""What takes the place of pixels that are deleted, and of those that are not inserted yet, by name."""
