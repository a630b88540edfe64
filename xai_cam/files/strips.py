"""Pictures that are made some rows at a time, as they are written: a large one is never there whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

LARGE = 1 << 24
"""Pixels from which a picture is worth it; smaller ones are drawn and encoded whole, which is quicker."""

STRIP_PIXELS = 1 << 18
"""Of a strip. What is drawn takes some 40 bytes a pixel in between."""


@dataclass(frozen=True)
class Strips:
    """A picture (H, W, 3) uint8 of which any rows can be made.

    Attributes
    ----------
    size : (int, int)
        Height and width.
    rows : callable
        The rows from the first number up to the second one.
    """

    size: tuple[int, int]
    rows: Callable[[int, int], np.ndarray]

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        """All of it from top to bottom; each strip with its first row."""
        height, width = self.size
        step = max(1, STRIP_PIXELS // width)
        for top in range(0, height, step):
            yield top, self.rows(top, min(top + step, height))


def strips_of(pixels: np.ndarray) -> Strips:
    """A picture (H, W, 3) that is there."""
    return Strips((pixels.shape[0], pixels.shape[1]), lambda top, bottom: pixels[top:bottom])


def is_large(size: tuple[int, ...]) -> bool:
    """Whether a picture of this height and width is worked in strips."""
    return size[0] * size[1] > LARGE
