"""Axes of maps of pictures and of volumes."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.channel_axes import of_channels, places


def test_places():
    assert places(np.zeros((2, 3, 4, 5), np.float32)) == (1, 2)
    assert places(np.zeros((2, 6, 3, 4, 5), np.float32)) == (1, 2, 3)


def test_weights_of_channels_broadcast():
    weights = np.arange(10, dtype=np.float32).reshape(2, 5)
    for sides in ((3, 4), (6, 3, 4)):
        maps = np.ones((2, *sides, 5), np.float32)
        found = of_channels(weights, maps)
        assert found.ndim == maps.ndim and ((found * maps).sum(-1)[1] == weights[1].sum()).all()
