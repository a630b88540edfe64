"""Convolution, forward and backward: as the sum in its definition, and as one matrix product.

    y[n, i, j, o] = bias[o] + sum over u, v, c of x[n, row, col, c] * kernel[u, v, c, o]

(image, row and column of the output, filter; row and column in the window, channel), with

    row = i * stride + u * dilation - padding above,    col likewise,    and x = 0 outside the image.

All three derivatives follow from one look at it. The output is a sum of products "pixel times weight". For a
scalar s with grad = ds/dy,

    ds/dx      adds grad * weight at the pixel,    over all products the pixel is in,
    ds/dkernel adds grad * pixel  at the weight,   over all products the weight is in,
    ds/dbias   adds grad,                          over all outputs of the filter.

The loops below say just that, over one list of all products (`products`); they are slow, and what `Conv2D` is
tested against. `Conv2D` says it with columns = im2col(x), one row a window, and K the kernel laid flat:

    y = columns @ K + bias,    ds/dx = col2im(grad @ Kᵀ),    ds/dK = columnsᵀ @ grad,    ds/dbias = 1ᵀ @ grad
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from .arrays import Array, Pair
from .windows import col2im, grid, im2col, places

Index = tuple[int, int, int, int]


# --- Loops ------------------------------


def products(
    x_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Iterator[tuple[Index, Index, Index]]:
    """Every product in a convolution: where it is added in y, its pixel in x, its weight in the kernel.

    x (n, h, w, c_in), kernel (kh, kw, c_in / groups, c_out), y (n, oh, ow, c_out). With groups, the filters
    and the channels are dealt out in order, c_out / groups and c_in / groups to a group, and a filter sees
    only the channels of its own group.
    """
    kh, kw, seen, filters = kernel_shape
    down = places(x_shape[1], kh, strides[0], padding, dilation[0])
    across = places(x_shape[2], kw, strides[1], padding, dilation[1])
    for n, o in product(range(x_shape[0]), range(filters)):
        first = o // (filters // groups) * seen
        for (i, rows), (j, cols) in product(enumerate(down), enumerate(across)):
            for (u, row), (v, col), c in product(rows, cols, range(seen)):
                yield (n, i, j, o), (n, row, col, first + c), (u, v, c, o)


def conv2d_loops(
    x: Array,
    kernel: Array,
    bias: Array,
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Array:
    """The convolution y (n, oh, ow, c_out) of x (n, h, w, c_in)."""
    rows, cols = grid(x.shape, (kernel.shape[0], kernel.shape[1]), strides, padding, dilation)
    y = np.zeros((x.shape[0], rows, cols, kernel.shape[3])) + bias
    for output, pixel, weight in products(x.shape, kernel.shape, strides, padding, dilation, groups):
        y[output] += x[pixel] * kernel[weight]
    return y


def conv2d_backward_loops(
    x: Array,
    kernel: Array,
    grad: Array,
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Array:
    """ds/dx (n, h, w, c_in) from grad = ds/dy (n, oh, ow, c_out). The values of x do not matter."""
    share = np.zeros(x.shape)
    for output, pixel, weight in products(x.shape, kernel.shape, strides, padding, dilation, groups):
        share[pixel] += grad[output] * kernel[weight]
    return share


def conv2d_gradients_loops(
    x: Array,
    kernel: Array,
    grad: Array,
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> tuple[Array, Array]:
    """ds/dkernel (kh, kw, c_in / groups, c_out) and ds/dbias (c_out,), from grad = ds/dy as above."""
    by_kernel, by_bias = np.zeros(kernel.shape), np.zeros(kernel.shape[3])
    for output, pixel, weight in products(x.shape, kernel.shape, strides, padding, dilation, groups):
        by_kernel[weight] += grad[output] * x[pixel]
    for output in np.ndindex(grad.shape):
        by_bias[output[3]] += grad[output]
    return by_kernel, by_bias


# --- Matrix products ------------------------------


@dataclass(frozen=True, eq=False)
class Conv2D:
    """2-D convolution (a cross-correlation, as everywhere in deep learning) with bias.

    kernel (kh, kw, c_in, c_out), bias (c_out,): x (n, h, w, c_in) -> y (n, oh, ow, c_out)
    """

    kernel: Array
    bias: Array
    strides: Pair = (1, 1)
    padding: str = "valid"
    dilation: Pair = (1, 1)

    @property
    def _size(self) -> Pair:
        """Rows and columns of the window."""
        return self.kernel.shape[0], self.kernel.shape[1]

    def _flat(self, of_filters: Array) -> Array:
        """Kernel (kh, kw, c_in, c_out) or output (n, oh, ow, c_out) as a matrix, a column for each filter."""
        return of_filters.reshape(-1, self.kernel.shape[3])

    def _columns(self, x: Array) -> Array:
        """The windows that the filters see, (n * oh * ow, kh * kw * c_in)."""
        return im2col(x, self._size, self.strides, self.padding, self.dilation)

    def forward(self, x: Array) -> Array:
        """y (n, oh, ow, c_out).

        1. Windows of x (n, h, w, c_in), a row each: (n * oh * ow, kh * kw * c_in).
        2. Kernel, a column for each filter: (kh * kw * c_in, c_out).
        3. Their product, each window times each filter: (n * oh * ow, c_out); plus the bias (c_out,).
        4. Back on the grid: (n, oh, ow, c_out).
        """
        y = self._columns(x) @ self._flat(self.kernel) + self.bias
        return y.reshape(len(x), *grid(x.shape, self._size, self.strides, self.padding, self.dilation), -1)

    def backward(self, x: Array, grad: Array) -> Array:
        """ds/dx (n, h, w, c_in) from grad = ds/dy (n, oh, ow, c_out). The values of x do not matter.

        1. Gradient, a row for each window: (n * oh * ow, c_out).
        2. Times the transposed kernel (c_out, kh * kw * c_in): ds/dcolumns, (n * oh * ow, kh * kw * c_in).
        3. Added up where the windows were cut: (n, h, w, c_in).
        """
        shares = self._flat(grad) @ self._flat(self.kernel).T
        return col2im(shares, x.shape, self._size, self.strides, self.padding, self.dilation)

    def gradients(self, x: Array, grad: Array) -> tuple[Array, Array]:
        """ds/dkernel (kh, kw, c_in, c_out) and ds/dbias (c_out,) from grad = ds/dy (n, oh, ow, c_out).

        No map needs them, for nothing is trained here. Training would: it takes a small step against them.

        1. Gradient, a row for each window: (n * oh * ow, c_out).
        2. Transposed windows (kh * kw * c_in, n * oh * ow) times it: (kh * kw * c_in, c_out), each weight's
           pixel times gradient, summed over all windows; back in the kernel's shape.
        3. For the bias the sum over all windows: (c_out,).
        """
        rows = self._flat(grad)
        return (self._columns(x).T @ rows).reshape(self.kernel.shape), rows.sum(axis=0)


@dataclass(frozen=True, eq=False)
class GroupedConv2D:
    """Convolutions side by side, each of its own share of the channels and filters, in order.

    kernel (kh, kw, c_in / groups, c_out), bias (c_out,): x (n, h, w, c_in) -> y (n, oh, ow, c_out)
    """

    kernel: Array
    bias: Array
    groups: int
    strides: Pair = (1, 1)
    padding: str = "valid"
    dilation: Pair = (1, 1)

    def _split(self, values: Array) -> list[Array]:
        """The last axis, dealt out to the groups."""
        return np.split(values, self.groups, axis=-1)

    def _convolutions(self) -> list[Conv2D]:
        """One for each group: kernel (kh, kw, c_in / groups, c_out / groups), bias (c_out / groups,)."""
        weights = zip(self._split(self.kernel), self._split(self.bias), strict=True)
        return [Conv2D(*pair, self.strides, self.padding, self.dilation) for pair in weights]

    def forward(self, x: Array) -> Array:
        """Channels (n, h, w, c_in / groups) -> filters (n, oh, ow, c_out / groups), put side by side."""
        pairs = zip(self._convolutions(), self._split(x), strict=True)
        return np.concatenate([group.forward(part) for group, part in pairs], axis=-1)

    def backward(self, x: Array, grad: Array) -> Array:
        """The same the other way: grad (n, oh, ow, c_out / groups) -> (n, h, w, c_in / groups)."""
        triples = zip(self._convolutions(), self._split(x), self._split(grad), strict=True)
        return np.concatenate([group.backward(part, share) for group, part, share in triples], axis=-1)

    def gradients(self, x: Array, grad: Array) -> tuple[Array, Array]:
        """ds/dkernel (kh, kw, c_in / groups, c_out) and ds/dbias (c_out,), of the groups side by side."""
        triples = zip(self._convolutions(), self._split(x), self._split(grad), strict=True)
        kernels, biases = zip(*(group.gradients(part, share) for group, part, share in triples), strict=True)
        return np.concatenate(kernels, axis=-1), np.concatenate(biases)


def depthwise_conv2d(
    kernel: Array, bias: Array, strides: Pair = (1, 1), padding: str = "valid", dilation: Pair = (1, 1)
) -> GroupedConv2D:
    """Depthwise convolution: each channel is a group of its own, with m filters.

    kernel (kh, kw, c, m), bias (c * m,): x (n, h, w, c) -> y (n, oh, ow, c * m), the m filters of the first
    channel before those of the second. As groups of one channel the kernel is (kh, kw, 1, c * m).
    """
    kh, kw, channels, m = kernel.shape
    flat = kernel.reshape(kh, kw, 1, channels * m)
    return GroupedConv2D(flat, bias, channels, strides, padding, dilation)
