"""Windows of an image: what a convolution and a pooling look through.

A layer with a window of kh x kw pixels puts it on the image at its top left, goes on by the stride to the
right, then down. This file cuts the windows out of the image, as the rows of one matrix (`im2col`, "image to
columns"; here each window is a row), and adds such rows up again where they were cut (`col2im`).

Why a matrix? With it a convolution is one matrix product, and a pooling is a maximum or a mean of the entries
of a row. And the way back is known: `im2col` is linear, so a gradient by columns = im2col(x) becomes one by x
through the transpose of `im2col`, which is `col2im`.

An image of 4 x 4 pixels, one channel:

>>> x = np.arange(1.0, 17).reshape(1, 4, 4, 1)
>>> print(x[0, :, :, 0].astype(int))
[[ 1  2  3  4]
 [ 5  6  7  8]
 [ 9 10 11 12]
 [13 14 15 16]]

Windows of 2 x 2 at stride 2 do not overlap. There are four: top left, top right, bottom left, bottom right.

>>> print(im2col(x, (2, 2), (2, 2), "valid").astype(int))
[[ 1  2  5  6]
 [ 3  4  7  8]
 [ 9 10 13 14]
 [11 12 15 16]]

At stride 1 there are nine, and they overlap: 6 stands in four of them.

>>> print(im2col(x, (2, 2), (1, 1), "valid").astype(int))
[[ 1  2  5  6]
 [ 2  3  6  7]
 [ 3  4  7  8]
 [ 5  6  9 10]
 [ 6  7 10 11]
 [ 7  8 11 12]
 [ 9 10 13 14]
 [10 11 14 15]
 [11 12 15 16]]

So `col2im` of a one for each entry counts how many windows saw each pixel:

>>> print(col2im(np.ones((9, 4)), x.shape, (2, 2), (1, 1), "valid")[0, :, :, 0].astype(int))
[[1 2 2 1]
 [2 4 4 2]
 [2 4 4 2]
 [1 2 2 1]]

Padding says what happens at the edge. "valid" takes only windows that lie inside the image. What then fills
no window is not seen at all: there is one window of 3 x 3 at stride 2, and row 4 and column 4 are left out.

>>> print(im2col(x, (3, 3), (2, 2), "valid").astype(int))
[[ 1  2  3  5  6  7  9 10 11]]

"same" puts a border round the image until there are ceil(size / stride) windows on each axis, here 4 / 2.
Two windows of 3 at stride 2 take 5 pixels, so 1 is missing. The rule is *not* symmetric: half of what is
missing goes before the image, rounded down, and the rest after it. Here that is nothing above and to the
left, one row below and one column to the right.

>>> print(im2col(x, (3, 3), (2, 2), "same").astype(int))
[[ 1  2  3  5  6  7  9 10 11]
 [ 3  4  0  7  8  0 11 12  0]
 [ 9 10 11 13 14 15  0  0  0]
 [11 12  0 15 16  0  0  0  0]]

In one row of pixels: [1 2 3 4] becomes [1 2 3 4 0], with the windows [1 2 3] and [3 4 0].

Dilation r takes every r-th pixel only: a window of 2 x 2 at dilation 3 sees the corners of 4 x 4.

>>> print(im2col(x, (2, 2), (1, 1), "valid", dilation=(3, 3)).astype(int))
[[ 1  4 13 16]]
"""

from itertools import product

import numpy as np

from .arrays import Array, Pair

# --- One axis ------------------------------


