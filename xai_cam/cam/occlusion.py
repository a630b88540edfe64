"""Occlusion, in pure NumPy: which patches of an image are covered, and maps of what each costs the score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xai_cam.errors import InputError

Array = np.ndarray[Any, np.dtype[np.float32]]

SHARE = 8
"""A patch is by default this part of the input's shorter side."""


def check_stride(side: int, stride: int) -> None:
    """Refuse a stride beyond the patch.

    Raises
    ------
    InputError
    """
    if stride > side:
        raise InputError(
            f"`stride` is {stride}, and leaves pixels between patches of {side}. Give {side} at most."
        )


@dataclass(frozen=True)
class Patches:
    """Square patches that cover an input (H, W), or cubes that cover one (D, H, W), in raster order.

    They are `stride` apart, and the last along each axis ends at the edge, nearer to the one before it where
    it has to be: every pixel is covered, those in the corners perhaps by one patch alone.

    Attributes
    ----------
    size : tuple of int
        Sides of the input.
    side : int
        Of a patch. Along an axis that is shorter it is as long as that.
    stride : int
    """

    size: tuple[int, ...]
    side: int
    stride: int

    @classmethod
    def of(cls, size: Sequence[int], side: int | None = None, stride: int | None = None) -> Patches:
        """Those of an input; default: an eighth of its shorter side, and half of the patch.

        Raises
        ------
        InputError
            The patch covers the whole input, or the stride leaves pixels between the patches.
        """
        shorter = min(size[-2:])
        side = max(round(shorter / SHARE), 1) if side is None else side
        stride = max(side // 2, 1) if stride is None else stride
        if side >= max(size):
            raise InputError(
                f"`patch` is {side}, and covers the whole input of {' x '.join(map(str, size))}. Give a "
                "smaller one."
            )
        check_stride(side, stride)
        return cls(tuple(size), side, stride)

    @cached_property
    def spans(self) -> list[list[slice]]:
        """Along each axis what a patch covers, for all places there."""
        found = []
        for length in self.size:
            side = min(self.side, length)
            starts = [*range(0, length - side, self.stride), length - side]
            found.append([slice(start, start + side) for start in starts])
        return found

    @property
    def grid(self) -> tuple[int, ...]:
        """How many patches there are along each axis."""
        return tuple(map(len, self.spans))

    def __len__(self) -> int:
        return math.prod(self.grid)

    def plane(self, number: int) -> Array:
        """(H, W) float32, 1 in the patch of that number, else 0."""
        found = np.zeros(self.size, np.float32)
        at = np.unravel_index(number, self.grid)
        found[tuple(spans[int(i)] for spans, i in zip(self.spans, at, strict=True))] = 1
        return found

    @property
    def covers(self) -> list[np.ndarray]:
        """For each axis (patches, pixels), 1 where a patch covers the pixel."""
        found = []
        for length, spans in zip(self.size, self.spans, strict=True):
            one = np.zeros((len(spans), length))
            for row, span in zip(one, spans, strict=True):
                row[span] = 1
            found.append(one)
        return found


class Occluded(NamedTuple):
    """Scores of a class: `score` (n,) as they are, `without` (n, patches) with each patch covered."""

    score: Array
    without: Array
    patches: Patches


def covered(image: Array) -> Array:
    """The image (H, W, c) with its mean colour everywhere: what stands in a patch."""
    mean = image.mean(axis=tuple(range(image.ndim - 1)), dtype=np.float64)
    return np.broadcast_to(mean.astype(np.float32), image.shape)


def occlusion(evidence: Occluded) -> Array:
    """What covering a pixel costs the score, the mean over the patches that cover it (Zeiler & Fergus 2014).

    map(x) = mean over the patches P that x lies in of s - s(P covered). The paper draws the score itself at
    the middle of each patch; differences have a sign, and every pixel its value.

    Returns
    -------
    sums : (n, H, W) float32
    """
    score, without, patches = evidence
    found = (score[:, None].astype(np.float64) - without).reshape(-1, *patches.grid)
    for cover in patches.covers:  # a mean along each axis in turn: patches are products of spans
        found = np.moveaxis(np.tensordot(found, cover / cover.sum(axis=0), (1, 0)), -1, found.ndim - 1)
    return found.astype(np.float32)
