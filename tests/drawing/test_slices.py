"""Volumes as one picture: which slice comes first, which others are drawn, and what each shows."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.enlarging import enlarge
from xai_cam.drawing.figure import draw_figure
from xai_cam.drawing.overlay import OverlayStyle, draw_heatmap, draw_overlay
from xai_cam.drawing.slices import (
    GAP,
    MOST,
    across,
    describe_slices,
    drawn_order,
    flat,
    in_drawn_order,
    montage,
    peak_plane,
    plane_of,
)
from xai_cam.images.picture import Region

SIZE = (6, 10, 8)
WHOLE = Region.whole(SIZE)
STYLE = OverlayStyle("turbo", "constant", 1.0)


def volume(size: tuple[int, ...] = SIZE) -> np.ndarray:
    """Slices of one grey each, the first the darkest."""
    greys = np.linspace(10, 250, size[0]).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (*size, 3)).copy()


def peak_in(plane: int, planes: int = 3) -> np.ndarray:
    found = np.zeros((planes, 5, 4), np.float32)
    found[plane, 1, 2] = 1
    return found


def tiles(picture: np.ndarray, count: int, size: tuple[int, int] = SIZE[1:]) -> list[np.ndarray]:
    """The slices in a picture of one row of them."""
    return [picture[:, i * (size[1] + GAP) :][:, : size[1]] for i in range(count)]


@pytest.mark.parametrize(
    ("cell", "region", "plane"),
    [
        (0, WHOLE, 1),  # cells of two planes each: the middle of the first is between planes 0 and 1
        (2, WHOLE, 5),
        (0, Region(0, 0, 10, 8, 3, 6), 3),  # only the planes from 3 on
        (0, Region(0, 0, 10, 8, 6, 0), 5),  # from back to front
        (2, Region(0, 0, 10, 8, 0, 60), 5),  # the middle lies beyond the volume
    ],
)
def test_the_plane_of_the_peak(cell: int, region: Region, plane: int):
    assert peak_plane(peak_in(cell), region, SIZE[0]) == plane
    assert peak_plane(-peak_in(cell), region, SIZE[0]) == plane  # of signed maps the furthest from 0


def test_planes_of_a_map_lie_between_its_own():
    ramp = np.arange(3, dtype=np.float32)[:, None, None] * np.ones((1, 5, 4), np.float32)
    # Centres of 6 planes at 0.5 … 5.5, of 3 cells at 1, 3, 5; beyond the outermost they go on.
    found = [plane_of(ramp, WHOLE, 6, number)[0, 0] for number in range(6)]
    np.testing.assert_allclose(found, [0, 0.25, 0.75, 1.25, 1.75, 2])
    part = Region(0, 0, 10, 8, 0, 3)
    assert not plane_of(ramp + 1, part, 6, 4).any()  # nothing where the map does not reach


def test_the_order_of_slices():
    assert drawn_order(4, 2) == [2, 0, 1, 3]
    many = drawn_order(101, 50)
    assert len(many) == MOST and many[0] == 50 and many[1] == 0 and many[-1] == 100
    assert many[1:] == sorted(set(many[1:])) and 50 not in many[1:]


def test_few_slices_are_a_strip_and_many_rows():
    assert across(5, (10, 10)) == 5
    assert across(16, (10, 10)) == 4 and across(15, (10, 10)) == 5 and across(11, (10, 10)) == 4
    assert across(16, (10, 40)) == 2 and across(9, (400, 10)) == 9


def test_an_overlay_is_drawn_slice_by_slice():
    pixels, saliency = volume(), peak_in(2)
    drawn = tiles(draw_overlay(pixels, saliency, style=STYLE), 6)
    for number, tile in zip((5, 0, 1, 2, 3, 4), drawn, strict=True):
        alone = draw_overlay(pixels[number], plane_of(saliency, WHOLE, 6, number), Region(0, 0, 10, 8), STYLE)
        np.testing.assert_array_equal(tile, alone)
    assert (drawn[1] == pixels[0]).all() and not (
        drawn[0] == pixels[5]
    ).all()  # nothing to show, and the peak
    heat = tiles(draw_heatmap(saliency, WHOLE, SIZE), 6)
    assert (heat[0][3, 5] != heat[0][9, 0]).any()


def test_a_blank_map_leaves_the_slices_as_they_are():
    blank = np.zeros((3, 5, 4), np.float32)
    drawn = draw_overlay(volume(), blank, style=STYLE)
    np.testing.assert_array_equal(drawn, in_drawn_order(volume(), blank, WHOLE))


def test_slices_in_their_own_order():
    for number, tile in enumerate(tiles(flat(volume()), 6)):
        assert (tile == volume()[number]).all()
    assert flat(volume((40, 4, 4))).shape == (4 * 4 + 3 * GAP, 4 * 4 + 3 * GAP, 3)  # 16 of them
    picture = volume()[0]
    assert flat(picture) is picture and in_drawn_order(picture, np.ones((2, 2)), WHOLE) is picture


def test_slices_are_numbered_where_there_is_room():
    large, small = np.zeros((48, 48, 3), np.uint8), np.zeros((20, 20, 3), np.uint8)
    assert montage([large], [7]).any() and not montage([small], [7]).any()
    assert (montage([large], [7]) != montage([large], [8])).any()


def test_a_volume_is_enlarged_within_its_slices():
    large, region = enlarge(volume(), Region(1, 0, 9, 8, 0, 6), 3)
    assert large.shape == (6, 30, 24, 3) and region == Region(3, 0, 27, 24, 0, 6)


def test_a_figure_has_peak_and_box_in_the_first_slice():
    pixels, saliency = volume((4, 20, 20)), peak_in(1)
    plain = draw_figure(pixels, saliency, caption=["title"])
    marked = draw_figure(pixels, saliency, caption=["title"], peak=True, box=(2, 2, 9, 9))
    changed = np.flatnonzero((plain != marked).any(axis=(0, 2)))
    assert len(changed) and changed.max() < plain.shape[1] / 3  # four slices in a row, three such rows
    assert (draw_figure(pixels, saliency, grid=True) != draw_figure(pixels, saliency)).any()


def test_words_on_the_slices():
    assert describe_slices((6, 9, 9), peak_in(2), WHOLE) == (
        "Slice 5 of 0 to 5 first, where the map is highest, then the others in their order"
    )
    line = describe_slices((100, 9, 9), np.zeros((3, 5, 4)), Region.whole((100, 9, 9)))
    assert "highest" not in line and "15 of the others" in line
