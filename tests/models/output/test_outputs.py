"""Scores, probabilities and the predicted class of every kind of head, from numbers by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.models.output.head import Head
from xai_cam.models.output.outputs import read_output, to_predicted, to_probabilities

Z = np.array([[2.0], [-1.0]], np.float32)
P = 1 / (1 + np.exp(-Z))
LOGITS, BOTH = np.hstack([-Z, Z]), np.hstack([1 - P, P])
THREE = np.array([[1.0, 2.0, -1.0]], np.float32)
SOFT = np.exp(THREE) / np.exp(THREE).sum()
SEPARATE = 1 / (1 + np.exp(-THREE))


def read(head: Head, tail: Any, z: np.ndarray) -> list[np.ndarray]:
    def run(x: Any) -> Any:
        logits, output = read_output(head, tail(x), [])
        return logits, to_probabilities(head, logits, output), to_predicted(head, output)

    found = tf.function(run, autograph=False)(tf.constant(z))
    return [np.asarray(one) for one in found]


@pytest.mark.parametrize(
    ("head", "tail", "z", "logits", "probabilities", "predicted"),
    [
        (Head(3, "softmax"), tf.nn.softmax, THREE, THREE, SOFT, [1]),
        (Head(3, "log_softmax"), tf.nn.log_softmax, THREE, THREE, SOFT, [1]),
        (Head(3, "softmax"), lambda x: tf.nn.softmax(x)[:, :, None], THREE, THREE, SOFT, [1]),
        (Head(3, "linear"), tf.identity, THREE, THREE, SOFT, [1]),
        (Head(3, "linear", "multilabel"), tf.identity, THREE, THREE, SEPARATE, [1]),
        (Head(3, "sigmoid"), tf.sigmoid, THREE, THREE, SEPARATE, [1]),
        (Head(3, "unknown"), tf.nn.softmax, THREE, np.log(SOFT), SOFT, [1]),
        (Head(1, "sigmoid"), tf.sigmoid, Z, LOGITS, BOTH, [1, 0]),
        (Head(1, "linear"), tf.identity, Z, LOGITS, BOTH, [1, 0]),
        (Head(1, "unknown"), tf.sigmoid, Z, np.log(BOTH), BOTH, [1, 0]),
        (
            Head(1, "sigmoid"),
            lambda x: tf.sigmoid(x)[:, 0],
            Z,
            LOGITS,
            BOTH,
            [1, 0],
        ),
    ],
)
def test_classifiers(
    head: Head, tail: Any, z: np.ndarray, logits: np.ndarray, probabilities: np.ndarray, predicted: list[int]
):
    found = read(head, tail, z)
    np.testing.assert_allclose(found[0], logits, rtol=1e-5)
    np.testing.assert_allclose(found[1], probabilities, rtol=1e-5)
    assert found[2].tolist() == predicted


def test_a_smoothed_sigmoid_gives_its_own_probability():
    logits, found, _ = read(Head(1, "sigmoid"), lambda x: tf.sigmoid(x) * 0.8 + 0.1, Z)
    np.testing.assert_allclose(logits, np.hstack([-Z, Z]))
    np.testing.assert_allclose(found[:, 1:], P * 0.8 + 0.1, rtol=1e-5)


def test_values_stay_what_they_are():
    def run(x: Any) -> Any:
        head = Head(3, "relu", "regression")
        logits, output = read_output(head, 40 * tf.nn.relu(x), [])
        return logits, output, to_predicted(head, output)

    logits, output, predicted = tf.function(run, autograph=False)(tf.constant(THREE))
    assert logits.numpy().tolist() == output.numpy().tolist() == [[40, 80, 0]]
    assert predicted.numpy().tolist() == [0], "the first is explained where none is named"
