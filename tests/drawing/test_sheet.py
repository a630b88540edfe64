"""Contact sheets: groups in their places, on pages that hold what they can."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.panels import Panel
from xai_cam.drawing.sheet import GAP, HEAD, MARGIN, PAGE, SIDE, SheetLayout, draw_sheet, thumbnail


@pytest.mark.parametrize(
    ("pictures", "across", "columns", "rows"),
    [(2, 2, 3, 6), (3, 3, 2, 6), (6, 6, 1, 6), (7, 6, 1, 3), (13, 6, 1, 2), (60, 6, 1, 1)],
)
def test_a_page_holds_what_fits(pictures: int, across: int, columns: int, rows: int) -> None:
    layout = SheetLayout(pictures, 3)
    assert (layout.across, layout.columns, layout.rows) == (across, columns, rows)
    height, width = layout.cell
    assert MARGIN + columns * width <= PAGE[1] and (rows == 1 or MARGIN + HEAD + rows * height <= PAGE[0])
    tile = np.zeros((SIDE, SIDE, 3), np.uint8)
    page = draw_sheet([[Panel(tile, "a\nb\nc")] * pictures] * layout.groups, layout, "title", "page 1")
    assert page.shape[1] == PAGE[1] and page.shape[0] >= PAGE[0]
    assert (page[:, -MARGIN // 2 :] == 255).all() and (page[-MARGIN // 2 :] == 255).all()
    assert (page == 0).all(axis=-1).sum() >= pictures * layout.groups * SIDE**2


def test_groups_stand_left_to_right_and_downwards() -> None:
    layout = SheetLayout(2, 3)
    groups = [[Panel(np.full((SIDE, SIDE, 3), 10 * n + i, np.uint8), "") for i in (1, 2)] for n in range(4)]
    page = draw_sheet(groups, layout, "", "")
    height, width = layout.cell
    for number in range(4):
        top = MARGIN + HEAD + number // 3 * height
        for i in (1, 2):
            left = MARGIN + number % 3 * width + (i - 1) * (SIDE + GAP)
            assert (page[top : top + SIDE, left : left + SIDE] == 10 * number + i).all()


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (3000, 20), (20, 3000), (400, 500)])
def test_thumbnails_fit_into_their_squares(size: tuple[int, int]) -> None:
    small = thumbnail(np.full((*size, 3), 7, np.uint8))
    assert max(small.shape) == SIDE and small.min() == small.max() == 7


def test_the_bar_above_runs_from_left_to_right() -> None:
    shades = np.stack([np.arange(256)] * 3, axis=1).astype(np.uint8)
    head = draw_sheet([], SheetLayout(2, 3), "x" * 500, "page 12", shades)[MARGIN + 10]
    ramp = np.flatnonzero(np.diff(head[:, 0].astype(int)) == 1)
    assert len(ramp) >= 150
