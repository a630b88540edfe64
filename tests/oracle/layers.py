"""Layers of a convolutional network in NumPy: forward, and backward to the layer's input.

A layer is a small frozen object without memory. `forward(x)` gives its output y; `backward(x, grad)` takes
the gradient of some scalar s with respect to y, same shape as y, and gives ds/dx, same shape as x. What the
backward pass needs from the forward pass it computes again from x, so the two can be read on their own.

Shapes: images and maps are (n, h, w, c), vectors (n, d), kernels (kh, kw, c_in, c_out), Keras' channels_last
order.

Layers that look through windows are in `convolution` and `pooling`, and can be had from here as well. A layer
with weights also has `gradients(x, grad)`: ds/dkernel and ds/dbias. Maps have no use for them.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .arrays import Array
from .convolution import Conv2D, GroupedConv2D, conv2d_loops, depthwise_conv2d
from .pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D

__all__ = [
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Flatten",
    "GlobalAveragePooling2D",
    "GroupedConv2D",
    "Layer",
    "MaxPooling2D",
    "ReLU",
    "conv2d_loops",
    "depthwise_conv2d",
    "sigmoid",
    "softmax",
]


class Layer(Protocol):
    """What every layer can do."""

    def forward(self, x: Array) -> Array:
        """Output of the layer."""

    def backward(self, x: Array, grad: Array) -> Array:
        """ds/dx of the scalar s, from grad = ds/dy."""


@dataclass(frozen=True)
class ReLU:
    """max(x, 0), of any shape. Its slope at 0 is taken to be 0, as TensorFlow does."""

    def forward(self, x: Array) -> Array:
        """Negative values become 0."""
        return np.maximum(x, 0.0)

    def backward(self, x: Array, grad: Array) -> Array:
        """The gradient passes where x > 0."""
        return np.where(x > 0, grad, 0.0)


@dataclass(frozen=True, eq=False)
class BatchNormalization:
    """Batch normalisation in inference mode: a fixed scale and shift per channel, (…, c) -> (…, c).

    y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, all (c,), with the *moving* mean and variance.
    """

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float = 1e-3

    def _scale(self) -> Array:
        """Slope of each channel, (c,)."""
        return self.gamma / np.sqrt(self.variance + self.epsilon)

    def forward(self, x: Array) -> Array:
        """Scale and shift."""
        return (x - self.mean) * self._scale() + self.beta

    def backward(self, x: Array, grad: Array) -> Array:
        """Only the scale has a slope."""
        return grad * self._scale()


@dataclass(frozen=True)
class Flatten:
    """(n, h, w, c) -> (n, h * w * c), row by row, the channels of a pixel side by side."""

    def forward(self, x: Array) -> Array:
        """Reshape."""
        return x.reshape(len(x), -1)

    def backward(self, x: Array, grad: Array) -> Array:
        """Reshape back."""
        return grad.reshape(x.shape)


@dataclass(frozen=True, eq=False)
class Dense:
    """y = x @ kernel + bias: (n, d) -> (n, units), kernel (d, units), bias (units,)."""

    kernel: Array
    bias: Array

    def forward(self, x: Array) -> Array:
        """Matrix product and shift: (n, d) @ (d, units) + (units,)."""
        return x @ self.kernel + self.bias

    def backward(self, x: Array, grad: Array) -> Array:
        """Product with the transposed kernel: (n, units) @ (units, d)."""
        return grad @ self.kernel.T

    def gradients(self, x: Array, grad: Array) -> tuple[Array, Array]:
        """ds/dkernel (d, units) = xᵀ @ grad, (d, n) @ (n, units); ds/dbias (units,). As of a convolution."""
        return x.T @ grad, grad.sum(axis=0)


# --- At the end of a model ------------------------------


def softmax(z: Array) -> Array:
    """exp(z) / sum of exp(z) over the last axis; the maximum is taken off, so that exp cannot overflow."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), written with exp(-|z|), which cannot overflow and keeps small values exact."""
    power = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, power) / (1.0 + power)
