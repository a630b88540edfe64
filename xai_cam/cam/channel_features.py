"""What tells the channels of a layer apart, so that the score of one can be expected from those of others."""

from __future__ import annotations

import numpy as np

PATTERNS = 8
"""Principal components of the masks that count: where in the picture a channel lets something through."""

SPARE, ITERATIONS = 8, 6
"""Directions that are sought beside those, and how often the matrix is applied to them."""

SMALL = 1e-12


def channel_features(maps: np.ndarray) -> np.ndarray:
    """Numbers that describe the mask of each channel: how much it covers, where, and how strong it was.

    Parameters
    ----------
    maps : (positions, k) array
        Channels of one image, none of them constant.

    Returns
    -------
    features : (k, d) float64
        Each of mean 0 and deviation 1: mean and deviation of the mask, logarithm of the channel's own
        deviation, and the first principal components of all masks.
    """
    low, high = maps.min(axis=0), maps.max(axis=0)
    masks = ((maps - low) / np.where(high > low, high - low, 1)).T.astype(np.float64)
    spread = np.log(maps.std(axis=0, dtype=np.float64) + SMALL)
    columns = [masks.mean(axis=1), masks.std(axis=1), spread]
    found = np.column_stack([*columns, principal_components(masks - masks.mean(axis=0), PATTERNS)])
    return np.asarray((found - found.mean(axis=0)) / (found.std(axis=0) + SMALL))


def principal_components(rows: np.ndarray, count: int) -> np.ndarray:
    """(n, at most count) coordinates of centred rows along the directions in which they vary most."""
    n, size = rows.shape
    if size <= n:  # of the two products the smaller one has the same eigenvalues
        _, directions = leading(rows.T @ rows, count)
        return np.asarray(rows @ directions)
    values, vectors = leading(rows @ rows.T, count)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def leading(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues of a symmetric matrix that has none below 0, and their vectors in columns.

    By subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4): all of them, by `eigh` of the whole
    matrix, would show beside the passes of a small network.
    """
    width = min(count + SPARE, len(matrix))
    basis = np.random.default_rng(0).standard_normal((len(matrix), width))
    for _ in range(ITERATIONS):
        basis, _ = np.linalg.qr(matrix @ basis)
    values, turn = np.linalg.eigh(basis.T @ matrix @ basis)
    order = slice(None, -count - 1, -1)
    return values[order], basis @ turn[:, order]


def farthest(features: np.ndarray, chosen: np.ndarray, more: int) -> np.ndarray:
    """The chosen rows, and so many more, each of them as far from all before it as there is one."""
    found = list(chosen)
    distances = np.full(len(features), np.inf)
    for number in range(len(chosen) + more):
        if number >= len(chosen):
            found.append(int(np.argmax(distances)))
        distances = np.minimum(distances, ((features - features[found[number]]) ** 2).sum(axis=1))
    return np.array(found, int)
