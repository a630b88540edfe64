"""Bilinear resizing as matrix products, in pure NumPy: small maps to many pixels."""

from __future__ import annotations

import numpy as np


def interpolation_matrix(
    pixels: int, cells: int, start: float = 0.0, stop: float | None = None, beyond: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Weights that resize `cells` values along one axis to `pixels`, linearly, with half-pixel centres.

    A map A is resized by `rows @ A @ columns.T`. Beyond the outermost cells' centres their values go on.

    Parameters
    ----------
    pixels, cells : int
        Length of the axis after and before.
    start, stop : float
        Where the first cell begins and the last one ends, in pixels; default: 0 and `pixels`. The cells run
        backwards where `start` is the larger one.
    beyond : bool
        Whether the outermost values go on outside, too.

    Returns
    -------
    weights : (pixels, cells) float32
        Each row sums to 1; rows of pixels that lie outside are 0, unless `beyond`.
    inside : (pixels,) bool
        Whether a pixel's centre lies between `start` and `stop`.
    """
    stop = pixels if stop is None else stop
    centres = np.arange(pixels) + 0.5
    inside = (centres >= min(start, stop)) & (centres <= max(start, stop))
    position = np.clip((centres - start) / (stop - start) * cells - 0.5, 0, cells - 1)
    lower = np.minimum(np.floor(position).astype(int), max(cells - 2, 0))
    upper = np.minimum(lower + 1, cells - 1)
    fraction = position - lower
    weights = np.zeros((pixels, cells), np.float32)
    every = np.arange(pixels)
    weights[every, upper] = fraction
    weights[every, lower] += 1 - fraction
    if not beyond:
        weights[~inside] = 0
    return weights, inside


def resize(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map (h, w) at the size (H, W), float32; bilinear, half-pixel centres.

    Equal neighbours give equal pixels: noise of the last digit would rank them.
    """
    rows, columns = (
        interpolation_matrix(pixels, cells)[0].astype(np.float64)
        for pixels, cells in zip(size, values.shape, strict=True)
    )
    rows /= rows.sum(axis=1, keepdims=True)  # to 1 in double precision, so that float32 rounds the rest away
    columns /= columns.sum(axis=1, keepdims=True)
    return np.asarray((rows @ values.astype(np.float64) @ columns.T).astype(np.float32))


def resize_nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An array (h, w) at the size (H, W): each pixel has the value of the cell that its centre lies in."""
    rows, columns = (
        np.minimum(((np.arange(pixels) + 0.5) * cells / pixels).astype(int), cells - 1)
        for pixels, cells in zip(size, values.shape, strict=True)
    )
    return np.ascontiguousarray(values[rows][:, columns])
