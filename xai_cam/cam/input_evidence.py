"""The evidence of a batch that no layer is asked about: gradients at inputs, or at others made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.questions import Engine, Forward, riding
from xai_cam.cam.evidence import GRADIENTS_AT_ONCE, BatchEvidence
from xai_cam.cam.input_points import Points, at_image, noisy, on_path
from xai_cam.cam.masked_inputs import MaskedInputs
from xai_cam.cam.methods import Evidence, Method
from xai_cam.cam.occlusion import Occluded
from xai_cam.cam.pixel_maps import AtInput, OnPath
from xai_cam.cam.random_masks import Sampled
from xai_cam.cam.sampling import Sampling
from xai_cam.models.input.inputs import as_inputs

UNKNOWN_BLACK = (
    "integrated-gradients begins at zeros: what a black picture is to the model is not known of these "
    "numbers. Give pictures, or a `window`; in Python, give what prepare returns."
)


class Means(NamedTuple):
    """Of several columns of classes, from the `first` on: mean gradients (m, n, H, W, c), and scores (m, n).

    The scores are those of the last input that was made of each image.
    """

    first: int
    gradients: np.ndarray
    scores: np.ndarray


class InputEvidence:
    """The evidence of a batch at the model's input, as `LayerEvidence` is that at a layer.

    Parameters
    ----------
    batch : BatchEvidence
    engine : Engine
        Of the whole model.
    sampling : Sampling, optional
        How many inputs are made of an image, the seed of random ones, and what is covered.

    Attributes
    ----------
    by : str
        The engine that computed what was asked for last.
    """

    def __init__(self, batch: BatchEvidence, engine: Engine, sampling: Sampling | None = None) -> None:
        self.batch, self.engine, self.sampling = batch, engine, sampling or Sampling()
        self._masked, self.by = MaskedInputs(batch, engine, self.sampling), ""
        self._means: dict[tuple[Evidence, int, str], Means] = {}

    @cached_property
    def images(self) -> np.ndarray:
        """(n, H, W, c), as the model takes them."""
        return as_inputs(self.batch.images).images

    @cached_property
    def forward(self) -> Forward:
        """The scores; what is explained are the images themselves, which stand in for activations."""
        return replace(self.batch.forward, activations=self.images)

    @cached_property
    def start(self) -> np.ndarray:
        """(H, W, c): a black picture, as the model takes it; where that is not known, zeros."""
        black = as_inputs(self.batch.images).black
        return np.zeros(self.images.shape[1:], np.float32) if black is None else black

    def of(self, method: Method, column: int, score: str) -> Any:
        """The evidence that a method needs, for one column of classes."""
        if method.evidence.by_masks:
            return self._of_masks(method, column, score)
        means = self._of(method, column, score)
        gradients = means.gradients[column - means.first]
        if method.evidence is not Evidence.PATH_GRADIENTS:
            return AtInput(self.images, gradients)
        ends = self.batch.class_scores(column, score), means.scores[column - means.first]
        return OnPath(self.images, gradients, np.broadcast_to(self.start, self.images.shape), *ends)

    def _of_masks(self, method: Method, column: int, score: str) -> Occluded | Sampled:
        """Scores with parts of the images covered or dimmed."""
        if method.evidence is Evidence.OCCLUDED_SCORES:
            found: Occluded | Sampled = self._masked.occluded(column, score)
        else:
            found = self._masked.sampled(column, score, method.samples)
        self.by = self.engine.name.split()[0]  # less than f32 is for channels
        return found

    def _points(self, method: Method) -> Points:
        count = self.sampling.samples or method.samples
        if method.evidence is Evidence.PATH_GRADIENTS:
            return on_path(self.start, count)
        return noisy(count, self.sampling.seed) if method.evidence is Evidence.NOISY_GRADIENTS else at_image()

    def _of(self, method: Method, column: int, score: str) -> Means:
        """Those of a column, which the columns near it come with; of a kind and score the latest are kept."""
        key = method.evidence, self.sampling.samples or method.samples, score
        known = self._means.get(key)
        if known is None or not known.first <= column < known.first + len(known.scores):
            first = column - column % GRADIENTS_AT_ONCE
            known = self._compute(method, first, score)
            self._means[key] = known
        return known

    def _compute(self, method: Method, first: int, score: str) -> Means:
        """Mean gradients and last scores of the columns from the first on."""
        points, images = self._points(method), self.images
        count = len(points.weights)
        columns = self.batch.classes[:, first : first + GRADIENTS_AT_ONCE]
        found = np.zeros((columns.shape[1], *images.shape), np.float32)
        scores = np.zeros(columns.T.shape, np.float32)

        def make(number: int) -> np.ndarray:
            return points.make(images[number // count], number % count)

        def take(number: int, gradients: np.ndarray, of_input: np.ndarray) -> None:
            image, point = divmod(number, count)
            scores[:, image] = of_input
            if points.weights[point]:
                found[:, image] += np.float32(points.weights[point]) * gradients

        of_images = np.repeat(np.arange(len(images)), count)
        asked = InputGradients(of_images, make, take, columns, self._riding, score, method.evidence.value)
        self.by = self.engine.input_gradients(asked)
        return Means(first, found, scores)

    @cached_property
    def _riding(self) -> Sequence[tuple[np.ndarray, ...]]:
        """What rides along with each image."""
        beside = riding(self.batch.images, self.batch.forward)
        return [tuple(one[i] for one in beside) for i in range(len(self.images))]
