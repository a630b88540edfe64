"""Random numbers of an image's own: whatever stands beside it in a batch, and whichever map is measured."""

from __future__ import annotations

import zlib

import numpy as np


def draws_of(image: np.ndarray, *of: int) -> np.random.Generator:
    """A generator that is seeded by the image's own content, and by what it is for."""
    content = np.ascontiguousarray(image, "<f4")
    return np.random.default_rng((zlib.crc32(content.data), *of, 1))  # zeros at the end would not count


def span_of(image: np.ndarray) -> float:
    """The greatest value of an image less its least, over all its channels: what noise is measured by."""
    return float(image.max()) - float(image.min())
