"""Bilinear resizing: weights worked out by hand, and the loops of the reference."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.resize import resize as resize_by_loops
from xai_cam.images.resizing import interpolation_matrix, resize

# --- Weights along one axis --------------------------------------------------------------------------


def test_two_cells_to_four_pixels() -> None:
    """Pixel centres lie at -1/4, 1/4, 3/4 and 5/4 cells from the first cell's centre."""
    weights, inside = interpolation_matrix(4, 2)
    assert weights.tolist() == [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    assert inside.all() and weights.dtype == np.float32


def test_as_many_pixels_as_cells_is_the_identity() -> None:
    assert interpolation_matrix(3, 3)[0].tolist() == np.eye(3).tolist()


def test_fewer_pixels_than_cells_take_the_nearest_two() -> None:
    """Four cells to two pixels: centres at 1/2 and 5/2 cells from the first cell's centre."""
    assert interpolation_matrix(2, 4)[0].tolist() == [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]


def test_one_cell_gives_every_pixel_its_value() -> None:
    assert interpolation_matrix(3, 1)[0].tolist() == [[1], [1], [1]]


def test_cells_may_cover_a_part_of_the_pixels() -> None:
    """Two cells over pixels 1 and 2 of four: the others are outside and get nothing."""
    weights, inside = interpolation_matrix(4, 2, 1, 3)
    assert inside.tolist() == [False, True, True, False]
    assert weights.tolist() == [[0, 0], [1, 0], [0, 1], [0, 0]]


def test_a_centre_on_the_border_is_inside() -> None:
    assert interpolation_matrix(4, 1, 0.5, 2.5)[1].tolist() == [True, True, True, False]


def test_cells_may_reach_beyond_the_pixels() -> None:
    """Two cells from -2 to 2 over two pixels: centres at 3/4 and 5/4 cells from the first cell's centre."""
    assert interpolation_matrix(2, 2, -2, 2)[0].tolist() == [[0.25, 0.75], [0, 1]]


# --- Maps --------------------------------------------------------------------------------------------


def test_a_map_by_hand() -> None:
    """Rows and columns are mixed by 1, 3/4, 1/4 and 0."""
    expected = [[0, 1, 3, 4], [2, 3, 5, 6], [6, 7, 9, 10], [8, 9, 11, 12]]
    assert resize(np.array([[0, 4], [8, 12]], np.float32), (4, 4)).tolist() == expected


@pytest.mark.parametrize("size", [(14, 21), (7, 9), (5, 4), (7, 30), (1, 1)])
def test_a_map_equals_the_loops(size: tuple[int, int]) -> None:
    values = np.random.default_rng(2).normal(size=(7, 9)).astype(np.float32)
    resized = resize(values, size)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, resize_by_loops(values, size), atol=1e-6)


def test_a_flat_map_stays_flat() -> None:
    assert len(np.unique(resize(np.full((7, 7), np.float32(0.7)), (224, 224)))) == 1


def test_a_plateau_keeps_one_rank() -> None:
    """The centre of column 3 lies at 112 of 224 pixels; from there on all pixels are equal."""
    plateau = np.zeros((7, 7), np.float32)
    plateau[:, 3:] = np.float32(0.7)
    assert len(np.unique(resize(plateau, (224, 224))[:, 112:])) == 1


def test_values_that_are_not_finite_are_not_hidden() -> None:
    assert np.isnan(resize(np.array([[np.nan]], np.float32), (2, 2))).all()


def test_volumes_are_resized_plane_by_plane_and_across() -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    within = np.stack([resize(plane, (8, 6)) for plane in values])
    across = np.stack(
        [resize(np.stack([line, line], 1), (7, 2))[:, 0] for line in within.reshape(3, -1).T], 1
    )
    np.testing.assert_allclose(resize(values, (7, 8, 6)), across.reshape(7, 8, 6), atol=1e-5)
