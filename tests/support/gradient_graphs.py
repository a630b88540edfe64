"""Gradients as TensorFlow's own tape has them, traced, to be held against the same by rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES

SEED = 21


def at_kinks(*shape: int) -> np.ndarray:
    """Whole numbers from -3 to 8, the same ones often: 0 and 6, where activations bend, and equal maxima."""
    return np.random.default_rng(SEED).integers(-3, 9, shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    """Numbers that have roots and reciprocals."""
    return np.random.default_rng(SEED).uniform(0.5, 3, shape).astype(np.float32)


def traced(functions: Sequence[Callable[[Any], Any]], sample: np.ndarray) -> Any:
    """(any number of samples) -> the gradient of each function, of a result weighted by uneven numbers."""
    import tensorflow as tf

    def gradients(x: Any) -> list[Any]:
        found = []
        for function in functions:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            places = tf.reshape(tf.range(float(np.prod(y.shape[1:]))), (1, *y.shape[1:]))
            found.append(tape.gradient(y, x, tf.cos(places + tf.zeros_like(y))))
        return found

    signature = [tf.TensorSpec((None, *sample.shape[1:]), tf.float32, "images")]
    return tf.function(gradients, signature, autograph=False).get_concrete_function()


def kinds_in(concrete: Any) -> set[str]:
    """What operations a traced function is made of."""
    return {operation.type for operation in concrete.graph.get_operations()}


def assert_ruled(kind: str, function: Callable[[Any], Any], sample: np.ndarray) -> None:
    """A gradient has an operation, has it no more by its rule, and says the same."""
    exact = traced([function], sample)
    assert kind in kinds_in(exact)
    found = rewritten(exact, RULES)
    assert kind not in kinds_in(found)
    for some in (sample, sample[:1]):
        assert_same(found(tf_constant(some)), exact(tf_constant(some)))


def assert_same(found: Sequence[Any], exact: Sequence[Any]) -> None:
    """Equal to 1e-4 of the largest, which is not 0."""
    for one, right in zip(map(np.asarray, found), map(np.asarray, exact), strict=True):
        largest = np.abs(right).max()
        assert largest > 0
        np.testing.assert_allclose(one, right, rtol=0, atol=1e-4 * largest)


def tf_constant(values: np.ndarray) -> Any:
    """A tensor."""
    import tensorflow as tf

    return tf.constant(values)
