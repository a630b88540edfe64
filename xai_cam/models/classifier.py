"""A model as a classifier: how it is opened, and what it answers about an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import network_of
from xai_cam.models.output.model_output import named_by

BATCH_SIZE = 32

NOT_FINITE = "the model's scores hold NaN or infinity: check the weights and the input scaling"


@dataclass(frozen=True)
class Prediction:
    """The model's answer for one image: `scores` (N,) of its classes and the class it chose.

    Scores are probabilities where the model gives them, else its outputs; of a regression these are its
    values, and `predicted` is 0. `span` is the lowest and the highest number that it was fed.
    """

    scores: np.ndarray
    predicted: int
    span: tuple[float, float] = (0.0, 0.0)

    @property
    def margin(self) -> float:
        """How far the highest score lies above the second, in the scores' own unit."""
        second, first = np.partition(self.scores, -2)[-2:]
        return float(first - second)

    @property
    def ranking(self) -> list[tuple[int, float]]:
        """The first three classes with their scores, highest first."""
        best = np.argsort(-self.scores, kind="stable")[:3]
        return [(int(c), float(self.scores[c])) for c in best]


def open_network(
    model: Any,
    size: tuple[int, ...] | None,
    labels: Sequence[str] | None,
    head: str = "auto",
    reshape: tuple[int, ...] | None = None,
    call: int | None = None,
    batch_size: int | None = None,
    outputs: Sequence[str | int] = (),
    image_input: str | None = None,
    held: Sequence[str] = (),
) -> NetworkFacts:
    """A loaded model as a network that takes pictures, so many at a time.

    Raises
    ------
    ModelError
        It is no classifier.
    InputError
        The labels are not one for each class, or the model cannot have such a head.
    """
    options = NetworkOptions(size, head, reshape, call, batch_size, outputs, image_input, held)
    network = network_of(model, options)
    named = named_by(network.outputs, labels)
    if named is not None and named.head is not None:
        named.head.check_labels(labels)
    return network
