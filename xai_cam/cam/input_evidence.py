"""The evidence of a batch that no layer is asked about: gradients at inputs, or at others made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.questions import Engine, Forward, riding
from xai_cam.cam.evidence import GRADIENTS_AT_ONCE, BatchEvidence
from xai_cam.cam.methods import Method
from xai_cam.cam.pixel_maps import AtInput
from xai_cam.cam.scored import Scored
from xai_cam.models.input.inputs import as_inputs


class InputEvidence:
    """The evidence of a batch at the model's input, as `LayerEvidence` is that at a layer.

    Parameters
    ----------
    batch : BatchEvidence
    engine : Engine
        Of the whole model.
    """

    def __init__(self, batch: BatchEvidence, engine: Engine) -> None:
        self.batch, self.engine = batch, engine
        self._gradients: dict[str, tuple[int, np.ndarray]] = {}

    @cached_property
    def images(self) -> np.ndarray:
        """(n, H, W, c), as the model takes them."""
        return as_inputs(self.batch.images).images

    @cached_property
    def forward(self) -> Forward:
        """The scores; what is explained are the images themselves, which stand in for activations."""
        return replace(self.batch.forward, activations=self.images)

    def of(self, method: Method, column: int, score: str) -> Any:  # noqa: ARG002 - the only kind so far
        """The evidence that a method needs, for one column of classes."""
        return AtInput(self.images, self.gradients(column, score))

    def scored(self, method: Method, score: str) -> Scored:
        """Nothing here scores channels."""
        raise NotImplementedError(f"{method.name} at {score} has no channels")

    def gradients(self, column: int, score: str) -> np.ndarray:
        """Gradients (n, H, W, c) of one column of classes; those of the columns near it come with it."""
        first, known = self._gradients.get(score, (-1, np.empty(0)))
        if not (0 <= first <= column < first + len(known)):
            first = column - column % GRADIENTS_AT_ONCE
            columns = self.batch.classes[:, first : first + GRADIENTS_AT_ONCE]
            known = self._compute(columns, score)
            self._gradients[score] = first, known
        return known[column - first]

    def _compute(self, columns: np.ndarray, score: str) -> np.ndarray:
        """Gradients (m, n, H, W, c) of several columns (n, m)."""
        images = self.images
        found = np.empty((columns.shape[1], *images.shape), np.float32)

        def take(number: int, gradients: np.ndarray, _: np.ndarray) -> None:
            found[:, number] = gradients

        self.engine.input_gradients(
            InputGradients(np.arange(len(images)), images.__getitem__, take, columns, self._riding, score)
        )
        return found

    @cached_property
    def _riding(self) -> Sequence[tuple[np.ndarray, ...]]:
        """What rides along with each image."""
        beside = riding(self.batch.images, self.batch.forward)
        return [tuple(one[i] for one in beside) for i in range(len(self.images))]
