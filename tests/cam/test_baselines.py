"""Maps that know nothing of the class: worked out by hand, and what all of them promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from xai_cam.cam.baselines import BASELINES, Baseline


@pytest.fixture(params=BASELINES.values(), ids=BASELINES)
def baseline(request: pytest.FixtureRequest) -> Any:
    return request.param


def batch(n: int = 4, grid: tuple[int, int] = (5, 7)) -> tuple[np.ndarray, np.ndarray]:
    """Activations (n, h, w, 6) and images (n, 9, 8, 3)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, *grid, 6)).astype(np.float32), rng.normal(size=(n, 9, 8, 3)).astype(np.float32)


def test_mean_activation_by_hand() -> None:
    activations = np.array([[[1, 3], [0, 0]], [[-4, 1], [2, -1]]], np.float32)[None]
    found = BASELINES["mean-activation"].draw(activations, np.zeros((1, 4, 4, 3), np.float32))
    np.testing.assert_array_equal(found, [[[2, 0], [0, 0.5]]])


def test_gaussian_by_hand() -> None:
    """4 x 1 cells lie 1.5 and 0.5 deviations from the centre; across it there is no distance."""
    activations, images = np.zeros((2, 4, 1, 3), np.float32), np.zeros((2, 8, 8, 3), np.float32)
    far, near = math.exp(-(1.5**2) / 2), math.exp(-(0.5**2) / 2)
    found = BASELINES["gaussian"].draw(activations, images)
    np.testing.assert_allclose(found, [[[far], [near], [near], [far]]] * 2, rtol=1e-6)


def test_gaussian_is_centred_and_as_wide_as_its_side() -> None:
    found = BASELINES["gaussian"].draw(*batch(1, (9, 5)))[0]
    assert found[4, 2] == found.max() == 1
    np.testing.assert_array_equal(found, found[::-1])
    np.testing.assert_array_equal(found, found[:, ::-1])
    # Two cells of nine are 2 / 2.25 deviations, one of five is 1 / 1.25
    assert found[6, 2] == pytest.approx(math.exp(-((2 / 2.25) ** 2) / 2))
    assert found[4, 3] == pytest.approx(math.exp(-((1 / 1.25) ** 2) / 2))


def test_random_is_uniform() -> None:
    found = BASELINES["random"].draw(*batch(1, (100, 100)))
    counts, _ = np.histogram(found, bins=10, range=(0, 1))
    assert counts.sum() == 10_000
    assert abs(counts - 1000).max() < 5 * math.sqrt(10_000 * 0.1 * 0.9)
    neighbours = np.corrcoef(found[0, :-1].ravel(), found[0, 1:].ravel())[0, 1]
    assert abs(neighbours) < 5 / math.sqrt(9900)


def test_random_depends_on_the_image_alone() -> None:
    draw = BASELINES["random"].draw
    activations, images = batch()
    found = draw(activations, images)
    assert len({m.tobytes() for m in found}) == 4
    np.testing.assert_array_equal(draw(activations + 1, images), found)
    np.testing.assert_array_equal(draw(activations, images.astype(np.float64)), found)
    changed = images.copy()
    changed[0, 0, 0, 0] += 1
    again = draw(activations, changed)
    np.testing.assert_array_equal(again[1:], found[1:])
    assert (again[0] != found[0]).any()


@pytest.mark.parametrize("grid", [(5, 7), (1, 1), (1, 6)])
def test_shape_type_and_range(baseline: Baseline, grid: tuple[int, int]) -> None:
    found = baseline.draw(*batch(3, grid))
    assert (found.shape, found.dtype) == ((3, *grid), np.float32)
    assert np.isfinite(found).all() and (found >= 0).all()


def test_batch_mates_do_not_matter(baseline: Baseline) -> None:
    activations, images = batch()
    together = baseline.draw(activations, images)
    alone = [baseline.draw(activations[i : i + 1], images[i : i + 1])[0] for i in range(4)]
    np.testing.assert_array_equal(together, alone)
    backwards = baseline.draw(activations[::-1], images[::-1])
    np.testing.assert_array_equal(together, backwards[::-1])


def test_nothing_given_is_changed(baseline: Baseline) -> None:
    activations, images = batch()
    kept = activations.copy(), images.copy()
    baseline.draw(activations, images)[:] = 0
    np.testing.assert_array_equal(activations, kept[0])
    np.testing.assert_array_equal(images, kept[1])


def test_the_table() -> None:
    assert list(BASELINES) == ["random", "gaussian", "mean-activation"]
    assert all(name == row.name and row.summary for name, row in BASELINES.items())


def test_maps_of_volumes_have_planes() -> None:
    activations = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6)).astype(np.float32)
    images = np.zeros((2, 6, 8, 10, 1), np.float32)
    for baseline in BASELINES.values():
        assert baseline.draw(activations, images).shape == (2, 3, 4, 5)
    bell = BASELINES["gaussian"].draw(activations, images)[0]
    away = [4 * ((i + 0.5) / side - 0.5) for i, side in ((0, 3), (3, 4), (1, 5))]
    assert bell[0, 3, 1] == pytest.approx(np.exp(-sum(one**2 for one in away) / 2), rel=1e-5)
