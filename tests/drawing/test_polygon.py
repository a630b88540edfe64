"""Polygons around masks: filled again by the rule of even and odd they are the mask."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import regions as oracle
from xai_cam.drawing.polygon import polygon_of


@pytest.mark.parametrize("seed", range(10))
def test_filled_it_is_the_mask(seed: int) -> None:
    """Noise: parts that touch in corners, holes, and holes at the corners of others."""
    noise = np.random.default_rng(seed).random((9, 12)) < 0.4 + 0.05 * seed
    for part in oracle.parts(noise)[:3]:
        x0, y0, x1, y1 = oracle.box(part)
        mask = np.zeros((9, 12), bool)
        mask[tuple(zip(*part, strict=True))] = True
        found = polygon_of(mask[y0:y1, x0:x1], x0, y0, tolerance=0)
        np.testing.assert_array_equal(oracle.filled(found, 9, 12), mask)


def test_by_hand() -> None:
    corners = polygon_of(np.ones((2, 3), bool), 10, 20)
    assert sorted(zip(corners[::2], corners[1::2], strict=True)) == [(10, 20), (10, 22), (13, 20), (13, 22)]
    assert len(polygon_of(np.ones((1, 1), bool))) == 8


def test_of_a_large_mask_corners_are_left_out() -> None:
    y, x = np.mgrid[:60, :80]
    disc = (x - 39.5) ** 2 / 38**2 + (y - 29.5) ** 2 / 28**2 <= 1
    rows, columns = np.flatnonzero(disc.any(1)), np.flatnonzero(disc.any(0))
    crop = disc[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    exact, near = polygon_of(crop, tolerance=0), polygon_of(crop)
    assert len(near) < len(exact) / 2
    height, width = crop.shape
    assert min(near) >= 0 and max(near[::2]) <= width and max(near[1::2]) <= height
    assert (oracle.filled(near, height, width) != crop).sum() < 0.02 * crop.sum()


@pytest.mark.parametrize("thick", [1, 2])
@pytest.mark.parametrize("flip", [False, True])
def test_a_thin_diagonal_is_no_line(thick: int, flip: bool) -> None:
    """Its corners are all within the tolerance of one line."""
    mask = np.tri(40, k=thick - 1, dtype=bool) & ~np.tri(40, k=-1, dtype=bool)
    found = polygon_of(mask[:, ::-1] if flip else mask)
    x, y = np.array(found[::2]), np.array(found[1::2])
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert len(found) >= 6 and area > mask.sum() / 2
