"""Inputs that are made of an image: where they lie, and what they are drawn by."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.input_points import NOISE, at_image, noisy, on_path

X = np.random.default_rng(0).uniform(-1, 3, (8, 9, 3)).astype(np.float32)


def test_the_image_itself() -> None:
    points = at_image()
    assert points.weights.tolist() == [1] and points.make(X, 0) is X


def test_the_middles_of_the_way_and_its_start() -> None:
    """Of four steps 1/8, 3/8, 5/8 and 7/8 of the way; the start itself has no weight."""
    start = np.full(X.shape, 2, np.float32)
    points = on_path(start, 4)
    assert points.weights.tolist() == [0.25] * 4 + [0]
    for number, share in enumerate((0.125, 0.375, 0.625, 0.875)):
        np.testing.assert_allclose(points.make(X, number), 2 + share * (X - 2), rtol=1e-6)
        assert points.make(X, number).dtype == np.float32
    np.testing.assert_array_equal(points.make(X, 4), start)


def test_noise_of_the_range_of_the_image() -> None:
    points = noisy(50, 0)
    assert points.weights.tolist() == [1 / 50] * 50
    drawn = np.stack([points.make(X, number) - X for number in range(50)])
    assert abs(drawn.mean()) < 0.02 and drawn.dtype == np.float32
    np.testing.assert_allclose(drawn.std(), NOISE * (X.max() - X.min()), rtol=0.02)
    assert len({one.tobytes() for one in drawn}) == 50
    flat = np.ones_like(X)
    np.testing.assert_array_equal(points.make(flat, 3), flat)


def test_noise_is_drawn_by_the_seed_the_image_and_the_number() -> None:
    first = noisy(5, 1).make(X, 2)
    np.testing.assert_array_equal(noisy(9, 1).make(X.copy(), 2), first)
    others = [noisy(5, 2).make(X, 2), noisy(5, 1).make(X, 3), noisy(5, 1).make(X[::-1], 2)[::-1]]
    assert all(np.abs(other - first).max() > 0.1 for other in others)
