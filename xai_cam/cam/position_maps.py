"""Maps of a layer's positions, in pure NumPy: the score of a class from each position alone -> sums."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


def recipro_cam(scores: Array) -> Array:
    """What each position of a layer alone gives to the class, above the least (Byun & Lee 2022).

    map(u, v) = s(u, v) - min s, where s(u, v) is the score of the layers behind the target run on its output
    with every position but (u, v) set to 0. The paper scales maps to [0, 1] by their least and greatest
    value: the least is what a class has wherever nothing speaks for it, and would be painted everywhere.
    Division by the maximum comes later, as of all maps.

    Parameters
    ----------
    scores : (n, h, w) float32
        Of volumes (n, d, h, w).

    Returns
    -------
    sums : (n, h, w) float32, >= 0
    """
    axes = tuple(range(1, scores.ndim))
    return scores - scores.min(axis=axes, keepdims=True)
