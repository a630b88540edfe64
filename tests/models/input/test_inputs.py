"""Batches of images with what rides along."""

from __future__ import annotations

import numpy as np

from xai_cam.models.input.inputs import Inputs, as_inputs, stacked

X = np.arange(24, dtype=np.float32).reshape(3, 2, 2, 2)


def batch() -> Inputs:
    return Inputs(X, (np.arange(3), np.ones((3, 4))), (np.arange(12, dtype=np.uint8).reshape(3, 2, 2),))


def test_parts_keep_together() -> None:
    part = batch()[1:]
    assert len(part) == 2 and part.shape == (2, 2, 2, 2)
    assert [one.tolist() for one in part.beside[:1]] == [[1, 2]] and part.regions[0][0, 0, 0] == 4
    assert len(part.beside) == 3


def test_images_alone() -> None:
    assert as_inputs(X).images is X and as_inputs(X).beside == ()
    assert as_inputs(whole := batch()) is whole


def test_parts_make_the_whole_again() -> None:
    whole = stacked([batch()[:1], batch()[1:]])
    for one, other in zip((whole.images, *whole.beside), (X, *batch().beside), strict=True):
        np.testing.assert_array_equal(one, other)
