"""Random masks, and RISE, against loops that go pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import black_box
from xai_cam.cam import random_masks
from xai_cam.cam.random_masks import RandomMasks, Sampled, rise


@pytest.mark.parametrize("size", [(16, 16), (17, 13), (224, 224), (5, 30)])
def test_masks_equal_the_loops(size: tuple[int, int]) -> None:
    masks = RandomMasks(size, 3, seed=4)
    for i, right in enumerate(black_box.random_masks(size, 3, seed=4)):
        found = masks.plane(i)
        assert found.shape == size and found.dtype == np.float32
        np.testing.assert_allclose(found, right, atol=1e-5)


def test_masks_leave_half_of_every_pixel() -> None:
    masks = RandomMasks((14, 20), 1500)
    planes = np.stack([masks.plane(i) for i in range(1500)])
    assert planes.min() == 0 and planes.max() == 1
    np.testing.assert_allclose(planes.mean(axis=0), 0.5, atol=0.05)


def test_masks_drawn_in_blocks_are_the_same(monkeypatch: Any) -> None:
    whole = RandomMasks((9, 9), 12, 3)
    planes = [whole.plane(i) for i in range(12)]
    monkeypatch.setattr(random_masks, "DRAWN", 5)
    parts = RandomMasks((9, 9), 12, 3)
    assert all((parts.plane(i) == plane).all() for i, plane in enumerate(planes))


def test_they_depend_on_the_seed_alone() -> None:
    few, many, other = RandomMasks((9, 9), 2, 1), RandomMasks((9, 9), 50, 1), RandomMasks((9, 9), 2, 2)
    for i in range(2):
        np.testing.assert_array_equal(few.plane(i), many.plane(i))
    assert not np.array_equal(few.plane(0), other.plane(0))
    assert not np.array_equal(few.plane(0), few.plane(1))


@pytest.mark.parametrize("centred", [False, True])
def test_maps_and_errors_equal_the_loops(centred: bool, monkeypatch: Any) -> None:
    """Of two images, added up five masks at a time: 12 are no multiple of it."""
    monkeypatch.setattr(random_masks, "AT_ONCE", 5)
    rng = np.random.default_rng(3)
    weights, images = rng.normal(size=(9, 8, 2)), rng.uniform(size=(2, 9, 8, 2)).astype(np.float32)

    def score(x: Any) -> float:
        return float(1 / (1 + np.exp(-(x * weights).sum())))

    masks, by_loops = RandomMasks((9, 8), 12, 7), black_box.random_masks((9, 8), 12, 7)
    scores = np.array([[score(x * mask[..., None]) for mask in by_loops] for x in images])
    sampled = Sampled(scores, masks, centred)
    found, errors = rise(sampled), sampled.errors
    assert found.dtype == np.float32 and found.shape == (2, 9, 8)
    for one, error, x in zip(found, errors, images, strict=True):
        right, off = black_box.rise(score, x, by_loops, centred)
        np.testing.assert_allclose(one, right, rtol=0, atol=1e-5 * np.abs(right).max())
        np.testing.assert_allclose(error, off * np.abs(right).max(), rtol=1e-4)


def test_the_error_is_what_maps_of_other_seeds_are_off_by() -> None:
    """The spread of the maps of 200 seeds, at each pixel, is what each of them says of itself."""
    weights = np.random.default_rng(0).uniform(size=(8, 8))
    maps, said = [], []
    for seed in range(200):
        masks = RandomMasks((8, 8), 40, seed)
        scores = np.array([[(masks.plane(i) * weights).sum() / weights.sum() for i in range(40)]])
        sampled = Sampled(scores, masks)
        maps.append(rise(sampled)[0])
        said.append(sampled.errors[0])
    spread = np.std(maps, axis=0).max()
    np.testing.assert_allclose(np.mean(said), spread, rtol=0.15)


def test_a_single_mask_has_no_error_and_a_blank_map_one_of_0() -> None:
    assert np.isnan(Sampled(np.array([[0.5]]), RandomMasks((8, 8), 1)).errors[0])
    assert Sampled(np.zeros((1, 4)), RandomMasks((8, 8), 4)).errors == [0]
