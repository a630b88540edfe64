"""The rooms that run a model for a CAM. An engine answers questions in NumPy arrays and knows no method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from xai_cam.network import LayerInfo, Network

ENGINES = ("tensorflow",)
"""Engines that can be asked for by name; `auto` takes the first."""

PREDICTED = -1
"""In an array of classes: the class that the model predicts for the image."""


@dataclass(frozen=True)
class Forward:
    """What one pass over n images shows: `activations` (n, h, w, k), the rest for N classes.

    `logits` (n, N), `probabilities` (n, N) (NaN where the head has none), `output` (n, N) as the model
    gives it, `predicted` (n,) class indices. All float32 but the last.
    """

    activations: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    output: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class MaskedScores:
    """Scores (n, m, k) float32 of m classes for the input masked by each channel, NaN for a constant one."""

    logits: np.ndarray
    probabilities: np.ndarray


class Engine(Protocol):
    """The questions that an engine answers about one layer of one model."""

    def forward(self, images: np.ndarray) -> Forward:
        """Activations and scores of (n, H, W, c) preprocessed images."""

    def gradients(self, images: np.ndarray, classes: np.ndarray, score: str) -> tuple[Forward, np.ndarray]:
        """The same, and the gradient (n, h, w, k) of the score of `classes` (n,), `PREDICTED` among them.

        `score` is `logit` or `probability`.
        """

    def masked_scores(self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray) -> MaskedScores:
        """Scores of `classes` (n, m) for the images masked by each live channel of `activations`."""


def make_engine(
    name: str,
    network: Network,
    target_layer: LayerInfo,
    chunk_size: int | None = None,
    device: str = "auto",
) -> Engine:
    """The engine of that name (`auto`: the best that is installed) for one layer of a network."""
    from xai_cam.engines.tensorflow import TensorFlowEngine

    if name not in ("auto", *ENGINES):
        raise ValueError(f"no engine {name!r}; known: auto, {', '.join(ENGINES)}")
    return TensorFlowEngine(network, target_layer, chunk_size, device)


__all__ = ["ENGINES", "PREDICTED", "Engine", "Forward", "MaskedScores", "make_engine"]
