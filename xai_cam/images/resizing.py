"""Linear resizing as matrix products, axis by axis, in pure NumPy: small maps to many pixels."""

from __future__ import annotations

from collections.abc import Sequence

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


def matrices(
    size: Sequence[int], cells: Sequence[int], spans: Sequence[tuple[float, float]], beyond: bool = False
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What `interpolation_matrix` gives for each axis of a map whose cells lie in `spans` of the pixels."""
    each = zip(size, cells, spans, strict=True)
    return [interpolation_matrix(pixels, count, *span, beyond) for pixels, count, span in each]


def interpolated(values: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    """A map (h, w), or (d, h, w), with each axis resized by its matrix."""
    *before, rows, columns = weights
    found = values.astype(np.result_type(np.float32, *weights), copy=False)
    for matrix in before:  # of planes: linear in the third direction as well
        found = np.tensordot(matrix, found, 1)
    return np.asarray(rows @ found @ columns.T)


def resize(values: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """A map (h, w) at the size (H, W), or (d, h, w) at (D, H, W), float32; linear, half-pixel centres.

    Equal neighbours give equal pixels: noise of the last digit would rank them.
    """
    weights = [
        interpolation_matrix(pixels, cells)[0].astype(np.float64)
        for pixels, cells in zip(size, values.shape, strict=True)
    ]
    # Sums of 1 in double precision: float32 rounds the rest away
    weights = [one / one.sum(axis=1, keepdims=True) for one in weights]
    return interpolated(values.astype(np.float64), weights).astype(np.float32)


def resize_nearest(
    values: np.ndarray, size: Sequence[int], spans: Sequence[tuple[float, float]] | None = None
) -> np.ndarray:
    """An array (h, w) at the size (H, W): each pixel has the value of the cell that its centre lies in.

    The cells lie in `spans` of the pixels, default all; pixels beside them are 0.
    """
    spans = spans or [(0, pixels) for pixels in size]
    places = [
        np.floor((np.arange(pixels) + 0.5 - start) * cells / (stop - start)).astype(int)
        for pixels, cells, (start, stop) in zip(size, values.shape, spans, strict=True)
    ]
    inside = [(at >= 0) & (at < cells) for at, cells in zip(places, values.shape, strict=True)]
    found = np.zeros(tuple(size), values.dtype)
    found[np.ix_(*inside)] = values[np.ix_(*(at[kept] for at, kept in zip(places, inside, strict=True)))]
    return found