def extent(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int, int]:
    """Number of windows along one axis of `size` pixels, and the padding before and after it.

    1. A window reaches over span = (window - 1) * dilation + 1 pixels, and m windows over
       (m - 1) * stride + span.
    2. "valid": nothing is padded; m is the largest number that fits.
    3. "same": m = ceil(size / stride), whatever the window; what is missing is shared between both ends,
       the odd pixel *after* the image (TensorFlow's rule; others put it before).

    Raises
    ------
    ValueError
        The image is smaller than one window without padding, or `padding` is another word.
    """
    span = (window - 1) * dilation + 1
    if padding == "valid":
        if size < span:
            raise ValueError(f"a window over {span} pixels does not fit into {size}")
        return (size - span) // stride + 1, 0, 0
    if padding == "same":
        count = -(-size // stride)  # the quotient, rounded up
        missing = max((count - 1) * stride + span - size, 0)
        return count, missing // 2, missing - missing // 2
    raise ValueError(f"padding {padding!r} is neither 'valid' nor 'same'")


def places(
    size: int, window: int, stride: int, padding: str, dilation: int = 1
) -> list[list[tuple[int, int]]]:
    """For each window of one axis the pairs (place in the window, pixel of the image that stands there).

    This is how the loops of all layers walk. Places on the border have no pixel and are left out:

    >>> places(4, window=3, stride=2, padding="same")
    [[(0, 0), (1, 1), (2, 2)], [(0, 2), (1, 3)]]
    """
    count, before, _ = extent(size, window, stride, padding, dilation)
    found = []
    for i in range(count):
        pixels = [(u, i * stride + u * dilation - before) for u in range(window)]
        found.append([(u, pixel) for u, pixel in pixels if 0 <= pixel < size])
    return found


# --- Both axes ------------------------------


def grid(shape: tuple[int, ...], size: Pair, strides: Pair, padding: str, dilation: Pair = (1, 1)) -> Pair:
    """Rows and columns (oh, ow) of windows on images (n, h, w, c) = `shape`; the layer's output has them."""
    rows, cols = (extent(shape[1 + a], size[a], strides[a], padding, dilation[a])[0] for a in (0, 1))
    return rows, cols


def border(
    shape: tuple[int, ...], size: Pair, strides: Pair, padding: str, dilation: Pair = (1, 1)
) -> tuple[Pair, Pair]:
    """The border of images (n, h, w, c) as ((above, below), (left, right))."""
    vertical, horizontal = (
        extent(shape[1 + a], size[a], strides[a], padding, dilation[a])[1:] for a in (0, 1)
    )
    return vertical, horizontal


def every(stride: int, first: int, count: int) -> slice:
    """`count` positions from `first` on, one stride apart: what all windows see at one of their places."""
    return slice(first, first + count * stride, stride)


def im2col(
    x: Array, size: Pair, strides: Pair, padding: str, dilation: Pair = (1, 1), fill: float = 0.0
) -> Array:
    """All windows of x (n, h, w, c), a row each: (n * oh * ow, kh * kw * c) for windows of `size` (kh, kw).

    1. Pad x to (n, h', w', c) with `fill`.
    2. For each place (u, v) of the window, take what *all* windows see there: every stride-th pixel from
       (u * dilation, v * dilation) on, (n, oh, ow, c). So the loop is as long as a window is large, not as
       long as the image is.
    3. Put side by side: (n, oh, ow, kh, kw, c).
    4. Lay flat: windows image by image and row by row; in a window its pixels row by row, and the channels of
       a pixel side by side. A kernel (kh, kw, c, filters) has its entries in the same order.
    """
    rows, cols = grid(x.shape, size, strides, padding, dilation)
    edges = border(x.shape, size, strides, padding, dilation)
    padded = np.pad(x, ((0, 0), *edges, (0, 0)), constant_values=fill)
    columns = np.empty((x.shape[0], rows, cols, *size, x.shape[3]))
    for u, v in product(range(size[0]), range(size[1])):
        down, across = every(strides[0], u * dilation[0], rows), every(strides[1], v * dilation[1], cols)
        columns[:, :, :, u, v] = padded[:, down, across]
    return columns.reshape(-1, size[0] * size[1] * x.shape[3])


def col2im(
    columns: Array,
    shape: tuple[int, ...],
    size: Pair,
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
) -> Array:
    """Adds windows (n * oh * ow, kh * kw * c) up where `im2col` cut them: (n, h, w, c) = `shape`.

    This is the transpose of `im2col`, not its inverse: a pixel receives the *sum* of its shares from all
    windows that saw it, and 0 if there was none.

    1. Cut up again: (n, oh, ow, kh, kw, c).
    2. Start with zeros for the padded image, (n, h', w', c).
    3. For each place (u, v) of the window, add (n, oh, ow, c) to every stride-th pixel from
       (u * dilation, v * dilation) on.
    4. Drop the border, whose pixels are not the image's: (n, h, w, c).
    """
    n, h, w, c = shape
    rows, cols = grid(shape, size, strides, padding, dilation)
    (above, below), (left, right) = border(shape, size, strides, padding, dilation)
    parts = columns.reshape(n, rows, cols, *size, c)
    padded = np.zeros((n, above + h + below, left + w + right, c))
    for u, v in product(range(size[0]), range(size[1])):
        down, across = every(strides[0], u * dilation[0], rows), every(strides[1], v * dilation[1], cols)
        padded[:, down, across] += parts[:, :, :, u, v]
    return padded[:, above : above + h, left : left + w]


# --- The same as loops ------------------------------


def im2col_loops(
    x: Array, size: Pair, strides: Pair, padding: str, dilation: Pair = (1, 1), fill: float = 0.0
) -> Array:
    """`im2col` window by window: (n * oh * ow, kh * kw * c)."""
    listed = []
    for image in x:
        for rows in places(x.shape[1], size[0], strides[0], padding, dilation[0]):
            for cols in places(x.shape[2], size[1], strides[1], padding, dilation[1]):
                window = np.full((*size, x.shape[3]), fill)
                for (u, row), (v, col) in product(rows, cols):
                    window[u, v] = image[row, col]
                listed.append(window.reshape(-1))
    return np.array(listed)


def col2im_loops(
    columns: Array,
    shape: tuple[int, ...],
    size: Pair,
    strides: Pair,
    padding: str,
    dilation: Pair = (1, 1),
) -> Array:
    """`col2im` window by window, in the same order as `im2col_loops`: (n, h, w, c) = `shape`."""
    x = np.zeros(shape)
    left = iter(columns)
    for image in x:
        for rows in places(shape[1], size[0], strides[0], padding, dilation[0]):
            for cols in places(shape[2], size[1], strides[1], padding, dilation[1]):
                window = next(left).reshape(*size, shape[3])
                for (u, row), (v, col) in product(rows, cols):
                    image[row, col] += window[u, v]
    return x
