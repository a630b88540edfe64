"""Whole images at the one layer that an engine is of: those of several layers, asked about it alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from xai_cam.cam.engines.questions import Forward, WholeImages
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import LayerInfo


class OneLayer(ABC):
    """What an engine answers of its `target_layer` by what it answers of several."""

    target_layer: LayerInfo

    @abstractmethod
    def at_layers(self, layers: Sequence[LayerInfo]) -> WholeImages:
        """Whole images at several layers at once."""

    @property
    def whole(self) -> WholeImages:
        """Whole images at the target layer."""
        return self.at_layers([self.target_layer])

    @property
    def passes_by(self) -> str:
        """The engine that last computed whole images at that layer."""
        return self.whole.by

    def forward(self, images: np.ndarray | Inputs) -> Forward:
        """Activations and scores of (n, H, W, c) images."""
        (found,) = self.whole.forward(images)
        return found

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[Forward, np.ndarray]:
        """The same in one pass with the gradients of the scores of each image's classes."""
        (forward,), (gradients,) = self.whole.gradients(images, classes, score)
        return forward, gradients
