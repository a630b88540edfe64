"""Marks on pictures: they stand where the map says, and are seen on everything."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.marks import (
    PlacedMask,
    draw_box,
    draw_grid,
    draw_outline,
    draw_peak,
    draw_region,
    peak_of,
    region_strips,
)
from xai_cam.files.strips import strips_of
from xai_cam.images.picture import Region

GREY = np.full((60, 80, 3), 90, np.uint8)


def changed(drawn: np.ndarray, before: np.ndarray = GREY) -> np.ndarray:
    return (drawn != before).any(axis=-1)


@pytest.mark.parametrize(
    ("region", "peak"),
    [
        (Region(0, 0, 60, 80), (45.0, 30.0)),  # cells of 30 x 20: the lower row's, and the second's middle
        (Region(-20, 10, 80, 50), (55.0, 25.0)),
        (Region(60, 80, 0, 0), (15.0, 50.0)),  # mirrored both ways
    ],
)
def test_the_peak_is_the_middle_of_the_highest_cell(region: Region, peak: tuple[float, float]) -> None:
    saliency = np.array([[0, 0.5, 0.1, 0], [0.2, 1, 0.9, 0]], np.float32)
    assert peak_of(saliency, region, (60, 80)) == pytest.approx(peak)


def test_lines_of_a_grid_lie_between_the_cells_and_stay_in_the_region() -> None:
    lines = changed(draw_grid(GREY, (3, 2), Region(0, 20, 60, 60)))
    assert np.flatnonzero(lines[10]).tolist() == [20, 21, 39, 40, 41, 59, 60]
    assert np.flatnonzero(lines[:, 30]).tolist() == [0, 1, 19, 20, 21, 39, 40, 41]  # the last: beyond it
    assert not lines[:, :20].any() and not lines[:, 61:].any()


def test_lines_of_a_grid_are_light_with_dark_edges_on_everything() -> None:
    pixels = np.arange(256, dtype=np.uint8)[None, :, None].repeat(40, 0).repeat(3, 2)
    drawn = draw_grid(pixels, (2, 1), Region(0, 0, 40, 256)).astype(int)[:, 5:-5]
    assert (drawn[20] - drawn[19] >= 70).all() and (drawn[20] - drawn[21] >= 70).all()
    assert (np.diff(drawn[20], axis=0) >= 0).all(), "one style along the whole line"


def test_a_grid_too_fine_for_the_picture_does_not_hide_it() -> None:
    assert not changed(draw_grid(GREY, (40, 40), Region(0, 0, 60, 80))).any()


def test_an_outline_has_a_light_and_a_dark_line_along_its_edge() -> None:
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:60] = True
    drawn = draw_outline(GREY, mask)
    assert {tuple(p) for p in np.unique(drawn.reshape(-1, 3), axis=0).tolist()} == {
        (0, 0, 0),
        (90, 90, 90),
        (255, 255, 255),
    }
    assert changed(drawn)[20, 30:60].all() and changed(drawn)[39, 30:60].all()
    assert not changed(drawn)[24:36, 34:56].any() and not changed(drawn)[:16].any()
    np.testing.assert_array_equal(draw_box(GREY, (30, 20, 60, 40)), drawn)


def test_a_ring_is_drawn_around_the_peak_and_not_over_it() -> None:
    ring = changed(draw_peak(GREY, (30.5, 40.5), radius=10))
    assert not ring[27:34, 37:44].any()
    down, across = np.nonzero(ring)
    assert (down.mean(), across.mean()) == pytest.approx((30, 40))
    assert np.hypot(down - 30, across - 40).max() < 14
    draw_peak(GREY, (-50.0, 500.0))  # outside: nothing to draw, nothing to fail


def test_marks_leave_the_picture_that_is_given_as_it_is() -> None:
    before = GREY.copy()
    draw_peak(GREY, (5, 5))
    draw_box(GREY, (0, 0, 80, 60))
    draw_grid(GREY, (2, 2), Region(0, 0, 60, 80))
    np.testing.assert_array_equal(GREY, before)


def test_a_peak_beside_the_picture_is_drawn_at_its_edge() -> None:
    saliency = np.eye(2, dtype=np.float32)[::-1] * [[1], [2]]  # the highest: below, to the left
    assert peak_of(saliency.astype(np.float32), Region(0, -100, 400, 80), (60, 80)) == (59.5, 0.5)


def test_a_region_lies_in_the_picture_as_a_map_does() -> None:
    """Of what the model saw, rows 10 to 50 and columns -20 to 60 of the picture, the lower right quarter."""
    quarter = np.zeros((4, 4), bool)
    quarter[2:, 2:] = True
    drawn = draw_region(GREY, PlacedMask(quarter, Region(10, -20, 50, 60)))
    rows, columns = (np.flatnonzero(changed(drawn).any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (29, 50, 19, 60), "a dark line outside each edge"
    white = (drawn == 255).all(axis=2)
    assert white[30, 30:59].all() and white[49, 22:59].all() and white[36:50, 20].all()
    assert white[31:50, 59].all() and not changed(drawn)[36:47, 26:57].any()


def test_a_region_has_its_holes_and_ends_at_the_picture() -> None:
    ring = np.ones((20, 20), bool)
    ring[8:12, 8:12] = False
    white = (draw_region(GREY, PlacedMask(ring, Region(0, 0, 60, 80))) == 255).all(axis=2)
    assert white[0].all() and white[:, -1].all(), "along the edges of the picture"
    assert white[20:40, 28:52].any() and not white[5:18, 5:75].any()
    nothing = PlacedMask(np.zeros((3, 3), bool), Region(0, 0, 60, 80))
    np.testing.assert_array_equal(draw_region(GREY, nothing), GREY)


def test_the_larger_the_picture_the_wider_the_edge_of_a_region() -> None:
    half = np.array([[True, False]])
    widths = []
    for side in (100, 560, 1680):
        picture = np.full((80, side, 3), 90, np.uint8)
        row = draw_region(picture, PlacedMask(half, Region(-50, 0, 90, side)))[40]
        near = slice(side // 4, None)  # the left edge lies along the picture's
        widths.append([int((row[near] == ink).all(axis=1).sum()) for ink in (255, 0)])
    assert widths == [[1, 2], [2, 2], [6, 6]]


def test_a_region_is_the_same_strip_by_strip() -> None:
    noise = np.random.default_rng(0).random((9, 7)) > 0.5
    placed = PlacedMask(noise, Region(-5, 80, 70, 0))  # mirrored
    whole = draw_region(GREY, placed)
    strips = region_strips(strips_of(GREY), placed)
    np.testing.assert_array_equal(np.concatenate([strips.rows(i, i + 5) for i in range(0, 60, 5)]), whole)
    np.testing.assert_array_equal(
        draw_region(GREY, PlacedMask(noise, Region(-2.5, 40, 35, 0)).scaled(2, 2)), whole
    )
