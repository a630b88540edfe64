"""RISE, in pure NumPy: random masks, and the mean of them weighted by the scores of what they leave."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.images.resizing import interpolated, interpolation_matrix

Array = np.ndarray[Any, np.dtype[np.float32]]

CELLS = 7
"""Cells of a mask along each axis."""

PROBABILITY = 0.5
"""How probably a cell is left."""

DRAWN = 4096
"""Masks whose cells are drawn at a time."""

AT_ONCE = 64
"""Masks that are added up at a time: all of them would fill the memory."""


@dataclass(frozen=True)
class RandomMasks:
    """Masks of an input (H, W), or (D, H, W): each made when it is needed, and always the same.

    A mask has 7 x 7 cells, each 1 with a probability of 0.5, else 0. A cell is ceil(H / 7) x ceil(W / 7)
    pixels; the mask is enlarged bilinearly to 8 x 8 cells' size, and H x W of that is taken at random,
    less than a cell from its corner. (The paper rounds down, which leaves too few pixels at some sizes; the
    authors' code rounds up.) The first of many masks are those of few.

    Attributes
    ----------
    size : tuple of int
    count : int
    seed : int
    """

    size: tuple[int, ...]
    count: int
    seed: int = 0

    @cached_property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Cells (count, 7, 7) bool, and where each mask begins (count, axes)."""
        axes = len(self.size)
        cells, shifts = (np.random.default_rng((self.seed, stream)) for stream in range(2))
        kept = np.empty((self.count, *[CELLS] * axes), bool)
        for start in range(0, self.count, DRAWN):  # random numbers take eight times as much as what is kept
            part = kept[start : start + DRAWN]
            part[:] = cells.random(part.shape) < PROBABILITY
        return kept, (shifts.random((self.count, axes)) * self._cell).astype(np.int32)

    @property
    def _cell(self) -> list[int]:
        return [math.ceil(length / CELLS) for length in self.size]

    @cached_property
    def _enlarging(self) -> list[np.ndarray]:
        """For each axis what enlarges 7 cells to the size of 8."""
        return [interpolation_matrix((CELLS + 1) * cell, CELLS)[0] for cell in self._cell]

    def __len__(self) -> int:
        return self.count

    def plane(self, number: int) -> Array:
        """(H, W) float32 in [0, 1]: the mask of that number."""
        cells, shifts = (one[number] for one in self._drawn)
        cut = [
            matrix[start : start + length]
            for matrix, start, length in zip(self._enlarging, shifts, self.size, strict=True)
        ]
        return interpolated(cells.astype(np.float32), cut)

    def chunks(self) -> Iterator[tuple[slice, Array]]:
        """A few masks at a time, (b, H W)."""
        for start in range(0, self.count, AT_ONCE):
            part = slice(start, min(start + AT_ONCE, self.count))
            yield part, np.stack([self.plane(i).ravel() for i in range(part.start, part.stop)])


class Sampled:
    """Scores of n images under each of some random masks, and what follows from them.

    Parameters
    ----------
    scores : (n, masks) float32
    masks : RandomMasks
    centred : bool
        Whether scores count by how they differ from their mean: those that have no 0 of their own, as a logit
        or a value of a regression. Probabilities count as they are.
    """

    def __init__(self, scores: Array, masks: RandomMasks, centred: bool = False) -> None:
        found = scores.astype(np.float64)
        self.scores, self.masks = found - centred * found.mean(axis=1, keepdims=True), masks

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard error of s M / p at each pixel, (n, H W) each."""
        count, pixels = len(self.masks), math.prod(self.masks.size)
        sums, squares = np.zeros((2, len(self.scores), pixels))
        for part, masks in self.masks.chunks():
            some = self.scores[:, part]
            sums += some @ masks
            squares += some**2 @ masks**2
        mean = sums / count
        spread = np.maximum(squares - count * mean**2, 0)
        variance = spread / (count - 1) if count > 1 else np.full_like(spread, np.nan)
        return mean / PROBABILITY, np.sqrt(variance / count) / PROBABILITY

    def _as_maps(self, values: np.ndarray) -> Array:
        return values.reshape(-1, *self.masks.size).astype(np.float32)

    @property
    def maps(self) -> Array:
        """(n, H, W)."""
        return self._as_maps(self._moments[0])

    @property
    def errors(self) -> Sequence[float]:
        """For each map the largest standard error of a pixel; NaN of one mask alone."""
        return [float(value) for value in self._moments[1].max(axis=1)]


def rise(evidence: Sampled) -> Array:
    """The mean of random masks, each times the probability that it leaves (Petsiuk et al. 2018, eq. 6).

    map = 1 / (N p) sum over i of s(x M_i) M_i. Of scores that have no 0 of their own, s minus its mean.

    Returns
    -------
    sums : (n, H, W) float32
    """
    return evidence.maps
