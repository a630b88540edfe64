"""Frequency response of kernels."""

from __future__ import annotations

import numpy as np

FLOOR = -40.0
"""Limit in dB below the largest; weaker values are drawn as this."""


def magnitudes(kernels: np.ndarray, side: int) -> np.ndarray:
    """|H(u, v)| with frequency 0 in the centre, u to the right and v downwards.

        H(u, v) = sum over y, x of k[y, x] exp(-2 pi i (u x + v y)),   u = (column - side // 2) / side,

    v alike of the row, in cycles per pixel: from -1/2, the Nyquist frequency, to just below 1/2. The kernel
    is padded with zeros, which adds points and changes none.

    Parameters
    ----------
    kernels : (..., h, w) float
        Neither side above `side`.
    side : int
        Frequencies along each axis.

    Returns
    -------
    magnitudes : (..., side, side) float64
    """
    return np.abs(np.fft.fftshift(np.fft.fft2(kernels, (side, side)), axes=(-2, -1)))


def decibels(values: np.ndarray, reference: float, floor: float = FLOOR) -> np.ndarray:
    """20 log10(values / reference), not below `floor`; `floor` everywhere where the reference is 0."""
    if reference <= 0:
        return np.full(np.shape(values), floor)
    return 20 * np.log10(np.maximum(np.asarray(values) / reference, 10 ** (floor / 20)))
