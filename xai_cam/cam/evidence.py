"""Activations, scores and gradients of one batch, each computed when first needed, and once only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import PREDICTED, ChannelScores, Engine, Forward, live_channels, ranked
from xai_cam.cam.methods import Ablated, Evidence
from xai_cam.errors import InputError
from xai_cam.images.class_specs import ClassSpec, check_classes, class_index, top_of

TOP_CLASSES = 5

GRADIENTS_AT_ONCE = 8
"""Classes whose gradients are taken from one forward pass: each needs as much memory as the activations."""


class BatchEvidence:
    """Activations, gradients and channels' scores of one batch of images.

    Parameters
    ----------
    images : (n, H, W, c) float32
    specs : sequence of class specs, or (n, m) int array
    total : int
        How many classes the model has.
    max_channels : int, optional
        Ask for the scores of no more channels of an image, those that vary most.
    gradient_score : str, optional
        The score whose gradients will be needed: the pass that computes them answers `forward` too.
    """

    def __init__(
        self,
        engine: Engine,
        images: np.ndarray,
        specs: Sequence[ClassSpec] | np.ndarray,
        total: int,
        max_channels: int | None = None,
        gradient_score: str | None = None,
    ) -> None:
        self.engine, self.images, self.specs, self.total = engine, images, specs, total
        self.max_channels, self.gradient_score = max_channels, gradient_score
        self._forward: Forward | None = None
        self._gradients: dict[tuple[int, str], np.ndarray] = {}

    @property
    def forward(self) -> Forward:
        """Activations and scores, from the pass for the gradients where these are needed too."""
        if self._forward is None and self.gradient_score is not None:
            self._forward = self._compute_gradients(0, self.gradient_score)
        elif self._forward is None:
            self._forward = self.engine.forward(self.images)
        return self._forward

    @cached_property
    def _asked(self) -> np.ndarray:
        """(n, m) class indices, or placeholders for classes that depend on the model's output."""
        if isinstance(self.specs, np.ndarray):
            return check_classes(self.specs, self.total)
        codes = [code for spec in self.specs for code in self._codes(spec)]
        return np.tile(np.array(codes, np.int32), (len(self.images), 1))

    def _codes(self, spec: ClassSpec) -> list[int]:
        top = top_of(spec)
        if spec == "predicted":
            return [PREDICTED]
        if top is None:
            return [int(check_classes(np.array([class_index(spec)]), self.total)[0])]
        if top > self.total:
            raise InputError(f"top{top} asks for more classes than the model has ({self.total}).")
        return [ranked(rank) for rank in range(top)]

    @cached_property
    def classes(self) -> np.ndarray:
        """(n, m) class indices, with placeholders resolved."""
        if (self._asked >= 0).all():
            return self._asked
        ranking = np.argsort(-self.forward.output, axis=1, kind="stable")
        ranks = np.maximum(ranked(0) - self._asked, 0)
        of_rank = np.take_along_axis(ranking, ranks, axis=1)
        predicted = self.forward.predicted[:, None]
        return np.where(self._asked >= 0, self._asked, np.where(self._asked == PREDICTED, predicted, of_rank))

    def ranking(self, i: int) -> tuple[tuple[int, float], ...]:
        """The first classes of image i, with their probabilities or else outputs."""
        output, probabilities = self.forward.output[i], self.forward.probabilities[i]
        values = output if np.isnan(probabilities).all() else probabilities
        best = np.argsort(-output, kind="stable")[:TOP_CLASSES]
        return tuple((int(c), float(values[c])) for c in best)

    def values(self, i: int) -> tuple[tuple[int, float], ...]:
        """The first outputs of image i in their order: those of a regression have no rank."""
        return tuple((k, float(value)) for k, value in enumerate(self.forward.output[i, :TOP_CLASSES]))

    def gradients(self, column: int, score: str) -> np.ndarray:
        """(n, h, w, k) gradients of one column of classes; those of others come in the same pass."""
        if (column, score) not in self._gradients:
            forward = self._compute_gradients(column - column % GRADIENTS_AT_ONCE, score)
            self._forward = self._forward or forward
        return self._gradients[column, score]

    def _compute_gradients(self, first: int, score: str) -> Forward:
        """Gradients of several columns of classes, the `first` one and those behind it, from one pass."""
        columns = self._asked[:, first : first + GRADIENTS_AT_ONCE]
        forward, gradients = self.engine.gradients(self.images, columns, score)
        self._gradients |= {(first + i, score): found for i, found in enumerate(gradients)}
        return forward

    def of(self, kind: Evidence, column: int, score: str) -> Any:
        """The evidence of the kind that a method needs, for one column of classes."""
        if kind is Evidence.ACTIVATIONS:
            return None
        if kind is Evidence.GRADIENTS:
            return self.gradients(column, score)
        if kind is Evidence.MASKED_SCORES:
            return _of(self.masked_scores, score)[:, column]
        return Ablated(self.class_scores(column, score), _of(self.ablated_scores, score)[:, column])

    def class_scores(self, column: int, score: str) -> np.ndarray:
        """(n,) scores of one column of classes."""
        table = self.forward.logits if score == "logit" else self.forward.probabilities
        return np.take_along_axis(table, self.classes[:, [column]], 1)[:, 0]

    @cached_property
    def masked_scores(self) -> ChannelScores:
        """Masked scores of all columns of classes, from one set of forward passes."""
        return self.engine.masked_scores(*self._channels)

    @cached_property
    def ablated_scores(self) -> ChannelScores:
        """The same with channels ablated."""
        return self.engine.ablated_scores(*self._channels)

    @property
    def _channels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        activations = self.forward.activations
        return self.images, activations, self.classes, live_channels(activations, self.max_channels)


def _of(scores: ChannelScores, score: str) -> np.ndarray:
    return scores.logits if score == "logit" else scores.probabilities
