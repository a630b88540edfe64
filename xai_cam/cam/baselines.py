"""Maps that ignore the class, in pure NumPy: what a method must beat for its figures to mean much.

Each `draw` takes the activations A (n, h, w, k) of the target layer and the preprocessed images
(n, H, W, c) and gives maps (n, h, w) float32, >= 0, on the layer's grid; of volumes with planes before. An
image's map does not depend on its batch mates. Nothing in them speaks for a class or against it: they are
the same for every sign.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np


@dataclass(frozen=True)
class Baseline:
    """One baseline: its name, the function that makes its maps, and a description."""

    name: str
    draw: Callable[[np.ndarray, np.ndarray], np.ndarray]
    summary: str


def random(activations: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Maps (n, h, w) of independent cells, uniform in [0, 1), seeded by each image's own content."""
    grid = activations.shape[1:-1]
    maps = np.empty((len(images), *grid), np.float32)
    for i, image in enumerate(images):
        content = np.ascontiguousarray(image, "<f4")
        maps[i] = np.random.default_rng(zlib.crc32(content.data)).random(grid, np.float32)
    return maps


def gaussian(activations: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Maps (n, h, w) that are the same for all: exp(-(y^2 + x^2) / 2), 1 at the centre of the grid.

    y and x are distances from the centre in standard deviations, each a quarter of its side; those of a
    volume have a third one.
    """
    n, *sides, _ = activations.shape
    along = [((np.arange(side) + 0.5) / side - 0.5) * 4 for side in sides]
    one = np.exp(-reduce(np.add.outer, [one**2 for one in along]) / 2).astype(np.float32)
    return np.repeat(one[None], n, axis=0)


def mean_activation(activations: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Maps (n, h, w): relu of the mean over the channels of A."""
    return np.maximum(activations.mean(axis=-1, dtype=np.float32), 0)


BASELINES: dict[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("random", random, "independent random cells"),
        Baseline("gaussian", gaussian, "a bell around the centre, the same for every image"),
        Baseline("mean-activation", mean_activation, "the layer's channels, averaged"),
    )
}
