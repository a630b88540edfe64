"""Maps at the resolution of the input, in pure NumPy: evidence -> sums, one function for each method.

Inputs x are (n, H, W, c) as the model takes them: preprocessed. Gradients have their shape. Maps are
(n, H, W) before their sign is cut; of volumes all have planes first. Channels are the last axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


class AtInput(NamedTuple):
    """Images (n, H, W, c), and the gradients ds/dx of the score of a class there."""

    images: Array
    gradients: Array


def saliency(evidence: AtInput) -> Array:
    """The largest absolute gradient of the channels (Simonyan et al. 2014, section 3.1).

    Returns
    -------
    sums : (n, H, W) float32, >= 0
    """
    return np.abs(evidence.gradients).max(axis=-1)
