"""Large systems of equations between neighbours on a grid, solved by conjugate gradients on many grids.

Of most of the pixels of a picture, a direct solver takes several times as long, and conjugate gradients alone
need hundreds of rounds: what is known has to travel across the gap. On ever coarser grids it travels fast, so
that half a dozen rounds do (conjugate gradients preconditioned by a V-cycle; Trottenberg et al. 2001).
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from xai_cam.extras import require

FEW = 600
"""Unknowns that are solved for directly."""

DAMPING = 0.9
"""Of the Jacobi steps that smooth on each grid."""

SHIFT = 1e-6
"""Added to the diagonal of a coarse system, as a share of it: nodes may stand for the same few pixels."""

ENOUGH = 1e-7
"""Largest residual that is left, of sides and unknowns between 0 and 1."""

MAX_ROUNDS = 60
"""After so many the system is solved directly; half a dozen are usual."""


def solve(
    matrix: Any, sides: np.ndarray, grid: tuple[int, ...], places: np.ndarray, rounds: int = MAX_ROUNDS
) -> np.ndarray:
    """The solutions (n, c) of a symmetric positive definite system.

    Parameters
    ----------
    matrix : (n, n) sparse matrix
        Of the system.
    sides : (n, c) float64
        Right hand sides, which share all that is made of the matrix.
    grid : tuple of int
        The sides of the grid on which the unknowns lie.
    places : (n,) int
        Where they lie on it, in raster order.
    rounds : int
        How often to improve the solutions before it is done directly.
    """
    grids = Grids(matrix, grid, places)
    found, rest = np.zeros_like(sides), sides.copy()
    if not len(sides):
        return found
    better = grids.improve(rest)
    along, size = better, (rest * better).sum(axis=0)
    for _ in range(rounds):
        ahead = matrix @ along
        step = _ratio(size, (along * ahead).sum(axis=0))
        found += step * along
        rest -= step * ahead
        if np.abs(rest).max() < ENOUGH:
            return found
        better = grids.improve(rest)
        size, before = (rest * better).sum(axis=0), size
        along = better + _ratio(size, before) * along
    return np.asarray(_factor(matrix).solve(sides))


class Grids:
    """A system and its images on ever coarser grids.

    Parameters are those of `solve`.
    """

    def __init__(self, matrix: Any, grid: tuple[int, ...], places: np.ndarray) -> None:
        sparse = require("scipy.sparse")
        self._levels: list[tuple[Any, np.ndarray, Any]] = []
        while matrix.shape[0] > FEW:
            refine, grid, places = _refining(grid, places)
            self._levels.append((matrix, DAMPING / matrix.diagonal()[:, None], refine))
            matrix = refine.T @ matrix @ refine
            matrix = (matrix + SHIFT * sparse.diags(matrix.diagonal())).tocsr()
        self._last = _factor(matrix) if matrix.shape[0] else None

    def improve(self, sides: np.ndarray, level: int = 0) -> np.ndarray:
        """What comes close to the solutions (n, c) for these sides: one way down to the coarsest and back."""
        if level == len(self._levels):
            return np.asarray(self._last.solve(sides)) if self._last else sides
        matrix, step, refine = self._levels[level]
        found = step * sides
        found = found + refine @ self.improve(refine.T @ (sides - matrix @ found), level + 1)
        return np.asarray(found + step * (sides - matrix @ found))


def _refining(grid: tuple[int, ...], places: np.ndarray) -> tuple[Any, tuple[int, ...], np.ndarray]:
    """Weights (n, m) that interpolate the nodes of a grid with half as many a side; it, and the m places."""
    kron = require("scipy.sparse").kron
    every = reduce(lambda a, b: kron(a, b, "csr"), map(_halved, grid))[places]
    nodes = np.unique(every.indices)
    return every[:, nodes], tuple(side // 2 + 1 for side in grid), nodes


def _halved(side: int) -> Any:
    """Weights (side, side // 2 + 1) along an axis: every second place is a node, the others lie between."""
    here = np.arange(side)
    places = (np.tile(here, 2), np.concatenate([here // 2, (here + 1) // 2]))
    weights = np.full(2 * side, 0.5)
    return require("scipy.sparse").csr_matrix((weights, places), (side, side // 2 + 1))


def _factor(matrix: Any) -> Any:
    return require("scipy.sparse.linalg").splu(matrix.tocsc())


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotients; 0 where nothing is left to do."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
