"""Bilinear resize with half-pixel centres, what `tf.image.resize` and `cv2.INTER_LINEAR` do.

Pixel i of `n` covers the stretch from i to i + 1, so its centre lies at i + 0.5. The centre of pixel i of the
new `m` pixels lies, on the old grid, at

    position = (i + 0.5) * n / m - 0.5        (counted from the centre of old pixel 0)

and its value is mixed from the old pixels left and right of it. Beyond the first and last centre there is
only one neighbour: it is repeated (the edges are clamped). Nothing is smoothed before a picture is made
smaller.
"""

import math

import numpy as np

from .arrays import Array, Pair


def neighbours(i: int, old: int, new: int) -> tuple[int, int, float]:
    """The two old pixels around the new pixel i on one axis, and the share of the second one, in [0, 1)."""
    position = (i + 0.5) * old / new - 0.5
    below = math.floor(position)
    return max(below, 0), min(below + 1, old - 1), position - below


def resize(image: Array, size: Pair) -> Array:
    """`image` (h, w) or (h, w, k) at `size` (H, W), one output pixel after the other: (H, W) or (H, W, k)."""
    result = np.zeros((*size, *image.shape[2:]))
    for i in range(size[0]):
        top, bottom, down = neighbours(i, image.shape[0], size[0])
        for j in range(size[1]):
            left, right, across = neighbours(j, image.shape[1], size[1])
            above = (1 - across) * image[top, left] + across * image[top, right]
            below = (1 - across) * image[bottom, left] + across * image[bottom, right]
            result[i, j] = (1 - down) * above + down * below
    return result


def resize_matrix(old: int, new: int) -> Array:
    """The resize along one axis as a matrix (new, old): row i holds the old pixels' shares in new pixel i."""
    matrix = np.zeros((new, old))
    for i in range(new):
        first, second, share = neighbours(i, old, new)
        matrix[i, first] += 1 - share
        matrix[i, second] += share
    return matrix


def resize_fast(image: Array, size: Pair) -> Array:
    """The same as `resize`, as two matrix products: rows (H, h) @ image (h, w, k) @ columns (w, W)."""
    rows, columns = resize_matrix(image.shape[0], size[0]), resize_matrix(image.shape[1], size[1])
    return np.einsum("ih,hw...,jw->ij...", rows, image, columns, optimize=True)
