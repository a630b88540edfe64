"""Arithmetic with constants: the sum that is found must be what the function gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.traced import Function, affine_of, is_what_it_gives

MEAN = np.float32([0.5, 0.25, 0.75])
MIX = np.float32([[0.3, 0.1], [0.6, 0.2], [0.1, 0.7]])
SCALE = tf.Variable([1.0, 2.0, 4.0])


def pixels(x: Any) -> Any:
    return tf.reshape(x, (-1, 3))


CASES: dict[str, Function] = {
    "a sum": lambda x: x + MEAN,
    "a sum of several": lambda x: tf.add_n([x, x * 2.0, x - MEAN]),
    "a difference": lambda x: x - MEAN,
    "a difference the other way": lambda x: MEAN - x,
    "a product": lambda x: MEAN * x,
    "a product with a variable": lambda x: x * SCALE - SCALE,
    "a quotient": lambda x: (x - MEAN) / 0.25,
    "a quotient by channel": lambda x: x / MEAN,
    "a quotient that spares zeros": lambda x: tf.math.divide_no_nan(x, MEAN),
    "a bias": lambda x: tf.nn.bias_add(x, MEAN),
    "the negative": lambda x: -x + 1.0,
    "constants that are computed": lambda x: x * tf.math.rsqrt(tf.constant(MEAN) + 1e-3),
    "constants by the size": lambda x: x / tf.cast(tf.shape(x)[1], tf.float32),
    "of all axes": lambda x: x - MEAN.reshape(1, 1, 1, 3),
    "a plain normalisation": lambda x: tf.nn.batch_normalization(x, MEAN, 2 * MEAN, 0.5, 3.0, 1e-3),
    "a picture and itself": lambda x: x * 3.0 - x[..., ::-1],
    "a mixture": lambda x: tf.reshape(pixels(x) @ MIX, (2, 6, 4, 2)),
    "a mixture turned": lambda x: tf.matmul(pixels(x), MIX.T, transpose_b=True) + MEAN[:2],
    "a tensordot": lambda x: tf.tensordot(x, MIX, [[-1], [0]]),
    "single channels": lambda x: 0.3 * x[..., 0] + 0.6 * x[..., 1] + 0.1 * x[..., 2],
    "the difference of two": lambda x: x[..., 0:1] - x[..., 1:2],
}


@pytest.mark.parametrize("function", CASES.values(), ids=CASES)
def test_the_sum_is_what_the_function_gives(function: Function):
    is_what_it_gives(function)


def test_steps_are_those_that_change_numbers():
    found = is_what_it_gives(lambda x: tf.transpose(x[..., ::-1] / 2.0, (0, 3, 1, 2)) + 1.0)
    assert [one.type for one in found.steps] == ["RealDiv", "AddV2"]
    both = is_what_it_gives(lambda x: x / 2.0 + x * 3.0)
    assert [one.type for one in both.steps] == ["RealDiv", "Mul", "AddV2"]


def test_of_a_mean_picture_its_mean():
    picture = np.arange(72, dtype=np.float32).reshape(6, 4, 3)
    found = affine_of(lambda x: x - picture)
    assert found is not None
    np.testing.assert_allclose(found.offset, -picture.mean((0, 1)))


def test_cut_off_numbers_are_left_alone_and_known():
    def bounds(function: Function) -> Any:
        found = affine_of(function)
        assert found is not None and found.is_identity and not found.steps
        return found.bounds

    assert bounds(lambda x: tf.clip_by_value(x, 0.0, 255.0)) == (0, 255)
    assert bounds(lambda x: tf.maximum(tf.minimum(x, 1.0), -1.0)) == (-1, 1)
    assert bounds(lambda x: tf.maximum(0.0, x)) == (0, np.inf)
    assert bounds(lambda x: tf.raw_ops.ClipByValue(t=x, clip_value_min=0.0, clip_value_max=1.0)) == (0, 1)
    assert bounds(lambda x: tf.clip_by_value(tf.clip_by_value(x, -1.0, 1.0), 0.0, 5.0)) == (0, 1)


NO_SUM: dict[str, Function] = {
    "a square": lambda x: x * x,
    "an inverse": lambda x: 1.0 / x,
    "a quotient by zero": lambda x: x / [1.0, 0.0, 1.0],
    "what depends on the picture": lambda x: x - tf.reduce_mean(x),
    "a largest of two": lambda x: tf.maximum(x, -x),
    "an activation": tf.nn.relu,
    "axes that do not match": lambda x: x + tf.constant(np.ones((2, 1, 1, 1, 3), np.float32)),
    "channels over columns": lambda x: x[:, :, :3] + tf.transpose(x[:, :, :3], (0, 1, 3, 2)),
    "one channel added to all": lambda x: x - x[..., :1],
    "trained weights": lambda x: pixels(x) @ tf.reshape(SCALE, (3, 1)),
    "a product of places": lambda x: tf.reshape(x, (2, 72)) @ np.ones((72, 2), np.float32),
}


@pytest.mark.parametrize("function", NO_SUM.values(), ids=NO_SUM)
def test_what_is_no_such_sum(function: Function):
    assert affine_of(function) is None
