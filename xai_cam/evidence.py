"""What is known of one batch: asked of the engine when it is first needed, and once only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.engines import PREDICTED, ChannelScores, Engine, Forward, live_channels
from xai_cam.errors import UsageError
from xai_cam.methods import Ablated, Evidence
from xai_cam.targets import ClassSpec, check_classes, class_index, top_of

TOP_CLASSES = 5


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
    """

    def __init__(
        self,
        engine: Engine,
        images: np.ndarray,
        specs: Sequence[ClassSpec] | np.ndarray,
        total: int,
        max_channels: int | None = None,
    ) -> None:
        self.engine, self.images, self.specs, self.total = engine, images, specs, total
        self.max_channels = max_channels
        self._forward: Forward | None = None
        self._gradients: dict[tuple[int, str], np.ndarray] = {}

    @property
    def forward(self) -> Forward:
        """Activations and scores; any question for gradients answers this one too."""
        if self._forward is None:
            self._forward = self.engine.forward(self.images)
        return self._forward

    @cached_property
    def classes(self) -> np.ndarray:
        """(n, m) class indices, no longer `PREDICTED`."""
        if isinstance(self.specs, np.ndarray):
            return check_classes(self.specs, self.total)
        columns = [column for spec in self.specs for column in self._columns(spec)]
        return check_classes(np.stack(columns, axis=1), self.total)

    def _columns(self, spec: ClassSpec) -> list[np.ndarray]:
        top = top_of(spec)
        if top is not None:
            if top > self.total:
                raise UsageError(f"top{top} asks for more classes than the model has ({self.total}).")
            ranking = np.argsort(-self.forward.output, axis=1, kind="stable")
            return [ranking[:, rank] for rank in range(top)]
        if spec == "predicted":
            return [self.forward.predicted]
        return [np.full(len(self.images), class_index(spec))]

    def ranking(self, i: int) -> tuple[tuple[int, float], ...]:
        """The first classes of image i, with their probabilities or else outputs."""
        output, probabilities = self.forward.output[i], self.forward.probabilities[i]
        values = output if np.isnan(probabilities).all() else probabilities
        best = np.argsort(-output, kind="stable")[:TOP_CLASSES]
        return tuple((int(c), float(values[c])) for c in best)

    def gradients(self, column: int, score: str) -> np.ndarray:
        """(n, h, w, k) gradients of one column of classes."""
        key = column, score
        if key not in self._gradients:
            forward, gradients = self.engine.gradients(self.images, self.classes[:, column], score)
            self._gradients[key] = gradients
            self._forward = self._forward or forward
        return self._gradients[key]

    def prefetch(self, score: str) -> None:
        """Ask for the prediction and its gradient in one pass, where that is all that is wanted."""
        if isinstance(self.specs, np.ndarray) or list(self.specs) != ["predicted"]:
            return
        self._forward, gradients = self.engine.gradients(
            self.images, np.full(len(self.images), PREDICTED, np.int32), score
        )
        self._gradients[0, score] = gradients

    def of(self, kind: Evidence, column: int, score: str) -> Any:
        """What a method gets that asks for this kind of evidence, for one column of classes."""
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
