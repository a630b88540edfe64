"""Max-sensitivity: how far images are changed, and how a change is measured; the most is in `test_again`."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle import explained_again as oracle
from xai_cam.metrics.sensitivity import DRAWS, relative_change, shaken

RNG = np.random.default_rng(4)
IMAGE, OTHER = RNG.uniform(-40, 160, (2, 30, 20, 3)).astype(np.float32)


def test_an_image_changes_by_two_percent_of_its_range() -> None:
    """Uniformly, to both sides, each value by itself."""
    span = IMAGE.max() - IMAGE.min()
    change = (shaken(IMAGE, 0) - IMAGE) / span
    assert 0.0195 < change.max() < 0.0201 and -0.0201 < change.min() < -0.0195
    assert abs(change.mean()) < 0.001 and change.std() == pytest.approx(0.02 / math.sqrt(3), rel=0.05)
    assert abs(np.corrcoef(change[..., 0].ravel(), change[..., 1].ravel())[0, 1]) < 0.1
    assert shaken(IMAGE, 0).dtype == np.float32


def test_draws_are_the_images_own() -> None:
    first = shaken(IMAGE, 0)
    np.testing.assert_array_equal(shaken(IMAGE.copy(), 0), first)
    assert (shaken(IMAGE, 1) != first).any() and DRAWS == 10
    assert not np.allclose(shaken(OTHER, 0) - OTHER, first - IMAGE)


def test_the_oracle_agrees() -> None:
    a, b = RNG.random((2, 6, 5)).astype(np.float32)
    assert relative_change(a, b) == pytest.approx(oracle.change(a, b), rel=1e-6)
    assert relative_change(a, a) == 0 and relative_change(a, 0 * a) == pytest.approx(1)
    assert relative_change(np.array([[3.0, 4.0]]), np.array([[3.0, 10.0]])) == pytest.approx(6 / 5)


def test_where_it_is_not_defined() -> None:
    a, odd = np.ones((2, 2)), np.full((2, 2), np.nan)
    assert all(math.isnan(relative_change(*maps)) for maps in ((0 * a, a), (odd, a), (a, odd)))
