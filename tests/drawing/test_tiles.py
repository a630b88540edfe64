"""Arrays as small pictures: colours at known places, whole cells, places in a grid."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing import tiles
from xai_cam.drawing.tiles import (
    Grid,
    centred,
    draw_dead,
    draw_kernels,
    draw_map,
    enlarge_cells,
    fit_tile,
    strongest,
    tile_shape,
)

DARK, BRIGHT = (68, 1, 84), (253, 231, 37)
"""Ends of viridis, as its authors published it."""

BLUE, WHITE, RED = (5, 48, 97), (247, 247, 247), (103, 0, 31)
"""Ends and middle of RdBu, as ColorBrewer publishes it."""


def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= 2)


def test_cells_of_a_grid_go_row_by_row() -> None:
    grid = Grid(columns=3, rows=2, cell=(10, 20))
    assert grid.size == (20, 60)
    assert [grid.place(n) for n in range(5)] == [(0, 0), (0, 20), (0, 40), (10, 0), (10, 20)]


def test_pixels_become_squares() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    large = enlarge_cells(pixels, 3)
    assert large.shape == (1, 6, 6, 3)
    for row in range(6):
        for column in range(6):
            assert (large[0, row, column] == pixels[0, row // 3, column // 3]).all()


def test_a_picture_stands_in_the_middle_on_white() -> None:
    found = centred(np.zeros((2, 3, 3), np.uint8), (5, 4))
    expected = np.full((5, 4, 3), 255)
    expected[1:3, 0:3] = 0
    assert (found == expected).all()
    assert centred(np.zeros((6, 3, 3), np.uint8), (5, 4)).shape == (6, 4, 3)  # a room grows


@pytest.mark.parametrize(
    ("shape", "side", "expected"),
    [
        ((7, 7), 84, (84, 84)),
        ((7, 7), 100, (98, 98)),
        ((30, 60), 120, (60, 120)),
        ((224, 112), 112, (112, 56)),
        ((1, 100), 100, (12, 100)),
        ((100, 3), 200, (200, 12)),
    ],
)
def test_cells_of_a_small_map_have_one_size(
    shape: tuple[int, int], side: int, expected: tuple[int, int]
) -> None:
    assert tile_shape(shape, side) == expected


def test_a_picture_is_fitted_by_whole_cells_or_by_means() -> None:
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert (fit_tile(small, 25) == enlarge_cells(small, 12)).all()
    means = np.zeros((100, 100))
    means[:, ::2] = 10
    assert fit_tile(means, 50).shape == (50, 50) and (fit_tile(means, 50) == 5).all()


def test_a_map_runs_from_the_dark_to_the_bright_end() -> None:
    tile = draw_map(np.array([[2.0, 5.0], [3.5, 2.0]]), 40, 2, 5, "viridis")
    assert tile.shape == (40, 40, 3)
    for rows, columns, colour in ((0, 0, DARK), (0, 1, BRIGHT), (1, 1, DARK)):
        cell = tile[rows * 20 : rows * 20 + 20, columns * 20 : columns * 20 + 20]
        assert near(cell, colour)
    assert near(tile[20:, :20], (33, 145, 140))  # the middle of viridis


def test_values_below_0_are_blue_and_those_above_red() -> None:
    tile = draw_map(np.array([[-4.0, 0.0, 4.0]]), 30, -4, 4, None)
    assert near(tile[:, :10], BLUE) and near(tile[:, 10:20], WHITE) and near(tile[:, 20:], RED)


def test_a_large_map_is_drawn_as_the_means_of_its_cells() -> None:
    values = np.zeros((200, 200))
    values[::2] = 1  # half of each cell of 2 x 2
    tile = draw_map(values, 100, 0, 1, "viridis")
    assert tile.shape == (100, 100, 3) and near(tile, (33, 145, 140))


def test_cells_are_coloured_before_they_are_enlarged(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured: list[int] = []
    monkeypatch.setattr(tiles, "colour", lambda v, _: coloured.append(v.size) or np.zeros((2, 3, 3)))
    draw_map(np.zeros((2, 3)), 90, 0, 1, "viridis")
    assert coloured == [6], "cells, and not the pixels of the tile"


def test_a_map_of_one_value_has_a_colour() -> None:
    assert near(draw_map(np.zeros((2, 2)), 20, 0, 0, None), WHITE)
    assert near(draw_map(np.full((2, 2), 3.0), 20, 3, 3, "viridis"), DARK)


def test_a_dead_tile_has_grey_lines_that_lean_to_the_left() -> None:
    tile = draw_dead((4, 8), 48)
    assert tile.shape == (24, 48, 3) and set(np.unique(tile)) == {176, 232}
    for row in range(24):
        for column in range(48):
            assert tile[row, column, 0] == (176 if (row + column) % 12 < 2 else 232)


def test_kernels_lie_row_by_row_in_signed_colours() -> None:
    kernels = np.zeros((3, 2, 2), np.float32)
    kernels[0, 0, 0], kernels[1, 1, 1], kernels[2, 0, 1] = 1, -1, 0.5
    drawn = draw_kernels(kernels, 100, 1)
    height, width = drawn.shape[:2]
    assert 80 <= height <= 100 and 80 <= width <= 100
    half = width // 2
    assert near(drawn[5, 5], RED) and near(drawn[5, half - 12], WHITE)
    assert near(drawn[height // 2 - 12, width - 5], BLUE) and near(drawn[5, half + 12], WHITE)
    assert near(drawn[height // 2 + 12, half - 12], (229, 131, 104))  # 0.5: between those of 0.4 and 0.6
    assert (drawn[-1, -1] == 255).all()  # the place of a fourth one


def test_of_many_kernels_those_of_the_largest_energy_are_drawn_in_their_order() -> None:
    kernels = np.full((100, 1, 1), 1e-3, np.float32)
    kernels[10:90:2] = 1.0
    kernels[11:59:2] = -1.0
    drawn = draw_kernels(kernels, 96, 1)
    cells = drawn[4::12, 4::12][:8, :8].reshape(-1, 3)
    assert near(cells[0], RED) and near(cells[1], BLUE) and near(cells[-1], RED)


def test_the_strongest_kernels_are_those_of_the_largest_sum_of_squares() -> None:
    kernels = np.random.default_rng(0).normal(size=(90, 2, 3)).astype(np.float32)
    energies = [float((kernel.astype(float) ** 2).sum()) for kernel in kernels]
    best = sorted(sorted(range(90), key=lambda i: -energies[i])[:64])
    assert (strongest(kernels) == kernels[best]).all()
    assert strongest(kernels[:64]) is not None and len(strongest(kernels[:64])) == 64
