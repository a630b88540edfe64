"""Axes of maps of pictures and of volumes."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.channel_axes import of_channels, places, sum_of_channels, sum_of_places


def test_places():
    assert places(np.zeros((2, 3, 4, 5), np.float32)) == (1, 2)
    assert places(np.zeros((2, 6, 3, 4, 5), np.float32)) == (1, 2, 3)


def test_weights_of_channels_broadcast():
    weights = np.arange(10, dtype=np.float32).reshape(2, 5)
    for sides in ((3, 4), (6, 3, 4)):
        maps = np.ones((2, *sides, 5), np.float32)
        found = of_channels(weights, maps)
        assert found.ndim == maps.ndim and ((found * maps).sum(-1)[1] == weights[1].sum()).all()


def test_weighted_sums_are_those_of_the_products():
    """Of weights of channels and of places, of pictures and of volumes, in float64 too; a NaN stays."""
    rng = np.random.default_rng(0)
    for sides in ((3, 4), (2, 3, 4)):
        maps, others = (rng.normal(0, 1, (2, *sides, 5)).astype(np.float32) for _ in range(2))
        for weights in (others, of_channels(rng.normal(0, 1, (2, 5)), maps)):
            found = sum_of_channels(maps, weights)
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, (maps * weights).sum(-1), rtol=1e-5, atol=1e-6)
        expected = (maps * others).sum(places(maps), keepdims=True)
        np.testing.assert_allclose(sum_of_places(maps, others), expected, rtol=1e-5, atol=1e-6)
        maps[1, 0, 0, ..., 2] = np.nan
        found = sum_of_channels(maps, others)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(maps).any(-1))
