"""An engine of one layer, where those of several are asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_cam.cam.engines.questions import Engine, Forward
from xai_cam.models.input.inputs import Inputs


@dataclass(frozen=True)
class OneLayer:
    """Whole images at the layer of an engine alone."""

    engine: Engine

    @property
    def by(self) -> str:
        """The engine that last computed them."""
        return self.engine.passes_by

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """Its activations and the scores, in a list."""
        return [self.engine.forward(images)]

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same with the gradients."""
        forward, gradients = self.engine.gradients(images, classes, score)
        return [forward], [gradients]
