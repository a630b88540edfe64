"""Gradients of pooling by rules against TensorFlow's kernels: windows that overlap, reach out, or miss."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.gradient_graphs import assert_ruled, at_kinks
from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES

WINDOWS = [(2, 2, "VALID"), (3, 2, "SAME"), (3, 2, "VALID"), (2, 1, "SAME"), (2, 3, "SAME"), (4, 3, "SAME")]
"""Size, stride and padding."""


@pytest.mark.parametrize(("size", "stride", "padding"), WINDOWS)
def test_images(size: int, stride: int, padding: str) -> None:
    """Most windows have several largest values: the first takes the whole gradient."""
    x = at_kinks(2, 9, 8, 3)
    for kind, pool in (("MaxPoolGrad", tf.nn.max_pool2d), ("AvgPoolGrad", tf.nn.avg_pool2d)):
        assert_ruled(kind, lambda x, pool=pool: pool(x, size, stride, padding), x)


def test_uneven_windows() -> None:
    x = at_kinks(2, 7, 6, 2)
    assert_ruled("MaxPoolGrad", lambda x: tf.nn.max_pool2d(x, (3, 1), (2, 1), "SAME"), x)
    assert_ruled("AvgPoolGrad", lambda x: tf.nn.avg_pool2d(x, (1, 4), (1, 2), "VALID"), x)
    around = [[0, 0], [1, 0], [2, 1], [0, 0]]
    assert_ruled("MaxPoolGrad", lambda x: tf.nn.max_pool2d(x, 3, 2, around), x)


def test_volumes() -> None:
    x = at_kinks(2, 4, 5, 6, 2)
    assert_ruled("AvgPool3DGrad", lambda x: tf.nn.avg_pool3d(x, (2, 3, 2), 2, "SAME"), x)


def test_large_windows_are_left() -> None:
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.max_pool2d(x, 13, 1, "SAME")
        return tape.gradient(y, x)

    signature = [tf.TensorSpec((None, 20, 20, 3), tf.float32)]
    concrete = tf.function(gradient, signature, autograph=False).get_concrete_function()
    with pytest.raises(RuntimeError, match="too large"):
        rewritten(concrete, RULES)


def test_images_of_open_size_are_left() -> None:
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.max_pool2d(x, 2, 2, "VALID")
        return tape.gradient(y, x)

    signature = [tf.TensorSpec((None, None, 8, 3), tf.float32)]
    concrete = tf.function(gradient, signature, autograph=False).get_concrete_function()
    with pytest.raises(RuntimeError, match="is open"):
        rewritten(concrete, RULES)
