"""The (image, channel) pairs of a batch, in chunks of one size across images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xai_cam.cam.engines.questions import ChannelScores


class Pairs:
    """The requested pairs of channel and class of a batch, and the scores computed so far.

    Parameters
    ----------
    channels : (n, k) bool
        The requested pairs.
    count : int
        How many classes are scored of each image.
    progress : callable
        Gets how many pairs are done, and how many there are, with every chunk.
    """

    def __init__(
        self, channels: np.ndarray, count: int, progress: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._progress = progress
        self._pairs = np.argwhere(channels).astype(np.int32)
        self._scores = np.full((2, *channels.shape, count), np.nan, np.float32)

    def __len__(self) -> int:
        return len(self._pairs)

    def chunk(self, start: int, size: int) -> np.ndarray:
        """(size, 2) pairs from `start` on; a short chunk repeats its pairs, so that every call is alike."""
        return np.resize(self._pairs[start : start + size], (size, 2))

    def fill(self, start: int, found: np.ndarray) -> int:
        """Store the scores (2, size, m) of a chunk, and return how many pairs it had."""
        pairs = self._pairs[start : start + found.shape[1]]
        self._scores[:, pairs[:, 0], pairs[:, 1]] = found[:, : len(pairs)]
        self._progress(start + len(pairs), len(self))
        return len(pairs)

    @property
    def scores(self) -> ChannelScores:
        """All scores."""
        return ChannelScores(*self._scores.transpose(0, 1, 3, 2))
