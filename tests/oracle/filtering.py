"""A picture filtered by a kernel, one product at a time; and the grey levels that show it.

    answer[i, j, c] = sum over u, v of kernel[c, u, v] * picture[i + u - a, j + v - b, c]

The centre is (a, b) = ((h - 1) // 2, (w - 1) // 2), that of TensorFlow's "same" padding: of h - 1 rows of
padding, the odd one comes after.
"""

from itertools import product

import numpy as np

from .arrays import Array


def place_of(index: int, length: int, border: str) -> int | None:
    """The row or column whose value stands at `index`, which may lie outside; None: there is a 0.

    reflect: the picture mirrored about its outermost pixels, which are not repeated, again and again;
    replicate: the outermost pixel.
    """
    if 0 <= index < length:
        return index
    if border == "zero":
        return None
    if border == "replicate":
        return 0 if index < 0 else length - 1
    if length == 1:
        return 0
    while not 0 <= index < length:
        index = -index if index < 0 else 2 * (length - 1) - index
    return index


def filter_planes(picture: Array, kernels: Array, border: str) -> Array:
    """picture (H, W, c), kernels (c, h, w) -> answer (H, W, c)."""
    height, width, planes = picture.shape
    rows, columns = kernels.shape[1:]
    answer = np.zeros(picture.shape)
    for i, j, c in product(range(height), range(width), range(planes)):
        for u, v in product(range(rows), range(columns)):
            row = place_of(i + u - (rows - 1) // 2, height, border)
            column = place_of(j + v - (columns - 1) // 2, width, border)
            if row is not None and column is not None:
                answer[i, j, c] += kernels[c, u, v] * picture[row, column, c]
    return answer


def grey_level(value: float, black: float, white: float) -> float:
    """Where a value lies between what is shown as 0 and what is shown as 255, before it is rounded."""
    return min(max((value - black) / (white - black), 0.0), 1.0) * 255
