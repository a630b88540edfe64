"""One operation backwards: what it does to all numbers alike, and constants wherever they were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.graphs import traced
from xai_cam.models.output.graph_operations import constant, is_vector, size_of, softmax_or_sigmoid, step_back

BATCH = (None, 3)


@pytest.mark.parametrize(
    ("function", "slope", "offset"),
    [
        (lambda x: x * 2.0, 2, 0),
        (lambda x: 2.0 * x, 2, 0),
        (lambda x: x / 4.0, 0.25, 0),
        (lambda x: x + 3.0, 1, 3),
        (lambda x: x - 3.0, 1, -3),
        (lambda x: 3.0 - x, -1, 3),
        (tf.negative, -1, 0),
        (lambda x: tf.maximum(x, 0.5), 1, 0),
        (lambda x: x * np.full(3, 2, "float32"), 2, 0),
    ],
)
def test_numbers_changed_alike(function: Any, slope: float, offset: float):
    step = step_back(traced(function, BATCH))
    assert step is not None and (step.slope, step.offset, step.keeps) == (slope, offset, False)


@pytest.mark.parametrize(
    "function",
    [
        tf.identity,
        lambda x: tf.reshape(x, (-1, 3, 1)),
        lambda x: x[..., None],
        lambda x: tf.transpose(x[:, None], (0, 2, 1)),
    ],
)
def test_numbers_handed_on(function: Any):
    step = step_back(traced(function, BATCH))
    assert step is not None and step.keeps


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * np.array([1, 2, 3], "float32"),
        lambda x: x * x,
        lambda x: 1.0 / x,
        lambda x: x * 0.0,
        tf.square,
        lambda x: x[:, ::-1],
        lambda x: x[:, :2],
        lambda x: tf.transpose(tf.reshape(x, (-1, 3, 2)), (0, 2, 1)),
    ],
)
def test_what_may_change_the_order(function: Any):
    assert step_back(traced(function, (None, 3))) is None


def test_constants():
    outside = tf.constant([2.0, 2.0])
    found = []
    tf.function(lambda x: found.append(constant((x * outside).op.inputs[1])), autograph=False)(tf.ones(2))
    assert found == [2.0]
    variable = tf.Variable(2.0)
    tf.function(lambda x: found.append(constant((x * variable).op.inputs[1])), autograph=False)(tf.ones(2))
    assert found[1] is None, "a weight may change"


def test_shapes():
    assert (
        size_of(traced(tf.identity, (None, 2, 3))) == 6 and size_of(traced(tf.identity, (None, None))) is None
    )
    assert is_vector(traced(tf.identity, (None, 1, 3))) and not is_vector(traced(tf.identity, (None, 2, 3)))


def test_functions_by_name():
    assert softmax_or_sigmoid(traced(tf.nn.softmax, BATCH))[0] == "softmax"  # type: ignore[index]
    assert softmax_or_sigmoid(traced(tf.nn.relu, BATCH)) is None
