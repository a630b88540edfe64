"""Pixels that are taken out of an image, and filled in from what stands around them (Rong et al. 2022)."""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import product
from typing import Any

import numpy as np

from xai_cam.extras import require
from xai_cam.metrics.draws import span_of
from xai_cam.metrics.multigrid import solve


def imputed(image: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """The image (H, W, c) float32 with the removed pixels (H, W) filled in, without noise.

    Each is the weighted mean of its neighbours, known or not: x_i = sum_j w_ij x_j / sum_j w_ij over those
    inside the image, which is one linear system for all of them, the same for each channel. At least one
    pixel has to be known. What is not removed stays as it is, to the bit.
    """
    found, gone = np.array(image, np.float32), removed.ravel()
    low, span = float(found.min()), span_of(found) or 1.0
    known = (found.reshape(gone.size, -1)[~gone].astype(np.float64) - low) / span
    rows = neighbours(removed.shape)[gone]
    matrix = require("scipy.sparse").diags(np.asarray(rows.sum(axis=1)).ravel()) - rows[:, gone]
    values = solve(matrix.tocsr(), rows[:, ~gone] @ known, removed.shape, np.flatnonzero(gone))
    found[removed] = low + span * values
    return found


@lru_cache(maxsize=1)  # all pictures of a run are of one size
def neighbours(sides: tuple[int, ...]) -> Any:
    """Weights (N, N) between the N pixels of a grid, a sparse matrix: 1/6 straight, 1/12 diagonal.

    They go with one over the squared distance, and are 1 in all; those of a volume, of which the paper does
    not speak, go by the same rule over its 26 neighbours. Beyond the edge there are none.
    """
    sparse = require("scipy.sparse")
    steps = [step for step in product((-1, 0, 1), repeat=len(sides)) if any(step)]
    weights = np.array([1 / np.count_nonzero(step) for step in steps])
    return sum(
        weight * reduce(sparse.kron, [sparse.eye(side, k=k) for side, k in zip(sides, step, strict=True)])
        for step, weight in zip(steps, weights / weights.sum(), strict=True)
    ).tocsr()
