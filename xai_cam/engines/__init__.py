"""The rooms that run a model for a CAM. An engine answers questions in NumPy arrays and knows no method."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from xai_cam.network import LayerInfo, Network

ENGINES = ("tensorflow",)
"""Engines that can be asked for by name; `auto` takes the first."""

PREDICTED = -1
"""In an array of classes: the class that the model predicts for the image."""


def ranked(rank: int) -> int:
    """In an array of classes: the image's class of that rank, 0 the highest output."""
    return PREDICTED - 1 - rank


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
class ChannelScores:
    """Scores (n, m, k) float32 of m classes with each channel in turn; NaN for one that was not asked for."""

    logits: np.ndarray
    probabilities: np.ndarray


class Engine(Protocol):
    """The questions that an engine answers about one layer of one model."""

    def forward(self, images: np.ndarray) -> Forward:
        """Activations and scores of (n, H, W, c) preprocessed images."""

    def gradients(self, images: np.ndarray, classes: np.ndarray, score: str) -> tuple[Forward, np.ndarray]:
        """The same in one pass, and the gradients (m, n, h, w, k) of the scores of `classes` (n, m).

        Classes may be `PREDICTED` or `ranked`; `score` is `logit` or `probability`.
        """

    def masked_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores of `classes` (n, m) for the images masked by each of the `channels`, (n, k) bool.

        All of these must be live: a constant channel makes no mask.
        """

    def ablated_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """The same with each of the `channels` set to 0 in the layer's output."""

    def probabilities(self, pairs: Iterable[tuple[np.ndarray, int]]) -> np.ndarray:
        """Probabilities (count,) of inputs (H, W, c), each with the class that is asked for.

        Pairs are taken as they are needed, so that no more inputs are held than one call takes.
        """


def live_channels(activations: np.ndarray, most: int | None = None) -> np.ndarray:
    """The channels of each image that are not constant over the map, (n, k) bool.

    Parameters
    ----------
    most : int, optional
        Only as many, those with the largest standard deviation over *that image's* map, as in
        Faster Score-CAM; of equal ones the first.
    """
    live = activations.max(axis=(1, 2)) > activations.min(axis=(1, 2))
    if most is None or most >= live.shape[1]:
        return np.asarray(live)
    deviation = np.where(live, activations.std(axis=(1, 2), dtype=np.float64), -1)
    ranks = np.argsort(np.argsort(-deviation, axis=1, kind="stable"), axis=1)
    return np.asarray(live & (ranks < most))


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


__all__ = [
    "ENGINES",
    "PREDICTED",
    "ChannelScores",
    "Engine",
    "Forward",
    "live_channels",
    "make_engine",
    "ranked",
]
