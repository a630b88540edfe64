"""An engine for a model that is limited to a batch size: it is given full batches of images alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.one_layer import OneLayer
from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.cam.engines.questions import ChannelScores, Engine, Forward, WholeImages
from xai_cam.models.batches import in_full_batches
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.layers import LayerInfo


@dataclass(frozen=True)
class FullBatches(OneLayer):
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
    def target_layer(self) -> LayerInfo:  # type: ignore[override]
        """The layer of the engine."""
        return self.engine.target_layer

    def at_most(self, images: int) -> int:
        """As the engine has it."""
        return self.engine.at_most(images)

    def at_layers(self, layers: Sequence[LayerInfo]) -> WholeImages:
        """The same at several layers at once, a batch at a time."""
        return WholeInFullBatches(self.engine.at_layers(layers), self.size, max(len(layers), 1))

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

    def position_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, spread: bool = False
    ) -> ChannelScores:
        """As the engine has them: its chunks are full."""
        return self.engine.position_scores(images, before, classes, spread)

    def predictions(self, images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores of classes and the predicted ones, a batch at a time."""

        def answers(*part: np.ndarray) -> Sequence[np.ndarray]:
            return self.engine.predictions(_rejoined(images, part))

        scores, predicted = in_full_batches(answers, self.size, images.images, *images.extras)
        return scores, predicted

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """As the engine has them: its chunks are full."""
        return self.engine.perturbed_scores(asked)

    def input_gradients(self, asked: InputGradients) -> str:
        """As the engine has them: its chunks are full."""
        return self.engine.input_gradients(asked)


@dataclass(frozen=True)
class WholeInFullBatches:
    """The same for whole images at `count` layers."""

    whole: WholeImages
    size: int
    count: int

    @property
    def by(self) -> str:
        """The engine that last computed whole images."""
        return self.whole.by

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """For each layer its activations, and the scores, a batch at a time."""
        given = as_inputs(images)

        def answers(*part: np.ndarray) -> list[np.ndarray]:
            return self._flat(self.whole.forward(_rejoined(given, part)))

        return self._forwards(in_full_batches(answers, self.size, given.images, *given.beside))

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same with the gradients at each layer."""
        given = as_inputs(images)

        def answers(of_part: np.ndarray, *part: np.ndarray) -> list[np.ndarray]:
            forwards, gradients = self.whole.gradients(_rejoined(given, part), of_part, score)
            return [*(np.moveaxis(one, 0, 1) for one in gradients), *self._flat(forwards)]

        arrays = np.asarray(classes), given.images, *given.beside
        found = in_full_batches(answers, self.size, *arrays)
        gradients = [np.moveaxis(one, 1, 0) for one in found[: self.count]]
        return self._forwards(found[self.count :]), gradients

    @staticmethod
    def _flat(forwards: Sequence[Forward]) -> list[np.ndarray]:
        """Activations of each layer but the first, and all that is known of that."""
        first, *others = forwards
        return [*(one.activations for one in others), *_parts(first)]

    def _forwards(self, parts: Sequence[np.ndarray]) -> list[Forward]:
        others, first = parts[: self.count - 1], _forward(parts[self.count - 1 :])
        return [first, *(replace(first, activations=one) for one in others)]


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
