"""What a model does to pixels before anything else: scalings, subtractions, other orders of the channels.

Followed over the traced graph, every number of a tensor is a sum over the channels of one pixel of the
input: y_j = sum_k M_jk x_k + b_j. Whatever is no such sum ends the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

MIXED = -1
"""In place of the axis of the channels: they lie among the places, as behind a Flatten."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A tensor as a sum over the channels of the input.

    Attributes
    ----------
    matrix : (channels, input channels) float64
    offset : (channels,) float64
    axis : int
        Where the channels lie; `MIXED` for among the places.
    rank : int
        How many axes the tensor has.
    steps : tuple of operation
        Those that changed the numbers, in their order.
    bounds : (float, float), optional
        What the input was cut off at, before anything else was made of it.
    whole : bool
        Whether the input was made whole numbers, before anything else was made of it.
    """

    matrix: np.ndarray
    offset: np.ndarray
    axis: int
    rank: int
    steps: tuple[Any, ...] = ()
    bounds: tuple[float, float] | None = None
    whole: bool = False

    @classmethod
    def start(cls, rank: int, axis: int, channels: int) -> Affine:
        """The input itself."""
        return cls(np.eye(channels), np.zeros(channels), axis, rank)

    @property
    def scale(self) -> np.ndarray:
        """(channels,): what a grey pixel is multiplied by."""
        return np.asarray(self.matrix.sum(axis=1))

    @property
    def is_identity(self) -> bool:
        """Whether pixels are left as they are, but for the order of their channels."""
        return bool(np.allclose(self.scale, 1, atol=1e-3) and np.allclose(self.offset, 0, atol=1e-3))

    def changed(self, step: Any, matrix: np.ndarray, offset: np.ndarray) -> Affine:
        """The same behind an operation that makes other numbers."""
        return replace(self, matrix=matrix, offset=offset, steps=(*self.steps, step))

    def moved(self, axis: int, rank: int) -> Affine:
        """The same with the channels on another axis."""
        return replace(self, axis=axis, rank=rank)

    def taken(self, index: Any) -> Affine:
        """Some of the channels, or in another order."""
        return replace(self, matrix=self.matrix[index], offset=self.offset[index])
