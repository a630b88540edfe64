"""The final activation, found behind whatever keeps the numbers or changes them alike, and by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from support.graphs import found_in
from xai_cam.models.observing import Activation
from xai_cam.models.output.final_activation import find_activation

Z = np.array([[1.5, -0.5, 0.25], [-2.0, 3.0, 0.5]])
ONE = np.array([[0.75], [-1.25]])
KEPT = tf.constant(0.9)
"""Made outside of the trace."""
make = keras.layers


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def by_hand(x: Any) -> Any:
    power = tf.exp(x - tf.reduce_max(x, axis=1, keepdims=True))
    return power / (tf.reduce_sum(power, axis=1, keepdims=True) + 1e-9)


SOFTMAXES = {
    "operation": ops.softmax,
    "TensorFlow's": tf.nn.softmax,
    "clip": lambda x: ops.clip(ops.softmax(x), 1e-7, 1 - 1e-7),
    "clip_by_value": lambda x: tf.clip_by_value(tf.nn.softmax(x), 1e-7, 1.0),
    "(C, 1, 1)": lambda x: make.Softmax(axis=1)(tf.reshape(x, (-1, 3, 1, 1))),
    "(C, 1)": lambda x: make.Softmax(axis=1)(tf.reshape(x, (-1, 3, 1))),
    "(1, C, 1)": lambda x: make.Softmax(axis=2)(tf.reshape(x, (-1, 1, 3, 1))),
    "(1, 1, C)": lambda x: make.Softmax()(tf.reshape(x, (-1, 1, 1, 3))),
    "two axes": lambda x: make.Softmax(axis=(1, 2))(tf.reshape(x, (-1, 3, 1))),
    "squeeze and cast": lambda x: tf.cast(tf.squeeze(ops.softmax(x[:, None]), 1), tf.float64),
    "by hand": by_hand,
    "by hand, twice exp": lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True),
    "by hand, reciprocal": lambda x: tf.exp(x) * tf.math.reciprocal(tf.reduce_sum(tf.exp(x), 1)[:, None]),
    "by hand, logsumexp": lambda x: ops.exp(x - ops.logsumexp(x, axis=-1, keepdims=True)),
}
LOGARITHMS = {
    "log_softmax": ops.log_softmax,
    "log": lambda x: ops.log(ops.softmax(x)),
    "by hand, log": lambda x: x - ops.logsumexp(x, axis=-1, keepdims=True),
}
SIGMOIDS = {
    "operation": ops.sigmoid,
    "TensorFlow's": tf.math.sigmoid,
    "by hand": lambda x: 1 / (1 + ops.exp(-x)),
    "by hand, reciprocal": lambda x: tf.math.reciprocal(tf.exp(tf.negative(x)) + 1.0),
    "by hand, of exp": lambda x: ops.exp(x) / (1 + ops.exp(x)),
}


@pytest.mark.parametrize("name", SOFTMAXES)
def test_softmaxes(name: str):
    final, logits, values = found_in(SOFTMAXES[name], Z)
    assert final.name == "softmax" and final.span is None
    np.testing.assert_allclose(logits, Z, rtol=1e-5)
    np.testing.assert_allclose(values, softmax(Z), rtol=1e-5)


@pytest.mark.parametrize("name", LOGARITHMS)
def test_logarithms_of_a_softmax(name: str):
    final, logits, values = found_in(LOGARITHMS[name], Z)
    assert final.name == "log_softmax"
    np.testing.assert_allclose(logits, Z, rtol=1e-5)
    np.testing.assert_allclose(values, softmax(Z), rtol=1e-5)


@pytest.mark.parametrize("z", [Z, ONE], ids=["three", "one"])
@pytest.mark.parametrize("name", SIGMOIDS)
def test_sigmoids(name: str, z: np.ndarray):
    final, logits, values = found_in(SIGMOIDS[name], z)
    assert final.name == "sigmoid"
    np.testing.assert_allclose(logits, z, rtol=1e-5)
    np.testing.assert_allclose(values, sigmoid(z), rtol=1e-5)


@pytest.mark.parametrize(
    "tail", [ops.hard_sigmoid, lambda x: tf.nn.relu6(x + 3.0) / 6.0, lambda x: ops.clip(0.2 * x + 0.5, 0, 1)]
)
def test_hard_sigmoids(tail: Any):
    final, logits, _ = found_in(tail, ONE)
    assert final.name == "hard_sigmoid" and logits.tolist() == ONE.tolist()


@pytest.mark.parametrize(
    "tail",
    [
        lambda x: tf.nn.relu6(3.0 - x) / 6.0,  # it falls
        lambda x: tf.maximum(0.2 * x + 0.5, 0.0),  # it is cut off at one end
        lambda x: tf.clip_by_value(0.2 * x + 0.5, 0.0, 6.0),
    ],
)
def test_what_is_no_hard_sigmoid(tail: Any):
    assert found_in(tail, ONE)[0].name != "hard_sigmoid"


@pytest.mark.parametrize(
    ("tail", "values"),
    [
        (lambda x: ops.softmax(x) * 0.9 + 0.1 / 3, softmax(Z) * 0.9 + 0.1 / 3),
        (
            lambda x: tf.nn.softmax(x) * KEPT + 0.1 / 3,
            softmax(Z) * 0.9 + 0.1 / 3,
        ),
        (lambda x: ops.clip(ops.sigmoid(x), 0.3, 0.7), sigmoid(Z).clip(0.3, 0.7)),
    ],
)
def test_a_smoothed_output_is_the_probability(tail: Any, values: np.ndarray):
    final, logits, found = found_in(tail, Z)
    assert not final.exact
    np.testing.assert_allclose(logits, Z, rtol=1e-5)
    np.testing.assert_allclose(found, values, rtol=1e-5)


def test_percent_are_told_from_probabilities():
    final, logits, values = found_in(lambda x: ops.softmax(x) * 100, Z)
    assert final.name == "softmax" and final.span == (0, 100)
    np.testing.assert_allclose(logits, Z)
    np.testing.assert_allclose(values, softmax(Z), rtol=1e-5)


def test_the_probability_of_the_other_class():
    """1 - sigmoid(z) = sigmoid(-z)."""
    final, logits, values = found_in(lambda x: 1 - ops.sigmoid(x), ONE)
    assert final.name == "sigmoid"
    np.testing.assert_allclose(logits, -ONE)
    np.testing.assert_allclose(values, sigmoid(-ONE), rtol=1e-5)


def test_what_goes_into_the_softmax_is_the_logit():
    _, logits, _ = found_in(lambda x: ops.softmax(x / 4), Z)
    np.testing.assert_allclose(logits, Z / 4)


@pytest.mark.parametrize(
    "tail",
    [
        lambda x: (ops.softmax(x) + ops.softmax(2 * x)) / 2,
        lambda x: (ops.sigmoid(x) + ops.sigmoid(2 * x)) / 2,
        lambda x: ops.concatenate([1 - ops.sigmoid(x), ops.sigmoid(x)], 1)[:, :3],
    ],
)
def test_probabilities_without_logits(tail: Any):
    assert found_in(tail, Z)[0].name == "unknown"


@pytest.mark.parametrize(
    "tail",
    [
        lambda x: x * 2 + 1,
        lambda x: ops.clip(x, 0, 1),
        lambda x: ops.relu(x) * 3,
        lambda x: ops.exp(x) / ops.sum(ops.exp(2 * x), axis=-1, keepdims=True),
        lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=0, keepdims=True),
        lambda x: ops.sigmoid(x) + x,
        lambda x: -ops.softmax(x),
        lambda x: ops.softmax(x) * np.array([1.0, 2.0, 3.0], "float32"),
    ],
)
def test_what_is_no_probability_stays_as_it_is(tail: Any):
    final, logits, values = found_in(tail, Z)
    assert final.name == "linear" and final.logits is final.values
    np.testing.assert_array_equal(logits, values)


def test_a_softmax_over_one_number_gives_ones():
    assert found_in(lambda x: tf.nn.softmax(x[..., None]), Z)[0].name == "ones"


def test_an_activation_of_ones_own_is_seen_where_it_passes_through_a_layer():
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, 3))
        y = x * tf.square(x)
        final = find_activation(tf.identity(y), [Activation(x, y, "cubed")])
    assert (final.name, final.logits) == ("cubed", x)
