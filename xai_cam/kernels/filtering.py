"""Pictures filtered by a kernel, and how the response is displayed.

A kernel is laid over the picture as it is (correlation, as in a CNN and `cv2.filter2D`) at every pixel: a
layer's strides are left out. Pixels are in [0, 1].
"""

from __future__ import annotations

import numpy as np

BORDERS = ("reflect", "zero", "replicate")
"""Pixels outside a picture: its mirror image about the outermost pixels (reflect101 of OpenCV), 0 (what a
CNN with "same" padding sees), or the outermost pixels again."""

SCALES = ("clip", "symmetric", "stretch")
"""Values shown as black and white: 0 and 1; minus and plus the largest magnitude, so that 0 is mid grey; the
lowest and the highest value."""

SUM_TOLERANCE = 1e-4
"""Kernels whose values sum to 1 but for this keep the brightness of a picture."""


def filter_planes(values: np.ndarray, kernel: np.ndarray, border: str = "reflect") -> np.ndarray:
    """Each plane of a picture filtered by its kernel.

    answer[i, j] = sum over u, v of kernel[u, v] * values[i + u - a, j + v - b], where (a, b) is the kernel's
    centre; of an even number of rows or columns the one above or left of the middle, as in a CNN with
    "same" padding (`cv2.filter2D` by itself takes the other).

    Parameters
    ----------
    values : (H, W, c) float32
        The picture's planes.
    kernel : (1 or c, h, w)
        One for all planes, or one for each.
    border : str
        One of `BORDERS`.

    Returns
    -------
    answer : (H, W, c) float32
    """
    import cv2

    outside = {
        "reflect": cv2.BORDER_REFLECT_101,
        "zero": cv2.BORDER_CONSTANT,  # filter2D's constant is 0
        "replicate": cv2.BORDER_REPLICATE,
    }[border]
    rows, columns = kernel.shape[1:]
    centre = ((columns - 1) // 2, (rows - 1) // 2)
    height, width, count = values.shape
    answer = np.empty((count, height, width), np.float32)
    for plane in range(count):
        one = np.ascontiguousarray(kernel[plane % len(kernel)], np.float64)
        source = np.ascontiguousarray(values[..., plane], np.float32)
        cv2.filter2D(source, cv2.CV_32F, one, answer[plane], anchor=centre, borderType=outside)
    return answer.transpose(1, 2, 0)


def dilate(kernel: np.ndarray, rates: tuple[int, int]) -> np.ndarray:
    """The kernel (…, h, w) that a dilated convolution applies: 0 between its values."""
    height, width = kernel.shape[-2:]
    size = (height - 1) * rates[0] + 1, (width - 1) * rates[1] + 1
    spread = np.zeros((*kernel.shape[:-2], *size), kernel.dtype)
    spread[..., :: rates[0], :: rates[1]] = kernel
    return spread


def sums_to_one(kernel: np.ndarray) -> bool:
    """Whether a kernel leaves an even picture as it is."""
    return bool(abs(float(kernel.sum()) - 1) < SUM_TOLERANCE)


def natural_scale(kernels: np.ndarray, answer: np.ndarray) -> str:
    """The one of `SCALES` that suits the response of these kernels together.

    `clip` where their values sum to 1, `symmetric` where to 0. Else `symmetric` too, but `stretch` where the
    answer reaches on one side of 0 less than a quarter as far as on the other: it would be all dark, or all
    bright.
    """
    if sums_to_one(kernels):
        return "clip"
    if abs(float(kernels.sum())) < SUM_TOLERANCE * float(np.abs(kernels).sum()):
        return "symmetric"
    below, above = max(0.0, -float(answer.min())), max(0.0, float(answer.max()))
    return "stretch" if min(below, above) < max(below, above) / 4 else "symmetric"


def for_display(values: np.ndarray, scale: str) -> np.ndarray:
    """Filter responses as grey levels or colours, all planes on one scale; a constant response is mid grey.

    Parameters
    ----------
    values : (…,) float
        Of one plane or several.
    scale : str
        One of `SCALES`.

    Returns
    -------
    pixels : (…,) uint8
    """
    low, high = 0.0, 1.0
    if scale == "symmetric":
        high = max(0.0, -float(values.min()), float(values.max())) if values.size else 0.0
        low = -high
    elif scale == "stretch":
        low, high = float(values.min()), float(values.max())
    if low >= high:
        return np.full(values.shape, 128, np.uint8)
    levels = values - np.float32(low)
    levels /= np.float32(high - low)
    np.clip(levels, 0, 1, out=levels)
    levels *= 255
    return np.rint(levels, out=levels).astype(np.uint8)
