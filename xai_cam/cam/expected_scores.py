"""Scores that are expected of channels, by those of others: ridge regression on what tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np

PENALTIES = (0.3, 3.0, 30.0, 300.0)
"""Ridge penalties to choose from, for features of deviation 1."""

HIGHEST_LEVERAGE = 0.95


def inflation(count: float | np.ndarray, features: int) -> Any:
    """By how much more scores are off that so many known ones and features were fitted without."""
    return np.sqrt(count / np.maximum(count - features - 1, count / 4))


def expected_scores(
    features: np.ndarray, scores: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The scores expected of all channels, and how far off they are.

    Parameters
    ----------
    features : (k, d) array
        What tells the channels apart.
    scores : (m, count) array
        Those of the known channels, of m classes.
    known : (k,) bool
        Which channels these are.

    Returns
    -------
    expected : (m, k) float64
    deviation : (m,) float64
        Root mean square of what is left of each known score if it is expected from the others alone, and
        the larger, the fewer are known. The penalty is the one that makes it the smallest, class by class.
    """
    design = np.column_stack([np.ones(len(features)), features])
    left, sizes, right = np.linalg.svd(design[known], full_matrices=False)
    mean = scores.mean(axis=1, keepdims=True)
    turned = (scores - mean) @ left  # (m, d)
    kept = [sizes**2 / (sizes**2 + penalty) for penalty in PENALTIES]
    deviations = []
    for share in kept:
        leverage = np.minimum(left**2 @ share, HIGHEST_LEVERAGE)
        rest = (scores - mean - (turned * share) @ left.T) / (1 - leverage)
        deviations.append(np.sqrt((rest**2).mean(axis=1)))
    best, count = np.argmin(deviations, axis=0), scores.shape[1]
    shares = np.stack(kept)[best] / np.where(sizes > 0, sizes, 1)
    deviation = np.stack(deviations)[best, np.arange(len(scores))]
    return mean + (turned * shares) @ right @ design.T, deviation * inflation(count, features.shape[1])
