"""Fitting to the model's input and back: a heat map lies where the model looked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oracle.resize import resize
from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.overlay import BLENDS, OverlayStyle, draw_heatmap, draw_overlay, place
from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Picture, Region
from xai_cam.images.readers import read_image


def grey_picture(height: int, width: int, value: int = 100) -> Picture:
    pixels = np.full((height, width, 3), value, np.uint8)
    return Picture(pixels, pixels)


# --- What the model sees -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "fit", "region"),
    [
        ((33, 47), "stretch", Region(0, 0, 33, 47)),
        ((33, 47), "crop", Region(0, 7, 33, 40)),  # a square of 33 in 47 columns: 7 on either side
        ((47, 32), "crop", Region(7.5, 0, 39.5, 32)),
        ((20, 40), "letterbox", Region(-10, 0, 30, 40)),  # 16 columns = 40 pixels; 8 rows, 4 above
        ((40, 20), "letterbox", Region(0, -10, 40, 30)),
        # 16 / 33: 5 rows of 11 / 5 pixels, (16 - 5) // 2 = 5 above and 6 below; 16 columns of 33 / 16
        ((11, 33), "letterbox", Region(-11, 0, 11 / 5 * 11, 33)),
    ],
)
def test_the_region_seen_is_known(size: tuple[int, int], fit: str, region: Region) -> None:
    values, found = fit_picture(grey_picture(*size), (16, 16), 3, fit)
    assert values.shape == (16, 16, 3)
    assert values.dtype == np.float32
    expected = [region.top, region.left, region.bottom, region.right]
    np.testing.assert_allclose([found.top, found.left, found.bottom, found.right], expected, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("fit", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 90), (90, 1), (7, 5), (333, 101)])
def test_any_size_fits_any_input(height: int, width: int, fit: str, channels: int) -> None:
    values, _ = fit_picture(grey_picture(height, width), (13, 9), channels, fit)
    assert values.shape == (13, 9, channels)
    np.testing.assert_allclose(values[values > 0], 100)


def test_a_crop_of_another_shape_than_square() -> None:
    """The input is 10 x 20: of 30 x 30 pixels the middle 15 x 30 are seen."""
    _, region = fit_picture(grey_picture(30, 30), (10, 20), 3, "crop")
    assert region == Region(7.5, 0, 22.5, 30)


def test_a_letterbox_has_black_bars() -> None:
    values, _ = fit_picture(grey_picture(11, 33), (16, 16), 3, "letterbox")
    assert (values[:5] == 0).all()
    np.testing.assert_allclose(values[5:10], 100)
    assert (values[10:] == 0).all()


def test_deep_grey_keeps_its_precision_in_every_fit() -> None:
    ramp = np.linspace(0, 1, 60, dtype=np.float32)[None].repeat(20, 0)  # all of it below one grey level
    picture = Picture(np.zeros((20, 60, 3), np.uint8), ramp)
    for fit in ("stretch", "crop", "letterbox"):
        for channels in (1, 3):
            values, _ = fit_picture(picture, (30, 30), channels, fit)
            assert (np.diff(values[15, :, 0]) > 0).all()


# --- Back to the picture -----------------------------------------------------------------------------


@pytest.mark.parametrize(("cells", "size"), [((2, 2), (5, 7)), ((7, 7), (33, 47)), ((3, 1), (4, 9))])
def test_place_is_the_half_pixel_bilinear_resize(cells: tuple[int, int], size: tuple[int, int]) -> None:
    saliency = np.random.default_rng(0).random(cells, np.float32)
    placed, seen = place(saliency, Region(0, 0, *size), size)
    np.testing.assert_allclose(placed, resize(saliency, size), atol=1e-6)
    assert placed.dtype == np.float32
    assert seen.all()


def test_place_inside_a_region_by_hand() -> None:
    """Two cells over pixels 1 to 5 of 6: centres of the cells at 2 and 4."""
    placed, seen = place(np.array([[0.0, 1.0]], np.float32), Region(0, 1, 1, 5), (1, 6))
    np.testing.assert_allclose(placed, [[0, 0, 0.25, 0.75, 1, 0]])
    np.testing.assert_array_equal(seen, [[False, True, True, True, True, False]])


def test_place_cuts_the_bars_off() -> None:
    """Three rows over pixels -2 to 4 of 2: the picture is the middle row's stretch, 0.25 into the others."""
    column = np.array([[0.0], [1.0], [0.0]], np.float32)
    placed, seen = place(column, Region(-2, 0, 4, 1), (2, 1))
    np.testing.assert_allclose(placed, [[0.75], [0.75]])
    assert seen.all()


