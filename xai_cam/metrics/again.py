"""Measures that have changed images explained again, and what they are given for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.explained_again import ExplainAgain
from xai_cam.cam.explanation import Explanation
from xai_cam.metrics.perturbation import at_size


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


def saliency_of(explanation: Explanation, size: Sequence[int]) -> np.ndarray:
    """The map over its maximum at the input's size (H, W), in [0, 1]; of both signs what is above 0."""
    return at_size(np.maximum(explanation.on_input(size), 0), size)


AgainMeasure = Callable[[Batch], Sequence[Sequence[float]]]
"""Gives a value for each map of each image."""

OF_AGAIN: dict[str, AgainMeasure] = {}
"""Measures that have images explained again, by name."""

DERIVED: dict[str, Callable[[Mapping[str, float]], float]] = {}
"""Measures that are made of the values of others (`Metric.uses`), by name."""
