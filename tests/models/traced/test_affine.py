"""Tensors as sums over the channels of the input."""

from __future__ import annotations

import numpy as np

from xai_cam.models.traced.affine import MIXED, Affine

START = Affine.start(4, 3, 3)


def test_the_input_is_itself():
    assert START.is_identity and START.scale.tolist() == [1, 1, 1] and not START.steps
    assert (START.axis, START.rank, START.bounds, START.whole) == (3, 4, None, False)


def test_other_numbers():
    found = START.changed("division", START.matrix / 2, START.offset - 1).changed("nothing", np.eye(3), [0])
    assert found.steps == ("division", "nothing")
    half = START.changed("division", START.matrix / 2, START.offset)
    assert half.scale.tolist() == [0.5] * 3 and not half.is_identity
    assert not START.changed("difference", START.matrix, START.offset - 1).is_identity


def test_a_grey_pixel_stays_what_it_is_under_a_mean():
    mean = START.changed("mean", np.full((1, 3), 1 / 3), np.zeros(1))
    assert mean.scale.tolist() == [1] and mean.is_identity


def test_other_orders():
    numbered = START.changed("sum", START.matrix, np.array([1.0, 2, 3]))
    turned = numbered.taken(slice(None, None, -1))
    assert turned.offset.tolist() == [3, 2, 1] and turned.matrix.tolist() == np.eye(3)[::-1].tolist()
    assert START.taken([2, 1, 0]).is_identity
    one = numbered.taken([1]).moved(MIXED, 3)
    assert (one.matrix.tolist(), one.offset.tolist(), one.axis, one.rank) == ([[0, 1, 0]], [2], MIXED, 3)