@pytest.mark.parametrize("grid", [7, 12])
@pytest.mark.parametrize(
    ("size", "centre"),
    [((301, 501), (203, 180)), ((501, 301), (187, 95)), ((333, 335), (60, 290))],
    ids=["landscape", "portrait", "nearly-square"],
)
@pytest.mark.parametrize("fit", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_bright_square_is_found_again(
    tmp_path: Path, size: tuple[int, int], centre: tuple[int, int], fit: str, orientation: int, grid: int
) -> None:
    """The model's own view, made as small as a map, must peak on the square within one cell."""
    shown = np.full((*size, 3), 20, np.uint8)
    shown[centre[0] - 20 : centre[0] + 21, centre[1] - 20 : centre[1] + 21] = 255
    quarter_turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]  # to the left, undone by the viewer
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.ascontiguousarray(np.rot90(shown, quarter_turns))).save(tmp_path / "a.png", exif=exif)

    picture = read_image(tmp_path / "a.png")
    assert picture.size == size
    values, region = fit_picture(picture, (84, 84), 1, fit)
    cell = 84 // grid
    saliency = values[..., 0].reshape(grid, cell, grid, cell).mean(axis=(1, 3)) / 255
    placed, _ = place(saliency, region, size)

    highest = np.argwhere(placed >= placed.max() - 1e-6).mean(axis=0)
    step = (region.bottom - region.top) / grid, (region.right - region.left) / grid
    assert abs(highest[0] - centre[0]) <= step[0]
    assert abs(highest[1] - centre[1]) <= step[1]


def test_outside_the_crop_the_picture_stays() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (21, 40, 3), np.uint8)
    _, region = fit_picture(Picture(pixels, pixels), (8, 8), 3, "crop")
    overlay = draw_overlay(pixels, np.ones((4, 4), np.float32), region, OverlayStyle(opacity=1.0))
    # The crop's columns run from 9.5 to 30.5
    np.testing.assert_array_equal(overlay[:, :9], pixels[:, :9])
    np.testing.assert_array_equal(overlay[:, 31:], pixels[:, 31:])
    assert (overlay[:, 10:30] == overlay[0, 10]).all()


# --- Colours -----------------------------------------------------------------------------------------


def test_turbo_is_the_published_table() -> None:
    """End points (Mikhailov 2019)."""
    ends = colour(np.array([[0.0, 1.0]]), "turbo")
    np.testing.assert_allclose(ends, [[[0x30, 0x12, 0x3B], [0x7A, 0x04, 0x03]]], atol=1)


def test_a_white_picture_does_not_wrap_around() -> None:
    """Jet's top is (128, 0, 0): 0.5 * 255 + 0.5 * 128 = 191.5 and 0.5 * 255 = 127.5, rounded to even."""
    white = np.full((3, 4, 3), 255, np.uint8)
    overlay = draw_overlay(white, np.ones((1, 1), np.float32), style=OverlayStyle("jet", "constant"))
    assert overlay.dtype == np.uint8
    np.testing.assert_array_equal(overlay, np.full((3, 4, 3), (192, 128, 128)))
    faint = OverlayStyle("jet", "constant", 0.25)
    quarter = draw_overlay(white, np.ones((1, 1), np.float32), style=faint)
    np.testing.assert_array_equal(quarter, np.full((3, 4, 3), (223, 191, 191)))


def test_no_and_full_opacity() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (9, 11, 3), np.uint8)
    saliency = np.random.default_rng(1).random((3, 3), np.float32)
    whole = Region(0, 0, 9, 11)
    for name in BLENDS:
        none = OverlayStyle(blend=name, opacity=0)
        np.testing.assert_array_equal(draw_overlay(pixels, saliency, style=none), pixels)
    heatmap = draw_heatmap(saliency, whole, (9, 11))
    full = OverlayStyle(blend="constant", opacity=1)
    np.testing.assert_array_equal(draw_overlay(pixels, saliency, whole, full), heatmap)
    levels = np.rint(resize(saliency, (9, 11)) * 255) / 255
    assert (np.abs(heatmap.astype(int) - colour(levels).astype(int)).max(axis=-1) > 8).sum() == 0


def test_a_blank_map_leaves_the_plain_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (9, 11, 3), np.uint8)
    for name in BLENDS:
        overlay = draw_overlay(pixels, np.zeros((3, 3), np.float32), style=OverlayStyle(blend=name))
        np.testing.assert_array_equal(overlay, pixels)
        assert not np.shares_memory(overlay, pixels)


@pytest.mark.parametrize("region", [Region(0, -100, 40, -10), Region(50, 0, 90, 10), Region(-9, -9, -1, -1)])
def test_a_map_beside_the_picture_leaves_it_as_it_is(region: Region) -> None:
    pixels = np.full((40, 10, 3), 90, np.uint8)
    drawn = draw_overlay(pixels, np.ones((4, 4), np.float32), region)
    assert drawn is not pixels and np.array_equal(drawn, pixels)
