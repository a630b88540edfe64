"""How the weights of channels follow from their scores, in methods that score each."""

from __future__ import annotations

from enum import Enum

import numpy as np

TINY = 1e-30
"""Smaller probabilities count as this: they have a logarithm."""


class Weighting(Enum):
    """How a channel's weight follows from its score."""

    SOFTMAX = "exponential"
    PROBABILITY = "proportional"
    DIFFERENCE = "difference"

    def scale(self, scores: np.ndarray) -> np.ndarray:
        """Scores on the scale on which they are expected."""
        return np.log(np.maximum(scores, TINY)) if self is Weighting.PROBABILITY else scores

    def unscaled(self, values: np.ndarray) -> np.ndarray:
        """Scores from that scale."""
        return np.exp(values) if self is Weighting.PROBABILITY else values
