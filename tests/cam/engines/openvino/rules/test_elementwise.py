"""Gradients of activations and normalisations by rules, at their kinks too, against TensorFlow's kernels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.gradient_graphs import assert_ruled, at_kinks, positive, traced
from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        ("ReluGrad", tf.nn.relu),
        ("Relu6Grad", tf.nn.relu6),
        ("LeakyReluGrad", partial(tf.nn.leaky_relu, alpha=0.3)),
        ("EluGrad", tf.nn.elu),
        ("SeluGrad", tf.nn.selu),
        ("SoftsignGrad", tf.nn.softsign),
        ("SigmoidGrad", tf.nn.sigmoid),
        ("TanhGrad", tf.nn.tanh),
    ],
)
def test_activations(kind: str, function: Callable[[Any], Any]) -> None:
    x = at_kinks(3, 40)
    assert {0, 6} < {*x.reshape(-1).tolist()}
    assert_ruled(kind, function, x)


@pytest.mark.parametrize(
    ("kind", "function"),
    [("SqrtGrad", tf.sqrt), ("RsqrtGrad", tf.math.rsqrt), ("ReciprocalGrad", tf.math.reciprocal)],
)
def test_powers(kind: str, function: Callable[[Any], Any]) -> None:
    assert_ruled(kind, function, positive(3, 20))


def normalised(x: Any, training: bool = False) -> Any:
    scale, offset, mean, variance = (tf.constant(positive(4)) for _ in range(4))
    return tf.raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=training, epsilon=0.01
    ).y


def test_batch_normalization_by_what_was_trained() -> None:
    assert_ruled("FusedBatchNormGradV3", normalised, at_kinks(3, 2, 5, 4))


def test_batch_normalization_of_channels_first() -> None:
    """Not for TensorFlow's CPU; by the equation: what a gradient of 1 becomes."""
    x, scale, variance = at_kinks(2, 3, 2, 2), positive(3), positive(3)

    def gradient(x: Any) -> Any:
        return tf.raw_ops.FusedBatchNormGradV3(
            y_backprop=tf.ones_like(x),
            x=x,
            scale=scale,
            reserve_space_1=np.zeros(3, np.float32),
            reserve_space_2=variance,
            reserve_space_3=np.zeros(3, np.float32),
            is_training=False,
            epsilon=0.5,
            data_format="NCHW",
        ).x_backprop

    signature = [tf.TensorSpec((None, 3, 2, 2), tf.float32)]
    concrete = tf.function(gradient, signature, autograph=False).get_concrete_function()
    found = np.asarray(rewritten(concrete, RULES)(tf.constant(x))[0])
    np.testing.assert_allclose(
        found, np.broadcast_to((scale / np.sqrt(variance + 0.5))[:, None, None], found.shape), rtol=1e-6
    )


def test_batch_normalization_by_the_batch_is_left() -> None:
    with pytest.raises(RuntimeError, match="by the batch"):
        rewritten(traced([partial(normalised, training=True)], at_kinks(3, 2, 5, 4)), RULES)


def test_local_response_normalization() -> None:
    response = partial(tf.nn.local_response_normalization, depth_radius=2, bias=1.5, alpha=0.3, beta=0.6)
    assert_ruled("LRNGrad", response, at_kinks(3, 2, 3, 7))
