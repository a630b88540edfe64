"""A change of weights is seen, whoever makes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from support.small_models import build_tiny
from xai_cam.models.untouched import AsOpened, Watched


def test_every_change_is_seen_and_none_is_made_up() -> None:
    model = build_tiny()
    kernel = model.get_layer("conv_1").kernel.value
    watched = Watched([kernel])
    assert watched.changed(), "nobody has looked before"
    assert not watched.changed()
    kernel.assign_add(np.ones(kernel.shape, np.float32))
    assert watched.changed()
    assert not watched.changed()


def test_weights_that_were_changed_are_never_those_of_the_file_again() -> None:
    model: Any = build_tiny()
    own, opened = model.get_weights(), AsOpened(model)
    model(np.zeros((1, 16, 16, 3), np.float32))
    assert opened.holds
    model.set_weights([2 * one for one in own])
    assert not opened.holds
    model.set_weights(own)
    assert not opened.holds, "nobody compares the values"


def test_what_cannot_be_watched_counts_as_changed() -> None:
    import tensorflow as tf

    watched = Watched([tf.Variable(tf.zeros(3, tf.bfloat16))])
    assert watched.changed() and watched.changed()
