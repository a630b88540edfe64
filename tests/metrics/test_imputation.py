"""Filled-in pixels against a dense system of plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import road as oracle
from xai_cam.metrics import multigrid
from xai_cam.metrics.imputation import imputed, neighbours

RNG = np.random.default_rng(5)
IMAGE = RNG.normal(20, 60, (11, 8, 3)).astype(np.float32)


@pytest.mark.parametrize("share", [0.1, 0.6, 0.97])
@pytest.mark.parametrize("few", [8, 600])
def test_the_oracle_agrees(share: float, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Holes at the edges and corners too, on one grid and on several."""
    monkeypatch.setattr(multigrid, "FEW", few)
    removed = RNG.random((11, 8)) < share
    removed[0, 0] = removed[-1, -1] = removed[:3, -1] = True
    found = imputed(IMAGE, removed)
    np.testing.assert_allclose(found, oracle.filled(IMAGE, removed), atol=2e-3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[~removed], IMAGE[~removed])


def test_a_volume_by_the_same_rule() -> None:
    volume, removed = RNG.random((4, 5, 3, 2)), RNG.random((4, 5, 3)) < 0.7
    np.testing.assert_allclose(imputed(volume, removed), oracle.filled_volume(volume, removed), atol=1e-5)


def test_by_hand() -> None:
    """A pixel in the middle: four at 12 straight, four at 0 in the corners, 4 * 12 / 6 = 8.

    In a corner: 12 to the right, 0 below, 24 across: (12 / 6 + 24 / 12) / (1 / 6 + 1 / 6 + 1 / 12) = 9.6.
    """
    cross = np.array([[0, 12, 0], [12, 99, 12], [0, 12, 0]], np.float32)[..., None]
    middle = np.zeros((3, 3), bool)
    middle[1, 1] = True
    assert imputed(cross, middle)[1, 1, 0] == pytest.approx(8, rel=1e-5)
    corner, first = np.array([[5, 12], [0, 24]], np.float32)[..., None], np.eye(2, dtype=bool)
    first[1, 1] = False
    assert imputed(corner, first)[0, 0, 0] == pytest.approx(9.6, rel=1e-5)


def test_ends() -> None:
    """Nothing removed, one pixel known, one colour, one row; the input stays as it is."""
    given, nothing = IMAGE.copy(), np.zeros((11, 8), bool)
    np.testing.assert_array_equal(imputed(given, nothing), IMAGE)
    all_but_one = ~nothing
    all_but_one[4, 4] = False
    np.testing.assert_allclose(
        imputed(given, all_but_one), np.broadcast_to(IMAGE[4, 4], (11, 8, 3)), rtol=1e-4
    )
    np.testing.assert_array_equal(given, IMAGE)
    grey = np.full((11, 8, 1), 0.25, np.float32)
    np.testing.assert_allclose(imputed(grey, all_but_one), grey, rtol=1e-6)
    row = np.array([[[0], [7], [7], [3]]], np.float32)
    np.testing.assert_allclose(imputed(row, np.array([[0, 1, 1, 0]], bool))[0, :, 0], [0, 1, 2, 3], atol=1e-5)


def test_weights_are_the_papers() -> None:
    weights = neighbours((3, 3)).toarray()[4].reshape(3, 3)
    np.testing.assert_allclose(weights * 12, [[1, 2, 1], [2, 0, 2], [1, 2, 1]])
