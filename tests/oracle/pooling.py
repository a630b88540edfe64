"""Pooling, forward and backward: the maximum or the mean of each window, channel by channel.

As in `convolution`, there are slow loops over windows and their pixels, and layers on `im2col` that are
tested against them. A window at the edge holds only the image's own pixels: the border of "same" never is the
maximum and does not count for the mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from .arrays import Array, Pair
from .windows import col2im, grid, im2col, places

Index = tuple[int, int, int, int]


# --- Loops ------------------------------


def pools(
    shape: tuple[int, ...], size: Pair, strides: Pair, padding: str
) -> Iterator[tuple[Index, list[Index]]]:
    """For each output (n, i, j, c) of a pooling of images (n, h, w, c): its pixels there, row by row."""
    down = places(shape[1], size[0], strides[0], padding)
    across = places(shape[2], size[1], strides[1], padding)
    for n, c in product(range(shape[0]), range(shape[3])):
        for (i, rows), (j, cols) in product(enumerate(down), enumerate(across)):
            yield (n, i, j, c), [(n, row, col, c) for (_, row), (_, col) in product(rows, cols)]


def max_pooling_loops(x: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """The largest value of each window: (n, h, w, c) -> (n, oh, ow, c)."""
    y = np.zeros((x.shape[0], *grid(x.shape, size, strides, padding), x.shape[3]))
    for output, pixels in pools(x.shape, size, strides, padding):
        y[output] = max(x[pixel] for pixel in pixels)
    return y


def max_pooling_backward_loops(x: Array, grad: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """ds/dx (n, h, w, c) from grad = ds/dy (n, oh, ow, c): all of it goes to the first largest pixel."""
    share = np.zeros(x.shape)
    for output, pixels in pools(x.shape, size, strides, padding):
        winner = pixels[0]
        for pixel in pixels:
            if x[pixel] > x[winner]:
                winner = pixel
        share[winner] += grad[output]
    return share


def average_pooling_loops(x: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """The mean of each window: (n, h, w, c) -> (n, oh, ow, c)."""
    y = np.zeros((x.shape[0], *grid(x.shape, size, strides, padding), x.shape[3]))
    for output, pixels in pools(x.shape, size, strides, padding):
        y[output] = sum(x[pixel] for pixel in pixels) / len(pixels)
    return y


def average_pooling_backward_loops(x: Array, grad: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """ds/dx (n, h, w, c) from grad = ds/dy (n, oh, ow, c): every pixel of a window gets the same share."""
    share = np.zeros(x.shape)
    for output, pixels in pools(x.shape, size, strides, padding):
        for pixel in pixels:
            share[pixel] += grad[output] / len(pixels)
    return share


# --- Windows as rows ------------------------------


@dataclass(frozen=True)
class MaxPooling2D:
    """The largest value of each window and channel: x (n, h, w, c) -> y (n, oh, ow, c)."""

    size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: str = "valid"

    def _pixels(self, x: Array) -> Array:
        """Pixels of each window, (n * oh * ow, kh * kw, c), -inf on the border: it never wins."""
        columns = im2col(x, self.size, self.strides, self.padding, fill=-np.inf)
        return columns.reshape(len(columns), -1, x.shape[3])

    def forward(self, x: Array) -> Array:
        """y (n, oh, ow, c).

        1. Windows of x (n, h, w, c), pixels and channels apart: (n * oh * ow, kh * kw, c).
        2. Maximum over the pixels: (n * oh * ow, c).
        3. Back on the grid: (n, oh, ow, c).
        """
        y = self._pixels(x).max(axis=1)
        return y.reshape(len(x), *grid(x.shape, self.size, self.strides, self.padding), -1)

    def backward(self, x: Array, grad: Array) -> Array:
        """ds/dx (n, h, w, c) from grad = ds/dy (n, oh, ow, c): all goes to the maximum.

        Of equal ones it goes to the first, row by row (TensorFlow's rule). Behind a ReLU that matters: a
        window of nothing but zeros is common there.

        1. Windows of x: (n * oh * ow, kh * kw, c); the place of each maximum: (n * oh * ow, 1, c).
        2. Zeros like the windows, with the gradient at these places: (n * oh * ow, kh * kw, c).
        3. Laid flat and added up where the windows were cut: (n, h, w, c).
        """
        pixels = self._pixels(x)
        winners = pixels.argmax(axis=1)[:, None]  # argmax takes the first of equal ones
        shares = np.zeros_like(pixels)
        np.put_along_axis(shares, winners, grad.reshape(winners.shape), axis=1)
        return col2im(shares, x.shape, self.size, self.strides, self.padding)


@dataclass(frozen=True)
class AveragePooling2D:
    """The mean of each window and channel: x (n, h, w, c) -> y (n, oh, ow, c)."""

    size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: str = "valid"

    def _inside(self, x: Array) -> Array:
        """1 for each pixel of a window that is the image's, 0 on the border: (oh * ow, kh * kw, 1)."""
        ones = np.ones((1, *x.shape[1:3], 1))
        return im2col(ones, self.size, self.strides, self.padding)[:, :, None]

    def forward(self, x: Array) -> Array:
        """y (n, oh, ow, c).

        1. Windows of x (n, h, w, c), images, pixels and channels apart: (n, oh * ow, kh * kw, c); the border
           is 0.
        2. Sum over the pixels, by the number of those inside the image (oh * ow, 1): (n, oh * ow, c).
        3. Back on the grid: (n, oh, ow, c).
        """
        n, c = len(x), x.shape[3]
        inside = self._inside(x)
        pixels = im2col(x, self.size, self.strides, self.padding).reshape(n, *inside.shape[:2], c)
        y = pixels.sum(axis=2) / inside.sum(axis=1)
        return y.reshape(n, *grid(x.shape, self.size, self.strides, self.padding), c)

    def backward(self, x: Array, grad: Array) -> Array:
        """ds/dx (n, h, w, c) from grad = ds/dy (n, oh, ow, c): the same share for every pixel of a window.

        1. Shares of a window's pixels: 1 / (number of those inside), 0 on the border: (oh * ow, kh * kw, 1).
        2. Times the window's gradient (n, oh * ow, 1, c): (n, oh * ow, kh * kw, c).
        3. Laid flat and added up where the windows were cut: (n, h, w, c).
        """
        n, c = len(x), x.shape[3]
        inside = self._inside(x)
        shares = inside / inside.sum(axis=1, keepdims=True)
        return col2im(shares * grad.reshape(n, -1, 1, c), x.shape, self.size, self.strides, self.padding)


@dataclass(frozen=True)
class GlobalAveragePooling2D:
    """The mean of each channel over one window as large as the image: (n, h, w, c) -> (n, c)."""

    def forward(self, x: Array) -> Array:
        """Mean over rows and columns."""
        return x.mean(axis=(1, 2))

    def backward(self, x: Array, grad: Array) -> Array:
        """Every position gets 1 / (h * w) of the gradient (n, c): (n, h, w, c)."""
        return np.broadcast_to(grad[:, None, None] / (x.shape[1] * x.shape[2]), x.shape).copy()
