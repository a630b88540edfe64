"""Images as a model takes them, with what rides along with each: the model's other inputs, and masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Inputs:
    """A batch.

    Attributes
    ----------
    images : (n, H, W, c) float32
        Preprocessed.
    extras : tuple of (n, …) arrays
        The model's other inputs, in its order.
    regions : tuple of (n, h, w) uint8 arrays
        Of targets that are summed over given masks: 1 where those are.
    black : (H, W, c) float32, optional
        What a black picture is to the model; None where that is not known.
    """

    images: np.ndarray
    extras: tuple[np.ndarray, ...] = ()
    regions: tuple[np.ndarray, ...] = ()
    black: np.ndarray | None = field(default=None, kw_only=True)

    @property
    def beside(self) -> tuple[np.ndarray, ...]:
        """All that rides along."""
        return *self.extras, *self.regions

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the images."""
        return self.images.shape

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, part: slice) -> Inputs:
        extras, regions = (tuple(one[part] for one in some) for some in (self.extras, self.regions))
        return Inputs(self.images[part], extras, regions, black=self.black)


def as_inputs(images: np.ndarray | Inputs) -> Inputs:
    """A batch; of images alone nothing rides along."""
    return images if isinstance(images, Inputs) else Inputs(images)


def stacked(batches: Iterable[Inputs]) -> Inputs:
    """Several batches as one."""
    parts = list(batches)

    def join(*arrays: Any) -> np.ndarray:
        return np.concatenate(arrays)

    return Inputs(
        np.concatenate([one.images for one in parts]),
        tuple(map(join, *(one.extras for one in parts))),
        tuple(map(join, *(one.regions for one in parts))),
        black=parts[0].black,
    )
