"""How tiles are laid out: legible, bounded, in rows and columns that hold them."""

from __future__ import annotations

import pytest

from xai_cam.features.layout import INNER, LINE, MAX_PIXELS, OUTER, Shape, lay_out


@pytest.mark.parametrize(
    ("channels", "size"), [(2048, 7), (64, 224), (1, 7), (16, 24), (512, 14), (3, 1000), (257, 2)]
)
def test_all_channels_have_room_in_a_legible_figure(channels: int, size: int) -> None:
    layout = lay_out([Shape(channels, ((size, size),))])
    assert layout.shown == (channels,) and layout.rows * layout.columns[0] >= channels
    assert 84 <= layout.tile[0] <= 224
    height, width = layout.rows * layout.cell_height, layout.block_width(0, 1)
    assert height * width <= MAX_PIXELS * 1.05
    assert 0.5 <= width / height <= 3.5 or channels <= 3
    assert layout.cell_height == layout.tile[0] + LINE + OUTER


def test_what_has_no_room_is_left_out_from_the_end() -> None:
    assert lay_out([Shape(2048, ((7, 7),))], lines=2).shown == (2048,)
    layout = lay_out([Shape(2048, ((7, 7),) * 3, True), Shape(100, ((7, 7),))])
    assert layout.shown[1] == 100 and 300 < layout.shown[0] < 2048
    height = layout.rows * layout.cell_height
    assert height * (layout.block_width(0, 4) + layout.block_width(1, 1)) <= MAX_PIXELS * 1.1


def test_cells_hold_the_tiles_of_a_channel_and_their_captions() -> None:
    layout = lay_out([Shape(10, ((7, 7), (7, 7)), kernels=True)], lines=2)
    height, width = layout.tile
    assert layout.cell_height == height + 2 * LINE + OUTER
    assert layout.cell_width(3) == 3 * width + 2 * INNER + OUTER
    grid = layout.grid(0, 3)
    assert grid.cell == (layout.cell_height, layout.cell_width(3))
    assert grid.place(grid.columns) == (layout.cell_height, 0)
    assert layout.block_width(0, 3) == grid.columns * layout.cell_width(3) - OUTER


def test_small_maps_are_enlarged_by_whole_factors() -> None:
    for size in (1, 3, 7, 12, 28, 60):
        assert lay_out([Shape(16, ((size, size),))]).side % size == 0


def test_blocks_share_rows_and_the_size_of_tiles() -> None:
    layout = lay_out([Shape(64, ((14, 14),)), Shape(8, ((28, 28),))])
    assert layout.shown == (64, 8)
    for count, columns in zip(layout.shown, layout.columns, strict=True):
        assert (columns - 1) * layout.rows < count <= columns * layout.rows
