"""Maps at the resolution of the input, in pure NumPy: evidence -> sums, one function for each method.

Inputs x are (n, H, W, c) as the model takes them: preprocessed. Gradients have their shape. Maps are
(n, H, W) before their sign is cut; of volumes all have planes first. Channels are the last axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


class AtInput(NamedTuple):
    """Images (n, H, W, c), and the gradients ds/dx of the score of a class there, or a mean of such."""

    images: Array
    gradients: Array


class OnPath(NamedTuple):
    """Images, the mean gradients on the straight way to each from its start x0, and what the score gains.

    `starts` are (n, H, W, c) as the images, `change` (n,) is s(x) - s(x0).
    """

    images: Array
    gradients: Array
    starts: Array
    change: Array


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
    """What the sum of all pixels is off from the change of the score: sum - (s(x) - s(x0)), (n,) float64."""
    return sums.sum(axis=tuple(range(1, sums.ndim)), dtype=np.float64) - evidence.change
