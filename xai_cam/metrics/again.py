"""Measures that have changed images explained again, and what they are given for that."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_cam.cam.explained_again import ExplainAgain, Numbers
from xai_cam.cam.explanation import Explanation
from xai_cam.metrics.coherency import adcc, coherency
from xai_cam.metrics.measure import TIMED
from xai_cam.metrics.perturbation import at_size
from xai_cam.metrics.sensitivity import DRAWS, relative_change, shaken


@dataclass(frozen=True)
class Batch:
    """Images and their maps, as a measure that explains again sees them.

    Attributes
    ----------
    images : (n, H, W, c) float32
        Preprocessed.
    found : n sequences
        The explanations of each image.
    explain_again : callable
        Gets images (k, H, W, c), and for each the number of an image and of one of its maps; explains each as
        that map was: the same class, layer, method and options, and whatever else the model takes. Gives
        their explanations. All at once is quickest: they go through the model in batches.
    """

    images: np.ndarray
    found: Sequence[Sequence[Explanation]]
    explain_again: ExplainAgain

    def saliency(self, explanation: Explanation) -> np.ndarray:
        """A map (H, W) at the input's size, in [0, 1]: of both signs what is above 0."""
        return saliency_of(explanation, self.images.shape[1:-1])

    @cached_property
    def salient(self) -> list[Numbers]:
        """The maps that show anything: finite, not the same everywhere; the others are not worth a pass."""
        every = [(i, k) for i, of_image in enumerate(self.found) for k in range(len(of_image))]
        return [(i, k) for i, k in every if _shows(self.saliency(self.found[i][k]))]

    def listed(self, values: Sequence[float]) -> list[list[float]]:
        """Values of the salient maps, for each map of each image; NaN of the others."""
        known = dict(zip(self.salient, values, strict=True))
        return [
            [known.get((i, k), math.nan) for k in range(len(of_image))]
            for i, of_image in enumerate(self.found)
        ]


def _shows(saliency: np.ndarray) -> bool:
    return bool(np.isfinite(saliency).all() and saliency.max() > saliency.min())


def saliency_of(explanation: Explanation, size: Sequence[int]) -> np.ndarray:
    """The map over its maximum at the input's size (H, W), in [0, 1]; of both signs what is above 0."""
    return at_size(np.maximum(explanation.on_input(size), 0), size)


def measure_coherency(batch: Batch) -> list[list[float]]:
    """Coherency of each map: every image is multiplied by each of its maps, and all are explained at once."""
    masked = [batch.images[i] * batch.saliency(batch.found[i][k])[..., None] for i, k in batch.salient]
    return batch.listed(_compared(batch, masked, coherency))


def measure_sensitivity(batch: Batch) -> list[list[float]]:
    """Max-sensitivity of each map; the same draws for all maps of an image, and one draw of all at once."""
    worst = [0.0] * len(batch.salient)
    for draw in range(DRAWS):
        changed = {i: shaken(batch.images[i], draw) for i, _ in batch.salient}
        changes = _compared(batch, (changed[i] for i, _ in batch.salient), relative_change)
        worst = [float(np.maximum(*both)) for both in zip(worst, changes, strict=True)]  # of NaN: NaN
    return batch.listed(worst)


def measure_cost(batch: Batch) -> list[list[float]]:
    """Milliseconds of each map, its method by itself: the shortest of four times, an equal share an image.

    The images of a batch are explained together, as they were, and the first time may still compile
    something.
    """
    groups: dict[tuple[str, str], list[Numbers]] = {}
    for i, k in batch.salient:
        groups.setdefault((batch.found[i][k].layer, batch.found[i][k].method), []).append((i, k))
    taken: dict[Numbers, float] = {}
    for numbers in groups.values():
        images = np.stack([batch.images[i] for i, _ in numbers])
        shortest = min(_seconds(batch, images, numbers) for _ in range(TIMED.again))
        taken |= dict.fromkeys(numbers, 1000 * shortest / len(numbers))
    return batch.listed([taken[one] for one in batch.salient])


def _seconds(batch: Batch, images: np.ndarray, of: Sequence[Numbers]) -> float:
    started = time.perf_counter()
    batch.explain_again(images, of)
    return time.perf_counter() - started


def _compared(
    batch: Batch, changed: Iterable[np.ndarray], compare: Callable[[np.ndarray, np.ndarray], float]
) -> list[float]:
    """A value of each salient map and that of its changed image, both (H, W)."""
    if not batch.salient:
        return []
    made = batch.explain_again(np.stack(list(changed)), batch.salient)
    return [
        compare(batch.saliency(batch.found[i][k]), batch.saliency(one))
        for (i, k), one in zip(batch.salient, made, strict=True)
    ]


AgainMeasure = Callable[[Batch], Sequence[Sequence[float]]]
"""Gives a value for each map of each image."""

OF_AGAIN: Mapping[str, AgainMeasure] = {
    "coherency": measure_coherency,
    "max_sensitivity": measure_sensitivity,
    "cost": measure_cost,
}
"""Measures that have images explained again, by name."""

DERIVED: Mapping[str, Callable[[Mapping[str, float]], float]] = {"adcc": adcc}
"""Measures that are made of the values of others (`Metric.uses`), by name."""
