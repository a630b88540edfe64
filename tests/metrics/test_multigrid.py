"""Systems on grids against a dense solver; what they are made of is in `test_imputation`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from xai_cam.metrics import multigrid
from xai_cam.metrics.imputation import neighbours
from xai_cam.metrics.multigrid import Grids, solve

RNG = np.random.default_rng(3)


def system(gone: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray]:
    rows = neighbours(gone.shape)[gone.ravel()]
    matrix = (sparse.diags(np.asarray(rows.sum(axis=1)).ravel()) - rows[:, gone.ravel()]).tocsr()
    return matrix, np.flatnonzero(gone), rows[:, ~gone.ravel()] @ RNG.random(((~gone).sum(), 2))


def gaps() -> dict[str, np.ndarray]:
    """A hole, all but one pixel, scattered pixels, single ones apart, a strip, and two planes of a volume."""
    hole, corner, apart, strip, planes = (
        np.zeros(shape, bool) for shape in ((40, 31), (30, 41), (61, 59), (3, 300), (4, 17, 16))
    )
    hole[3:37, 2:-2], corner[:], apart[1::3, 1::3], strip[:, 5:], planes[1:3] = True, True, True, True, True
    corner[0, 0] = False
    return {
        "hole": hole,
        "corner": corner,
        "apart": apart,
        "strip": strip,
        "planes": planes,
        "scattered": RNG.random((40, 40)) < 0.7,
    }


@pytest.mark.parametrize(("name", "gone"), gaps().items())
@pytest.mark.parametrize("few", [10, 10**6])
def test_a_dense_solver_agrees(
    name: str, gone: np.ndarray, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On many grids, and directly where there are few unknowns."""
    monkeypatch.setattr(multigrid, "FEW", few)
    matrix, places, sides = system(gone)
    given = sides.copy()
    found = solve(matrix, sides, gone.shape, places)
    np.testing.assert_allclose(found, np.linalg.solve(matrix.toarray(), given), atol=2e-5)
    np.testing.assert_array_equal(sides, given)


def test_few_rounds_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the coarse grids it takes hundreds."""
    monkeypatch.setattr(multigrid, "FEW", 40)
    rounds, improve = [0], Grids.improve

    def counted(grids: Grids, sides: np.ndarray, level: int = 0) -> np.ndarray:
        rounds[0] += level == 0
        return improve(grids, sides, level)

    monkeypatch.setattr(Grids, "improve", counted)
    gone = np.ones((70, 70), bool)
    gone[0] = False
    matrix, places, sides = system(gone)
    solve(matrix, sides, gone.shape, places)
    assert rounds[0] <= 12


def test_what_does_not_come_to_an_end_is_solved_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multigrid, "FEW", 10)
    gone = gaps()["hole"]
    matrix, places, sides = system(gone)
    exact = np.linalg.solve(matrix.toarray(), sides)
    np.testing.assert_allclose(solve(matrix, sides, gone.shape, places, rounds=1), exact, atol=1e-12)


def test_columns_that_are_done_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a channel that is 0 everywhere nothing is left to divide by."""
    monkeypatch.setattr(multigrid, "FEW", 10)
    matrix, places, sides = system(gaps()["scattered"])
    sides[:, 1] = 0
    found = solve(matrix, sides, (40, 40), places)
    assert (found[:, 1] == 0).all() and np.isfinite(found).all()
    assert solve(matrix[:0, :0], sides[:0], (40, 40), places[:0]).shape == (0, 2)
