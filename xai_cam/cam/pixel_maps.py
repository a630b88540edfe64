"""Maps at the resolution of the input, in pure NumPy: evidence -> sums, one function for each method.

Inputs x are (n, H, W, c) as the model takes them: preprocessed. Gradients have their shape. Maps are
(n, H, W) before their sign is cut; of volumes all have planes first. Channels are the last axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]

ROUNDING = 1e-5
"""Of scores of float32, as a share of the larger one."""


class AtInput(NamedTuple):
    """Images (n, H, W, c), and the gradients ds/dx of the score of a class there, or a mean of such."""

    images: Array
    gradients: Array


class OnPath(NamedTuple):
    """Images, the mean gradients on the straight way to each from its start x0, and the scores at its ends.

    `starts` are (n, H, W, c) as the images, `scores` s(x) and `before` s(x0) are (n,).
    """

    images: Array
    gradients: Array
    starts: Array
    scores: Array
    before: Array

    @property
    def rounding(self) -> np.ndarray:
        """(n,) what a difference of the scores may be without being one: graphs of two kinds give them."""
        return ROUNDING * np.maximum(np.abs(self.scores), np.abs(self.before))

    @property
    def change(self) -> np.ndarray:
        """(n,) s(x) - s(x0); 0 where that is no more than rounding."""
        return _unless_below(self.scores - self.before, self.rounding)


def saliency(evidence: AtInput) -> Array:
    """The largest absolute gradient of the channels (Simonyan et al. 2014, section 3.1).

    Of a mean of gradients at noisy inputs it is SmoothGrad (Smilkov et al. 2017, section 3): the mean of
    ds/dx is taken first, and its absolute value then.

    Returns
    -------
    sums : (n, H, W) float32, >= 0
    """
    return np.abs(evidence.gradients).max(axis=-1)


def gradient_input(evidence: AtInput) -> Array:
    """The sum over the channels of x ds/dx (Shrikumar et al. 2016, section 3.1); x is preprocessed.

    Returns
    -------
    sums : (n, H, W) float32
    """
    return (evidence.images * evidence.gradients).sum(axis=-1)


def integrated_gradients(evidence: OnPath) -> Array:
    """The sum over the channels of (x - x0) times the mean of ds/dx from x0 to x.

    Sundararajan et al. 2017, eq. 3, at the middles of the steps where the paper has their ends. All pixels
    together would have s(x) - s(x0) if there were infinitely many steps: see `residuals`.

    Returns
    -------
    sums : (n, H, W) float32
    """
    return ((evidence.images - evidence.starts) * evidence.gradients).sum(axis=-1)


def residuals(sums: Array, evidence: OnPath) -> Array:
    """What the sum of all pixels is off from the change of the score: sum - (s(x) - s(x0)), (n,) float64.

    What is no more than rounding is 0.
    """
    total = sums.sum(axis=tuple(range(1, sums.ndim)), dtype=np.float64)
    return _unless_below(total - evidence.change, evidence.rounding)


def _unless_below(values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) <= bounds, np.zeros_like(values), values)
