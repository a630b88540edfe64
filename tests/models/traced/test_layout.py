"""Axes as products of parts: what a reshape makes of them, worked out by hand."""

from __future__ import annotations

from xai_cam.models.traced.layout import (
    COLUMNS,
    OTHER,
    ROWS,
    Extent,
    Layout,
    Part,
    joined,
    length,
    other,
    reshaped,
    runs,
    ways,
)

IMAGE = Layout(
    (other(2), (Part(ROWS, 6),), (Part(COLUMNS, 4),), other(3)), Extent(0, 60, 6), Extent(0, 40, 4)
)


def test_tokens_and_back():
    tokens = reshaped(IMAGE, (2, 24, 3))
    assert tokens is not None and tokens.axes[1] == (Part(ROWS, 6), Part(COLUMNS, 4))
    assert not tokens.whole(1) and tokens.spatial and tokens.shape == (2, 24, 3)
    assert reshaped(tokens, (2, 6, 4, 3)) == IMAGE


def test_windows_and_back():
    split = reshaped(IMAGE, (2, 3, 2, 2, 2, 3))
    assert split is not None
    assert split.axes[1:5] == (
        (Part(ROWS, 3, 2),),
        (Part(ROWS, 2),),
        (Part(COLUMNS, 2, 2),),
        (Part(COLUMNS, 2),),
    )
    assert not any(split.whole(axis) for axis in range(6))
    assert reshaped(split, (2, 6, 4, 3)) == IMAGE


def test_what_falls_in_between():
    assert reshaped(IMAGE, (2, 5, 5, 3)) is None
    assert reshaped(IMAGE, (2, 24, 2)) is None  # numbers would be left
    mixed = reshaped(IMAGE, (2, 6, 12))
    assert mixed is not None and mixed.whole(1) == ROWS and mixed.whole(2) != ROWS


def test_channels_behind_places_make_cells_finer():
    finer = reshaped(
        Layout((*IMAGE.axes[:2], other(2), *IMAGE.axes[2:]), IMAGE.rows, IMAGE.columns), (2, 12, 4, 3)
    )
    assert finer is not None and finer.axes[1] == (Part(ROWS, 6), Part(OTHER, 2)) and finer.whole(1) == ROWS


def test_only_patches_are_left():
    patches = Layout((other(2), (Part(ROWS, 3, 2), Part(COLUMNS, 2, 2)), other(8)), IMAGE.rows, IMAGE.columns)
    coarse = patches.coarsened()
    assert coarse.axes[1] == (Part(ROWS, 3), Part(COLUMNS, 2))
    assert (coarse.rows.cells, coarse.columns.cells) == (3, 2) and coarse.rows.stop == 60
    assert IMAGE.coarsened() == IMAGE


def test_joined_parts():
    assert joined([Part(ROWS, 3, 2), Part(ROWS, 2), Part(OTHER, 1)]) == (Part(ROWS, 6),)
    assert joined([Part(ROWS, 3), Part(ROWS, 2)]) == (Part(ROWS, 3), Part(ROWS, 2))
    assert joined([Part(OTHER, 3), Part(OTHER, 2)]) == other(6) and length(other(6)) == 6 and other(1) == ()


def test_extents():
    extent = Extent(0, 60, 6)
    assert extent.step == 10 and extent.cut(1, 5, 4) == Extent(10, 50, 4)
    assert extent.cut(-1, 7, 8) == Extent(-10, 70, 8)
    padded = Extent(-10, 70, 8, unpadded=extent)
    assert padded.without_padding(3, 6) == Extent(0, 60, 6)  # used up by a window of 3
    assert padded.without_padding(2, 7) == Extent(-10, 70, 7)  # too much for one of 2
    twice = Extent(-20, 80, 10, unpadded=padded)
    assert twice.without_padding(5, 6) == Extent(0, 60, 6)
    assert twice.without_padding(3, 8) == Extent(-10, 70, 8)  # the outer one alone
    assert extent.apart(Extent(5, 52, 6)) == 8


def test_doubts_and_settling():
    doubted = IMAGE.doubted("roll")
    assert doubted.doubt == "roll" and doubted.doubted("sort").doubt == "roll"
    padded = IMAGE.with_extent(ROWS, Extent(-10, 70, 8, unpadded=IMAGE.rows))
    assert padded.settled().rows == Extent(-10, 70, 8) and padded.extent(ROWS).unpadded


def test_ways_of_an_axis():
    grid = (Part(COLUMNS, 4), Part(ROWS, 6))
    assert ways(grid) == ways((Part(OTHER, 26, grid=grid, before=1),)) == [COLUMNS, ROWS]
    assert ways(other(3)) == [] and not runs(other(3)) and runs(grid)


def test_a_cut_of_what_was_rolled_is_a_doubt():
    cut = IMAGE.cut(ROWS, 1, 3, 2)
    assert cut.rows == Extent(10, 30, 2) and cut.columns == IMAGE.columns and not cut.doubt
    rolled = IMAGE.with_extent(COLUMNS, Extent(0, 40, 4, rolled=0.25))
    assert rolled.cut(COLUMNS, 0, 2, 2).doubt == "roll" and not rolled.cut(ROWS, 0, 2, 2).doubt
