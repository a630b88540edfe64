"""What methods that score each channel find of those of a batch, and what they leave open."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from xai_cam.cam.engines.questions import live_channels


class Scored(NamedTuple):
    """What was found of the channels of n images, for m classes.

    `scores` (n, m, k) hold what is expected where a channel was not scored, and NaN where nothing is;
    `passes` (n,) counts the channels that were scored, of as many `channels` (n,), and `errors` (n,) are what
    maps are off by, over their maximum, as is expected.
    """

    scores: np.ndarray
    passes: np.ndarray
    channels: np.ndarray
    errors: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, activations: np.ndarray) -> Scored:
        """What is told of scores (n, m, k) of which none was expected: exact ones, or one of few channels."""
        passes = (~np.isnan(scores[:, 0])).sum(axis=1)
        channels = live_channels(activations).sum(axis=1)
        return cls(scores, passes, channels, np.where(passes >= channels, 0, np.inf))

    def told(self, i: int) -> tuple[int, int, float | None]:
        """The passes of image i, the channels that it has, and the error of its maps, where it is known."""
        error = float(self.errors[i])
        return int(self.passes[i]), int(self.channels[i]), error if math.isfinite(error) else None
