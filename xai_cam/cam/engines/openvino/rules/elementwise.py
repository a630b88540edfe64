"""Gradients of functions of single numbers: of activations, roots and sigmoids; of normalisations.

Each takes the operation and its inputs, as TensorFlow orders them, and gives the gradient as TensorFlow's
kernel computes it, at the kinks too: where a function has a corner the gradient is that of one side.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def relu(_: Any, gradients: Any, features: Any) -> Any:
    """0 at 0."""
    return tf.where(features > 0, gradients, tf.zeros_like(gradients))


def relu6(_: Any, gradients: Any, features: Any) -> Any:
    """0 at 0 and at 6."""
    return tf.where((features > 0) & (features < 6), gradients, tf.zeros_like(gradients))


def leaky_relu(operation: Any, gradients: Any, features: Any) -> Any:
    """That of the negative side at 0."""
    return tf.where(features > 0, gradients, operation.get_attr("alpha") * gradients)


def elu(_: Any, gradients: Any, outputs: Any) -> Any:
    """By the outputs: exp(x) is the output and 1."""
    return tf.where(outputs < 0, gradients * (outputs + 1), gradients)


def selu(_: Any, gradients: Any, outputs: Any) -> Any:
    """By the outputs."""
    return gradients * tf.where(
        outputs < 0, outputs + SELU_SCALE * SELU_ALPHA, SELU_SCALE * tf.ones_like(outputs)
    )


def softsign(_: Any, gradients: Any, features: Any) -> Any:
    """1 / (1 + |x|)²."""
    return gradients / tf.square(1 + tf.abs(features))


def sigmoid(_: Any, outputs: Any, gradients: Any) -> Any:
    """By the outputs."""
    return gradients * outputs * (1 - outputs)


def tanh(_: Any, outputs: Any, gradients: Any) -> Any:
    """By the outputs."""
    return gradients * (1 - outputs * outputs)


def sqrt(_: Any, outputs: Any, gradients: Any) -> Any:
    """By the outputs."""
    return gradients * 0.5 / outputs


def rsqrt(_: Any, outputs: Any, gradients: Any) -> Any:
    """By the outputs."""
    return gradients * -0.5 * outputs * outputs * outputs


def reciprocal(_: Any, outputs: Any, gradients: Any) -> Any:
    """By the outputs."""
    return -gradients * outputs * outputs


def batch_normalization(operation: Any, gradients: Any, _: Any, scale: Any, *fixed: Any) -> Any:
    """The first of its results, by the mean and variance that training left.

    Raises
    ------
    RuntimeError
        It normalises by the batch.
    """
    if operation.get_attr("is_training"):
        raise RuntimeError("it normalises by the batch")
    _, variance, *_ = fixed
    slope = scale * tf.math.rsqrt(variance + operation.get_attr("epsilon"))
    if operation.get_attr("data_format").startswith(b"NC"):
        slope = tf.reshape(slope, (-1, *[1] * (len(gradients.shape) - 2)))
    return gradients * slope


def local_response(operation: Any, gradients: Any, inputs: Any, outputs: Any) -> Any:
    """Of local response normalisation, where neighbouring channels weaken each other."""
    radius, bias, alpha, beta = map(operation.get_attr, ("depth_radius", "bias", "alpha", "beta"))
    channels = int(inputs.shape[-1])
    band = tf.linalg.band_part(tf.ones((channels, channels), inputs.dtype), radius, radius)
    norm = bias + alpha * _summed(tf.square(inputs), band)
    through = _summed(gradients * outputs / norm, band)
    return gradients * norm**-beta - 2 * alpha * beta * inputs * through


def _summed(values: Any, band: Any) -> Any:
    """Over neighbouring channels."""
    return tf.reshape(tf.reshape(values, (-1, band.shape[0])) @ band, (-1, *values.shape[1:]))
