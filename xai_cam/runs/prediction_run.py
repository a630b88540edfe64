"""A run that only computes the model's predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_cam.cam.classifier import Classifier
from xai_cam.models.classifier import NOT_FINITE, Prediction
from xai_cam.models.input.feeding import Feeding
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, inputs_of


@dataclass
class PredictionWork:
    """Scores and predicted class of every image.

    What is found of an image: its `Prediction`.

    Parameters
    ----------
    take : callable
        Gets every image that is through, in the order of the tasks; it fills in rows and notices.
    look : callable
        Gets every image before it is read.
    """

    feeding: Feeding
    classifier: Classifier
    take: Callable[[ImageState], None]
    look: Callable[[ImageState], None] = lambda _: None
    blank: Mapping[str, Any] = field(default_factory=lambda: dict.fromkeys(("image", "outcome", "message")))

    def look_up(self, state: ImageState) -> None:
        """Every image is predicted."""
        state.todo = True
        self.look(state)

    def prepare(self) -> ModelReader:
        """The model is open already."""
        return ModelReader(self.feeding, keeps_picture=False)

    def ask(self, states: list[ImageState]) -> None:
        """Predict a batch."""
        scores, classes = self.classifier.score(inputs_of(states))
        for state, of_classes, predicted in zip(states, scores, classes, strict=True):
            if np.isfinite(of_classes).all():
                span = float(state.fed.min()), float(state.fed.max())
                state.answer = Prediction(of_classes, int(predicted), span)
            else:
                state.fail(NOT_FINITE)

    def write(self, state: ImageState) -> None:
        """Nothing to do: predictions are not written to files."""

    def finish(self, state: ImageState) -> None:
        """Pass the finished image on to `take`."""
        self.take(state)
