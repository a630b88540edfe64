"""Layers of a convolutional network in NumPy: forward, and backward to the layer's input.

A layer is a small frozen object without memory. `forward(x)` gives its output y; `backward(x, grad)` takes
the gradient of some scalar s with respect to y, same shape as y, and gives ds/dx, same shape as x. What the
backward pass needs from the forward pass it computes again from x, so the two can be read on their own. There
are no gradients for weights: nothing is trained here.

Shapes: images and maps are (n, h, w, c), vectors (n, d), kernels (kh, kw, c_in, c_out), Keras' channels_last
order.

Convolution and pooling share one idea: cut the image into windows (`windows`, "im2col"), treat every window
on its own, and for the gradient put the windows back, adding where they overlap (`unwindow`, "col2im").
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Pair = tuple[int, int]


class Layer(Protocol):
    """What every layer can do."""

    def forward(self, x: Array) -> Array:
        """Output of the layer."""

    def backward(self, x: Array, grad: Array) -> Array:
        """ds/dx of the scalar s, from grad = ds/dy."""


# --- Windows ------------------------------


def extent(size: int, window: int, stride: int, padding: str) -> tuple[int, int, int]:
    """Number of windows along one axis, and the padding before and after it.

    "valid" pads nothing and drops what does not fill a window. "same" gives ceil(size / stride) windows;
    where the padding it takes is odd, the extra pixel goes *after* (TensorFlow's rule; others put it before).
    """
    if padding == "valid":
        return (size - window) // stride + 1, 0, 0
    if padding == "same":
        count = -(-size // stride)
        total = max((count - 1) * stride + window - size, 0)
        return count, total // 2, total - total // 2
    raise ValueError(f"padding {padding!r} is neither 'valid' nor 'same'")


def pad(x: Array, size: Pair, strides: Pair, padding: str, fill: float = 0.0) -> Array:
    """x (n, h, w, c) with the border that `padding` asks for, (n, h', w', c), filled with `fill`."""
    _, top, bottom = extent(x.shape[1], size[0], strides[0], padding)
    _, left, right = extent(x.shape[2], size[1], strides[1], padding)
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)


def windows(x: Array, size: Pair, strides: Pair, padding: str, fill: float = 0.0) -> Array:
    """All windows of x (n, h, w, c), as (n, oh, ow, kh, kw, c).

    `result[n, i, j, u, v]` is the padded x at row i * stride + u, column j * stride + v.
    """
    rows, cols = (extent(x.shape[1 + a], size[a], strides[a], padding)[0] for a in (0, 1))
    padded = pad(x, size, strides, padding, fill)
    result = np.empty((x.shape[0], rows, cols, *size, x.shape[3]))
    for u in range(size[0]):
        for v in range(size[1]):
            result[:, :, :, u, v] = padded[
                :, u : u + rows * strides[0] : strides[0], v : v + cols * strides[1] : strides[1]
            ]
    return result


def unwindow(parts: Array, shape: tuple[int, ...], strides: Pair, padding: str) -> Array:
    """Adds windows (n, oh, ow, kh, kw, c) up where they were cut: (n, h, w, c) = `shape`, the border dropped.

    This is the transpose of `windows`: a pixel seen by several windows receives the sum of its shares.
    """
    _, rows, cols, *size, _ = parts.shape
    _, top, bottom = extent(shape[1], size[0], strides[0], padding)
    _, left, right = extent(shape[2], size[1], strides[1], padding)
    padded = np.zeros((shape[0], top + shape[1] + bottom, left + shape[2] + right, shape[3]))
    for u in range(size[0]):
        for v in range(size[1]):
            padded[:, u : u + rows * strides[0] : strides[0], v : v + cols * strides[1] : strides[1]] += (
                parts[:, :, :, u, v]
            )
    return padded[:, top : top + shape[1], left : left + shape[2]]


# --- Convolution ------------------------------


def conv2d_loops(x: Array, kernel: Array, bias: Array, strides: Pair, padding: str) -> Array:
    """The convolution as its definition reads: six loops, and the sum over the input channels.

    y[n, i, j, o] = bias[o] + sum over u, v, c of
                    padded[n, i * stride + u, j * stride + v, c] * kernel[u, v, c, o]

    (Image, row, column, filter, row and column in the window.) Slow; `Conv2D` is tested against it.
    """
    kh, kw, _, filters = kernel.shape
    rows, cols = (extent(x.shape[1 + a], kernel.shape[a], strides[a], padding)[0] for a in (0, 1))
    padded = pad(x, (kh, kw), strides, padding)
    y = np.zeros((x.shape[0], rows, cols, filters))
    for n in range(x.shape[0]):
        for i in range(rows):
            for j in range(cols):
                for o in range(filters):
                    y[n, i, j, o] = bias[o]
                    for u in range(kh):
                        for v in range(kw):
                            pixel = padded[n, i * strides[0] + u, j * strides[1] + v]
                            y[n, i, j, o] += float(np.dot(pixel, kernel[u, v, :, o]))
    return y


@dataclass(frozen=True, eq=False)
class Conv2D:
    """2-D convolution (a cross-correlation, as everywhere in deep learning) with bias.

    kernel (kh, kw, c_in, c_out), bias (c_out,): x (n, h, w, c_in) -> y (n, oh, ow, c_out)
    """

    kernel: Array
    bias: Array
    strides: Pair = (1, 1)
    padding: str = "valid"

    def forward(self, x: Array) -> Array:
        """One matrix product: windows (n * oh * ow, kh * kw * c_in) times kernel (kh * kw * c_in, c_out)."""
        kh, kw, c_in, c_out = self.kernel.shape
        parts = windows(x, (kh, kw), self.strides, self.padding)
        n, rows, cols = parts.shape[:3]
        flat = parts.reshape(n * rows * cols, kh * kw * c_in)
        return (flat @ self.kernel.reshape(-1, c_out)).reshape(n, rows, cols, c_out) + self.bias

    def backward(self, x: Array, grad: Array) -> Array:
        """Shares of the windows: grad (n * oh * ow, c_out) times kernelᵀ (c_out, kh * kw * c_in)."""
        kh, kw, c_in, c_out = self.kernel.shape
        parts = grad.reshape(-1, c_out) @ self.kernel.reshape(-1, c_out).T
        return unwindow(parts.reshape(*grad.shape[:3], kh, kw, c_in), x.shape, self.strides, self.padding)


# --- Pooling ------------------------------


@dataclass(frozen=True)
class MaxPooling2D:
    """The largest value of each window and channel: (n, h, w, c) -> (n, oh, ow, c). The border never wins."""

    size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: str = "valid"

    def forward(self, x: Array) -> Array:
        """Maximum over the two window axes."""
        return windows(x, self.size, self.strides, self.padding, fill=-np.inf).max(axis=(3, 4))

    def backward(self, x: Array, grad: Array) -> Array:
        """The whole gradient goes to the maximum; of equal ones to the first, row by row."""
        parts = windows(x, self.size, self.strides, self.padding, fill=-np.inf)
        flat = parts.reshape(*parts.shape[:3], -1, parts.shape[-1])  # (n, oh, ow, kh * kw, c)
        winner = flat.argmax(axis=3)[:, :, :, None]  # (n, oh, ow, 1, c); argmax takes the first
        shares = np.zeros_like(flat)
        np.put_along_axis(shares, winner, grad[:, :, :, None], axis=3)
        return unwindow(shares.reshape(parts.shape), x.shape, self.strides, self.padding)


@dataclass(frozen=True)
class AveragePooling2D:
    """The mean of each window and channel, over the pixels of the image in it: the border does not count."""

    size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: str = "valid"

    def _counts(self, x: Array) -> Array:
        """Pixels of the image in each window, (1, oh, ow, 1)."""
        ones = np.ones((1, *x.shape[1:3], 1))
        return windows(ones, self.size, self.strides, self.padding).sum(axis=(3, 4))

    def forward(self, x: Array) -> Array:
        """Sum over the window axes, divided by the number of pixels."""
        return windows(x, self.size, self.strides, self.padding).sum(axis=(3, 4)) / self._counts(x)

    def backward(self, x: Array, grad: Array) -> Array:
        """Every pixel of a window gets the same share."""
        share = (grad / self._counts(x))[:, :, :, None, None]  # (n, oh, ow, 1, 1, c)
        parts = np.broadcast_to(share, (*grad.shape[:3], *self.size, grad.shape[3]))
        return unwindow(parts, x.shape, self.strides, self.padding)


@dataclass(frozen=True)
class GlobalAveragePooling2D:
    """The mean of each channel: (n, h, w, c) -> (n, c)."""

    def forward(self, x: Array) -> Array:
        """Mean over rows and columns."""
        return x.mean(axis=(1, 2))

    def backward(self, x: Array, grad: Array) -> Array:
        """Every position gets 1 / (h * w) of the gradient."""
        return np.broadcast_to(grad[:, None, None] / (x.shape[1] * x.shape[2]), x.shape).copy()


# --- The others ------------------------------


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
        """Matrix product and shift."""
        return x @ self.kernel + self.bias

    def backward(self, x: Array, grad: Array) -> Array:
        """Product with the transposed kernel."""
        return grad @ self.kernel.T


def softmax(z: Array) -> Array:
    """exp(z) / sum of exp(z) over the last axis; the maximum is taken off, so that exp cannot overflow."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), written with exp(-|z|), which cannot overflow and keeps small values exact."""
    power = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, power) / (1.0 + power)
