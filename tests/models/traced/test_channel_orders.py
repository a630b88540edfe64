"""Slices, stacks and other shapes: the sum that is found must be what the function gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.traced import IMAGE, Function, affine_of, is_what_it_gives
from xai_cam.models.traced.affine import MIXED

GREY = (2, 6, 4, 1)
FIRST = (2, 3, 6, 4)


def apart(x: Any) -> list[Any]:
    return [x[..., 0] - 1.0, x[..., 1] * 2.0, 3.0 - x[..., 2]]


CASES: dict[str, Function] = {
    "nothing": tf.identity,
    "blue first": lambda x: x[..., ::-1],
    "blue first, reversed": lambda x: tf.reverse(x, [-1]),
    "blue first, gathered": lambda x: tf.gather(x, [2, 1, 0], axis=-1),
    "two channels": lambda x: x[..., 1:],
    "a slice": lambda x: tf.slice(x, [0, 0, 0, 1], [-1, -1, -1, 2]),
    "one channel": lambda x: x[..., 1:2],
    "one channel without its axis": lambda x: x[..., 1],
    "one gathered": lambda x: tf.gather(x, 2, axis=3),
    "stacked": lambda x: tf.stack(apart(x), -1),
    "stacked first": lambda x: tf.stack(apart(x), 1),
    "one after the other": lambda x: tf.concat([one[..., None] for one in apart(x)], -1),
    "one after the other by shape": lambda x: tf.concat(
        [tf.reshape(one, (2, 6, 4, 1)) for one in apart(x)], 3
    ),
    "unstacked": lambda x: tf.stack(tf.unstack(x, axis=-1)[::-1], -1),
    "unstacked, scaled": lambda x: tf.stack([2.0 * one for one in tf.unstack(x, axis=-1)], -1),
    "split": lambda x: tf.concat(tf.split(x, 3, -1)[::-1], -1),
    "split unevenly": lambda x: tf.concat([one + i for i, one in enumerate(tf.split(x, [2, 1], 3))], 3),
    "channels first": lambda x: tf.transpose(x, (0, 3, 1, 2)),
    "channels first and back": lambda x: tf.transpose(tf.transpose(x, (0, 3, 1, 2)) - 1.0, (0, 2, 3, 1)),
    "tokens": lambda x: tf.reshape(x, (2, 24, 3)),
    "pixels": lambda x: tf.reshape(x, (-1, 3)),
    "tokens and back": lambda x: tf.reshape(tf.reshape(x, (2, 24, 3)) * [1.0, 2, 3], (2, 6, 4, 3)),
    "an axis more": lambda x: tf.expand_dims(x, 1) * [1.0, 2, 3],
    "an axis more, sliced": lambda x: x[:, None] * [1.0, 2, 3],
    "an axis less": lambda x: tf.squeeze(tf.expand_dims(x, 1), 1),
    "channels twice": lambda x: tf.tile(x, (1, 1, 1, 2)),
    "a channel of zeros": lambda x: tf.pad(x, [[0, 0]] * 3 + [[1, 2]]),
    "grey": lambda x: tf.reduce_mean(x, -1, keepdims=True),
    "grey without an axis": lambda x: tf.reduce_mean(x, -1),
    "a sum": lambda x: tf.reduce_sum(x * [1.0, 2, 3], 3, keepdims=True),
    "grey three times": lambda x: tf.concat([tf.reduce_mean(x, -1, keepdims=True)] * 3, -1),
    "grey three times, tiled": lambda x: tf.tile(tf.reduce_mean(x, -1, keepdims=True), (1, 1, 1, 3)),
    "grey from weights": tf.image.rgb_to_grayscale,
    "rows gathered": lambda x: tf.gather(x, tf.range(6), axis=1)[:, :],
}


@pytest.mark.parametrize("function", CASES.values(), ids=CASES)
def test_the_sum_is_what_the_function_gives(function: Function):
    is_what_it_gives(function)


OF_GREY: dict[str, Function] = {
    "three times": lambda x: tf.concat([x, x, x], -1),
    "as colours": tf.image.grayscale_to_rgb,
    "each its own": lambda x: x * [1.0, 2, 3] - [0.5, 0.25, 0],
    "tiled": lambda x: tf.tile(x, (1, 1, 1, 3)) * [1.0, 2, 3],
    "without an axis": lambda x: tf.squeeze(x, -1) / 2.0,
}


@pytest.mark.parametrize("function", OF_GREY.values(), ids=OF_GREY)
def test_of_grey_pictures(function: Function):
    is_what_it_gives(function, GREY)


def test_one_channel_everywhere():
    """A repetition goes over another axis, and which it was is gone."""
    found = affine_of(lambda x: tf.repeat(x, 3, axis=-1) / 2.0, GREY)
    assert found is not None and (found.axis, found.rank, found.scale.tolist()) == (MIXED, 4, [0.5])


OF_FIRST: dict[str, Function] = {
    "blue first": lambda x: x[:, ::-1],
    "means": lambda x: x - tf.constant([1.0, 2, 3])[:, None, None],
    "channels last": lambda x: tf.transpose(x, (0, 2, 3, 1)) * [1.0, 2, 3],
    "tokens": lambda x: tf.reshape(x, (2, 3, 24)),
    "a bias": lambda x: tf.nn.bias_add(x, [1.0, 2, 3], "NCHW"),
    "grey": lambda x: tf.reduce_mean(x, 1, keepdims=True),
    "one": lambda x: x[:, 1],
}


@pytest.mark.parametrize("function", OF_FIRST.values(), ids=OF_FIRST)
def test_of_channels_first(function: Function):
    is_what_it_gives(function, FIRST, channels_first=True)


def test_places_are_no_matter():
    """Parts and borders of the picture: the same numbers elsewhere."""
    for function in (
        lambda x: (x / 2.0)[:, 1:-1],
        lambda x: tf.pad(x / 2.0, [[0, 0], [1, 1], [0, 0], [0, 0]]),
        lambda x: tf.pad(x / 2.0, [[0, 0], [1, 1], [0, 0], [0, 0]], "SYMMETRIC"),
        lambda x: tf.concat([tf.zeros((2, 1, 4, 3)), x / 2.0], 1),
        lambda x: tf.concat([x / 2.0, (x / 2.0)[:, ::-1]], 1),
        lambda x: tf.gather(x / 2.0, 3, axis=1),
        lambda x: tf.split(x / 2.0, 2, axis=1)[1],
        lambda x: tf.image.resize(x / 2.0, (3, 2)),
    ):
        found = affine_of(function)
        assert found is not None and found.scale.tolist() == [0.5] * 3 and not found.offset.any()
        assert found.axis == found.rank - 1


def test_behind_a_flatten_channels_lie_among_places():
    found = affine_of(lambda x: tf.reshape(x * [1.0, 2, 3], (2, 72)) / 2.0)
    assert found is not None and (found.axis, found.rank) == (MIXED, 2)
    np.testing.assert_allclose(found.scale, [0.5, 1, 1.5])


NO_SUM: dict[str, Function] = {
    "a mean over places": lambda x: tf.reduce_mean(x, (1, 2)),
    "channels and other numbers": lambda x: tf.concat([x, tf.zeros((2, 6, 4, 1))], 3),
    "two pictures beside each other": lambda x: tf.concat([x, 2.0 * x], 1),
    "a stack of pictures": lambda x: tf.stack([x, x], 1),
    "an unknown order": lambda x: tf.gather(x, tf.cast(x[0, 0, 0], tf.int32), axis=3),
    "a padding of ones": lambda x: tf.pad(x, [[0, 0]] * 3 + [[0, 1]], constant_values=1),
    "tiled tokens": lambda x: tf.tile(tf.reshape(x, (2, 72)), (1, 2)),
}


@pytest.mark.parametrize("function", NO_SUM.values(), ids=NO_SUM)
def test_what_is_no_such_sum(function: Function):
    assert affine_of(function, IMAGE) is None
