"""An engine for a model that is limited to a batch size: it is given full batches of images alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.engines.questions import ChannelScores, Engine, Forward
from xai_cam.models.batches import in_full_batches


@dataclass(frozen=True)
class FullBatches:
    """Answers for any number of images by an engine whose chunks have the size that the model is limited to.

    Parameters
    ----------
    engine : Engine
        Computes the answers.
    size : int
        Images in a batch; a short one is filled up, and the answers to the filling are dropped.
    """

    engine: Engine
    size: int

    @property
    def name(self) -> str:
        """The engine for scores of channels."""
        return self.engine.name

    @property
    def passes_by(self) -> str:
        """The engine that last computed whole images."""
        return self.engine.passes_by

    def forward(self, images: np.ndarray) -> Forward:
        """Activations and scores of (n, H, W, c) images, a batch at a time."""
        return Forward(*in_full_batches(lambda part: _parts(self.engine.forward(part)), self.size, images))

    def gradients(self, images: np.ndarray, classes: np.ndarray, score: str) -> tuple[Forward, np.ndarray]:
        """The same with the gradients of the scores of each image's classes."""

        def answers(part: np.ndarray, of_part: np.ndarray) -> list[np.ndarray]:
            forward, gradients = self.engine.gradients(part, of_part, score)
            return [*_parts(forward), gradients]

        axes = (0, 0, 0, 0, 0, 1)
        *forward, gradients = in_full_batches(answers, self.size, images, np.asarray(classes), axes=axes)
        return Forward(*forward), gradients

    def masked_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """As the engine has them: its chunks are full."""
        return self.engine.masked_scores(images, activations, classes, channels)

    def ablated_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """As the engine has them: its chunks are full."""
        return self.engine.ablated_scores(images, activations, classes, channels)

    def probabilities(self, pairs: Iterable[tuple[np.ndarray, int]]) -> np.ndarray:
        """As the engine has them: its chunks are full."""
        return self.engine.probabilities(pairs)


def _parts(forward: Forward) -> list[np.ndarray]:
    return [
        forward.activations,
        forward.logits,
        forward.probabilities,
        forward.output,
        forward.predicted,
    ]
