"""What is known of one batch: asked of the engine when it is first needed, and once only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from xai_cam.engines import PREDICTED, Engine, Forward, MaskedScores
from xai_cam.errors import UsageError
from xai_cam.targets import ClassSpec, check_classes, class_index, top_of

TOP_CLASSES = 5


class BatchEvidence:
    """Activations, gradients and masked scores of one batch of images.

    Parameters
    ----------
    images : (n, H, W, c) float32
    specs : sequence of class specs, or (n, m) int array
    total : int
        How many classes the model has.
    """

    def __init__(
        self, engine: Engine, images: np.ndarray, specs: Sequence[ClassSpec] | np.ndarray, total: int
    ) -> None:
        self.engine, self.images, self.specs, self.total = engine, images, specs, total
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

    @cached_property
    def masked_scores(self) -> MaskedScores:
        """Masked scores of all columns of classes, from one set of forward passes."""
        return self.engine.masked_scores(self.images, self.forward.activations, self.classes)
