"""A run that only computes the model's predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_cam.cam.classifier import Classifier
from xai_cam.cam.engines.questions import Computing
from xai_cam.models.classifier import NOT_FINITE, Prediction
from xai_cam.models.input.feeding import Feeding, FeedingRequest
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, inputs_of
from xai_cam.runs.unspoken import Unspoken


def no_columns() -> Mapping[str, Any]:
    """A row of which nothing is reported but failures."""
    return dict.fromkeys(("image", "outcome", "message"))


@dataclass(frozen=True)
class Opening:
    """How the model is opened by whoever predicts.

    Parameters
    ----------
    request : FeedingRequest
        How it is fed.
    open_model : callable
        Loads it.
    computing : Computing
        The engine and its settings.
    """

    request: FeedingRequest
    open_model: Callable[[], Any]
    computing: Computing

    def open(self) -> tuple[Feeding, Classifier]:
        """The model, as it is fed and as it predicts."""
        feeding = self.request.open(self.open_model(), self.computing.batch_size)
        return feeding, Classifier(feeding.network, self.computing)


class Predicting(Unspoken):
    """What all works have that predict: a model that is open by the time it is asked."""

    feeding: Feeding
    classifier: Classifier

    def look_up(self, state: ImageState) -> None:
        """Every image is predicted."""
        state.todo = True

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


@dataclass
class PredictionWork(Predicting):
    """Scores and predicted class of every image.

    What is found of an image: its `Prediction`.

    Parameters
    ----------
    take : callable
        Gets every image that is through, in the order of the tasks; it fills in rows and notices.
    opening : Opening, optional
        How workers open the model.
    """

    feeding: Feeding
    classifier: Classifier
    take: Callable[[ImageState], None]
    blank: Mapping[str, Any] = field(default_factory=no_columns)
    opening: Opening | None = None

    @property
    def computing(self) -> Computing:
        """The engine and its settings."""
        return self.classifier.computing

    def for_worker(self) -> PredictionsThere:
        """As `SpreadWork` has it."""
        assert self.opening is not None, "it was not told how workers open the model"
        return PredictionsThere(self.opening, self.blank)

    def prepare(self) -> ModelReader:
        """The model is open already."""
        return ModelReader(self.feeding, keeps_picture=False)

    def finish(self, state: ImageState) -> None:
        """Pass the finished image on to `take`."""
        self.take(state)


@dataclass
class PredictionsThere(Predicting):
    """The same of a worker, which opens the model when the first image needs it."""

    opening: Opening
    blank: Mapping[str, Any]

    @property
    def computing(self) -> Computing:
        """The engine and its settings."""
        return self.opening.computing

    def for_worker(self) -> PredictionsThere:
        """It is one already."""
        return self

    def prepare(self) -> ModelReader:
        """Open the model."""
        opening = self.opening
        self.feeding, self.classifier = opening.open()
        return ModelReader(self.feeding, keeps_picture=False)

    def finish(self, state: ImageState) -> None:
        """Nothing to do: images are handed over."""
