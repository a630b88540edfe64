"""An engine for a model that is limited to a batch size: it is given full batches of images alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.cam.engines.questions import ChannelScores, Engine, Forward
from xai_cam.models.batches import in_full_batches
from xai_cam.models.input.inputs import Inputs, as_inputs


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

    def forward(self, images: np.ndarray | Inputs) -> Forward:
        """Activations and scores of (n, H, W, c) images, a batch at a time."""
        given = as_inputs(images)

        def answers(*part: np.ndarray) -> list[np.ndarray]:
            return _parts(self.engine.forward(_rejoined(given, part)))

        return _forward(in_full_batches(answers, self.size, given.images, *given.beside))

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[Forward, np.ndarray]:
        """The same with the gradients of the scores of each image's classes."""
        given = as_inputs(images)

        def answers(of_part: np.ndarray, *part: np.ndarray) -> list[np.ndarray]:
            forward, gradients = self.engine.gradients(_rejoined(given, part), of_part, score)
            return [gradients, *_parts(forward)]

        arrays = np.asarray(classes), given.images, *given.beside
        gradients, *forward = in_full_batches(answers, self.size, *arrays, first_axis=1)
        return _forward(forward), gradients

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """As the engine has them: its chunks are full."""
        return self.engine.masked_scores(images, before, classes, channels)

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """As the engine has them: its chunks are full."""
        return self.engine.ablated_scores(images, before, classes, channels)

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """As the engine has them: its chunks are full."""
        return self.engine.perturbed_scores(asked)


def _parts(forward: Forward) -> list[np.ndarray]:
    return [
        forward.activations,
        forward.logits,
        forward.probabilities,
        forward.output,
        forward.predicted,
        *forward.held,
    ]


def _forward(parts: Sequence[np.ndarray]) -> Forward:
    activations, logits, probabilities, output, predicted, *held = parts
    return Forward(activations, logits, probabilities, output, predicted, tuple(held))


def _rejoined(given: Inputs, part: Sequence[np.ndarray]) -> Inputs:
    """Images and what rides along with them, as one batch again."""
    images, *beside = part
    count = len(given.extras)
    return Inputs(images, tuple(beside[:count]), tuple(beside[count:]))
