"""Frequency responses: values by hand and by the Fourier sum as a loop."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.kernels import response
from xai_cam.kernels.response import decibels, magnitudes


def test_the_response_of_a_box() -> None:
    """1 at frequency 0, nothing at 1/3 cycle per pixel, -1/3 x -1/3 at the corner."""
    found = magnitudes(np.full((3, 3), 1 / 9), 12)
    assert found[6, 6] == pytest.approx(1)
    assert found[6, 10] == pytest.approx(0, abs=1e-12) and found[2, 6] == pytest.approx(0, abs=1e-12)
    assert found[0, 0] == pytest.approx(1 / 9)


@pytest.mark.parametrize("side", [8, 9])
def test_places_of_frequencies(side: int) -> None:
    kernel = np.random.default_rng(11).normal(size=(4, 3))
    found = magnitudes(np.stack([kernel, 2 * kernel]), side)
    for row, column in ((0, 0), (side // 2, side // 2), (1, 6), (7, 2)):
        u, v = (column - side // 2) / side, (row - side // 2) / side
        assert found[0, row, column] == pytest.approx(abs(response(kernel, u, v)))
    np.testing.assert_allclose(found[1], 2 * found[0])


def test_decibels() -> None:
    found = decibels(np.array([2.0, 0.2, 0.002, 0.0]), 2.0)
    np.testing.assert_allclose(found, [0, -20, -40, -40])
    np.testing.assert_allclose(decibels(np.array([0.01]), 1.0, floor=-80), [-40])
    assert decibels(np.zeros(2), 0.0).tolist() == [-40, -40]


def test_a_kernel_turned_or_moved_has_the_same_magnitudes() -> None:
    kernel = np.array([[1.0, 2.0], [3.0, 5.0]])
    expected = magnitudes(kernel, 8)
    np.testing.assert_allclose(magnitudes(np.pad(kernel, ((2, 0), (0, 3))), 8), expected, atol=1e-12)
    np.testing.assert_allclose(magnitudes(-kernel, 8), expected, atol=1e-12)
