"""The range of what is made of probabilities, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import tensorflow as tf

from support.graphs import traced
from xai_cam.models.output.graph_ranges import range_of

sigmoid, softmax = tf.math.sigmoid, tf.nn.softmax


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (sigmoid, 0, 1),
        (lambda x: 100 * sigmoid(x), 0, 100),
        (lambda x: 2 * sigmoid(x) - 1, -1, 1),
        (lambda x: tf.clip_by_value(softmax(x), 0.1, 0.8), 0.1, 0.8),
        (lambda x: 0.9 * softmax(x) + 0.1, 0.1, 1),
        (lambda x: (sigmoid(x) + sigmoid(2 * x)) / 2, 0, 1),
        (lambda x: sigmoid(x) + sigmoid(2 * x), 0, 2),
        (lambda x: sigmoid(x) * sigmoid(2 * x), 0, 1),
        (lambda x: sigmoid(x) - softmax(x), -1, 1),
        (lambda x: softmax(x)[:, 1:2], 0, 1),
        (lambda x: tf.reduce_mean(sigmoid(x), 1), 0, 1),
        (lambda x: softmax(x) * tf.constant([1.0, 2.0, 3.0]), 0, 3),
        (tf.nn.log_softmax, -math.inf, 0),
        (lambda x: tf.exp(tf.nn.log_softmax(x)), 0, 1),
        (lambda x: tf.math.log(softmax(x)), -math.inf, 0),
    ],
)
def test_ranges(function: Any, low: float, high: float):
    assert range_of(traced(function, (None, 3))) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "function",
    [tf.identity, tf.nn.relu, lambda x: x + sigmoid(x), lambda x: tf.clip_by_value(x, 0, 1), tf.square],
)
def test_other_tensors_have_none(function: Any):
    assert range_of(traced(function, (None, 3))) is None
