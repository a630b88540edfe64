"""Sheets of many tiles: tiles and numbers in their places, sheets of bounded size."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.kernels.contact_sheet import LARGEST, Layout, compose, draw_tiles, lay_out

SHAPES = [
    (1, 1, 1, 1),
    (1, 1, 99, 99),
    (7, 3, 1, 9),
    (64, 64, 3, 3),
    (2000, 1, 3, 3),
    (2000, 1, 15, 15),
    (1280, 320, 1, 1),
    (2, 5000, 1, 1),
    (10_000, 1, 3, 3),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sheets_are_bounded_and_hold_what_they_can(shape: tuple[int, int, int, int]) -> None:
    groups, tiles, height, width = shape
    layout = lay_out(groups, tiles, height, width)
    blue = np.array((0, 90, 200), np.uint8)  # no letter and no line has it
    shown = np.tile(blue, (min(groups, layout.groups), layout.tiles, height, width, 1))
    pixels = draw_tiles(shown, [""] * len(shown), layout)
    assert max(pixels.shape) <= LARGEST + 50
    assert layout.columns <= groups and (layout.rows - 1) * layout.columns < groups
    if groups * tiles <= 70_000 and tiles < 1000:
        assert layout.groups >= groups and layout.tiles == tiles
    else:
        assert min(groups, layout.groups) * layout.tiles * (height + 1) * (width + 7) > LARGEST
    assert (pixels == blue).all(axis=-1).sum() == shown[..., 0].size * layout.factor**2


@pytest.mark.parametrize("groups", [4, 16, 32, 100, 1000])
def test_a_sheet_is_about_as_wide_as_high(groups: int) -> None:
    layout = lay_out(groups, 1, 3, 3)
    assert 0.6 <= layout.columns / layout.rows <= 1.7
    assert layout.numbered == (groups <= 100) or groups > 1000


def test_groups_that_do_not_fit_are_left_out() -> None:
    layout = lay_out(100_000, 1, 64, 64)
    step = 64 + 2 + 6
    assert layout.columns * step <= LARGEST < (layout.columns + 1) * step
    pixels = draw_tiles(np.zeros((1, 1, 64, 64, 3), np.uint8), ["0"], layout)
    assert max(pixels.shape) <= LARGEST + 50


def test_groups_stand_row_by_row_with_lines_around_their_tiles() -> None:
    """Two groups of two tiles of 1 x 2 cells, each cell 5 x 5 pixels."""
    layout = Layout(factor=5, columns=2, rows=1, tiles=2, numbered=False, lettered=False)
    colours = np.arange(1, 5, dtype=np.uint8).reshape(2, 2, 1, 1, 1) * np.ones((1, 1, 1, 2, 3), np.uint8)
    pixels = draw_tiles(colours, ["0", "1"], layout)
    step = 2 * 5 + 2 + 6  # lines on both sides, and the gap
    assert pixels.shape == (2 * 6 + 1 + 6, 2 * step, 3)
    for group in range(2):
        for tile in range(2):
            top, left = 1 + tile * 6, 1 + group * step
            assert (pixels[top : top + 5, left : left + 10] == 1 + 2 * group + tile).all()
            assert (pixels[top - 1, left - 1 : left + 11] == 150).all()
        assert (pixels[:13, group * step] == 150).all()
    assert (pixels[13:] == 255).all()


def test_numbers_stand_above_groups_or_at_the_left() -> None:
    tile = np.zeros((1, 1, 4, 4, 3), np.uint8)
    numbered = draw_tiles(tile, ["7"], Layout(5, 1, 1, 1, True, False))
    assert (numbered[:14] < 128).any() and (numbered[15:35, 1:21] == 0).all()
    counted = draw_tiles(tile, ["7"], Layout(5, 1, 1, 1, False, False))
    assert (counted[1:21, 37:57] == 0).all() and (counted[:, :36] < 128).any()
    lettered = draw_tiles(tile.repeat(2, axis=1), ["7"], Layout(5, 1, 1, 2, False, True))
    for top in (1, 22):  # each tile beside its number
        assert (lettered[top : top + 20, 27:47] == 0).all() and (lettered[top : top + 20, :26] < 128).any()


def test_a_sheet_has_its_title_above_the_tiles_and_their_scale() -> None:
    tiles = np.full((200, 300, 3), 77, np.uint8)
    shades = np.array([[0, 0, 255], [255, 0, 0]], np.uint8)
    short, long = (compose([title], tiles, shades, [(0, "low")]) for title in ("One line", "word " * 40))
    assert short.shape[1] == 540 + 2 * 12 == long.shape[1]
    assert len(long) > len(short) > 200 + 2 * 12
    top, left = np.argwhere((short == 77).all(axis=-1))[0]
    assert (short[top : top + 200, left : left + 300] == 77).all() and top > 12 + 15
    assert (short[:top] < 128).any()  # the title
    bar = short[top : top + 200, left + 300 + 12 :]
    blue, red = ((bar == shade).all(axis=-1).any(axis=1).nonzero()[0] for shade in shades)
    assert blue.min() > red.max()  # the first shade at the foot


def test_ticks_stand_below_the_lowest_tiles_and_beside_the_first() -> None:
    """Three tiles of 100 in two columns: the right column ends one row higher."""
    layout = Layout(1, 2, 2, 1, numbered=True, lettered=False)
    tiles = np.full((3, 1, 100, 100, 3), 200, np.uint8)
    plain = draw_tiles(tiles, list("012"), layout)
    ticked = draw_tiles(tiles, list("012"), layout, [(0.25, "a"), (0.75, "b")])
    assert ticked.shape == (plain.shape[0] + 18, plain.shape[1] + 36, 3)
    marks = (ticked == 90).all(axis=-1)
    starts = [(y, x) for y, x in np.argwhere(marks).tolist() if not marks[y - 1, x] and not marks[y, x - 1]]
    first, second = 14 + 1, 14 + 101 + 7 + 14 + 1  # numbers, line; tile, line, gap, numbers, line
    left, right = 36 + 1, 36 + 1 + 108
    expected = [(top + share, 32) for top in (first, second) for share in (25, 75)]
    expected += [(first + 101, right + share) for share in (25, 75)]
    expected += [(second + 101, left + share) for share in (25, 75)]
    assert sorted(starts) == sorted(expected)
