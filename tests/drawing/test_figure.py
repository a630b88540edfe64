"""Figures: the pictures in them, the bar beside them, the caption below, in any shape of picture."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.canvas import THEMES
from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.figure import GAP, MARGIN, NARROWEST, SIDE, draw_figure
from xai_cam.drawing.overlay import BLENDS, OverlayStyle, draw_overlay
from xai_cam.images.picture import Region

PHOTO = np.random.default_rng(0).integers(0, 256, (300, SIDE, 3), np.uint8)  # shown as it is
MAP = np.random.default_rng(1).random((7, 7), np.float32)
MAP /= MAP.max()
CAPTION = ("tabby cat 0.973", "score-cam at conv, 7 × 7 cells")


def panels(figure: np.ndarray) -> list[np.ndarray]:
    lefts = [MARGIN + number * (SIDE + GAP) for number in range(3)]
    return [figure[MARGIN : MARGIN + 300, left : left + SIDE] for left in lefts]


@pytest.mark.parametrize("blend", BLENDS)
def test_a_figure_holds_picture_map_and_overlay(blend: str) -> None:
    style = OverlayStyle("viridis", blend)
    picture, heat, laid = panels(draw_figure(PHOTO, MAP, None, CAPTION, style))
    np.testing.assert_array_equal(picture, PHOTO)
    np.testing.assert_array_equal(laid, draw_overlay(PHOTO, MAP, style=style))
    row, column = np.unravel_index(MAP.argmax(), MAP.shape)
    middle = heat[round((row + 0.5) * 300 / 7), round((column + 0.5) * SIDE / 7)]
    assert np.abs(middle.astype(int) - colour(np.ones((1, 1)), "viridis")[0, 0]).max() <= 12


@pytest.mark.parametrize("blend", BLENDS)
def test_the_bar_has_the_colours_of_the_map_and_of_the_overlay(blend: str) -> None:
    """Over a picture of one colour, what is seen in the overlay is in the bar, level for level."""
    plain, style = np.full((SIDE, SIDE, 3), (60, 140, 90), np.uint8), OverlayStyle("plasma", blend)
    ramp = np.linspace(0, 1, SIDE, dtype=np.float32)[:, None]
    figure = draw_figure(plain, ramp, None, (), style)
    bar = figure[MARGIN : MARGIN + SIDE, MARGIN + 3 * SIDE + 3 * GAP :]
    laid = figure[MARGIN : MARGIN + SIDE, MARGIN + 2 * (SIDE + GAP)]
    for number, colours in ((4, colour(ramp, "plasma")[:, 0]), (20, laid)):
        for place in (40, 200, 400):  # from the top: bars run upwards, this map downwards
            value = 1 - (place - 8) / (SIDE - 17)
            found = bar[place, number].astype(int)
            np.testing.assert_allclose(found, colours[round(value * (SIDE - 1))], atol=8)


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_gives_paper_and_ink(theme: str) -> None:
    figure = draw_figure(PHOTO, MAP, None, CAPTION, theme=theme)
    assert tuple(figure[0, 0]) == tuple(figure[-1, -1]) == THEMES[theme].paper
    below = figure[MARGIN + 300 + GAP : -MARGIN].reshape(-1, 3)
    for ink in (THEMES[theme].ink, THEMES[theme].soft):
        assert (below == ink).all(axis=-1).any(), "crisp letters have their full colour"


def test_where_the_model_did_not_see_and_where_nothing_is_known_the_map_has_no_colour() -> None:
    _, heat, laid = panels(draw_figure(PHOTO, MAP, Region(0, 100, 300, 400)))
    assert (heat[:, :100] == THEMES["light"].unseen).all() and (heat[:, 400:] == THEMES["light"].unseen).all()
    np.testing.assert_array_equal(laid[:, :100], PHOTO[:, :100])
    _, blank, plain = panels(draw_figure(PHOTO, 0 * MAP, None, peak=True))
    assert (blank == THEMES["light"].unseen).all()
    np.testing.assert_array_equal(plain, PHOTO)


def test_a_grid_shows_the_cells_as_they_are() -> None:
    _, smooth, _ = panels(draw_figure(PHOTO, MAP))
    picture, cells, laid = panels(draw_figure(PHOTO, MAP, grid=True))
    np.testing.assert_array_equal(picture, PHOTO)
    for row in range(7):
        for column in range(7):
            middle = slice(row * 300 // 7 + 4, (row + 1) * 300 // 7 - 3)
            inside = cells[middle, column * SIDE // 7 + 4 : (column + 1) * SIDE // 7 - 3]
            expected = colour(MAP[row : row + 1, column : column + 1])[0, 0]
            assert (inside == expected).all()
    assert (laid != draw_overlay(PHOTO, MAP)).any() and (cells != smooth).any()


def test_marks_are_drawn_over_map_and_overlay() -> None:
    plain = panels(draw_figure(PHOTO, MAP))
    edge = np.zeros((300, SIDE), bool)
    edge[100:200, 100:200] = True
    for marks, count in (({"peak": True}, 2), ({"box": (20, 10, 100, 90)}, 2), ({"outline": edge}, 3)):
        marked = panels(draw_figure(PHOTO, MAP, **marks))
        assert sum((a != b).any() for a, b in zip(plain, marked, strict=True)) == count
    boxed = panels(draw_figure(PHOTO, MAP, box=(20, 10, 100, 90)))[2] != plain[2]
    down, across = np.nonzero(boxed.any(axis=-1))
    assert abs(down.min() - 10) <= 2 and abs(down.max() - 89) <= 2
    assert abs(across.min() - 20) <= 2 and abs(across.max() - 99) <= 2


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (20, 400), (400, 20), (1, 1000), (1500, 2), (900, 1600)])
@pytest.mark.parametrize("grid", [False, True])
def test_pictures_of_any_shape(size: tuple[int, int], grid: bool) -> None:
    figure = draw_figure(
        np.full((*size, 3), 99, np.uint8), MAP[:3, :2], None, CAPTION, grid=grid, box=(0, 0, *size[::-1])
    )
    assert figure.shape[1] >= NARROWEST and max(figure.shape[:2]) <= 2000
    assert (figure == 99).all(axis=-1).sum() >= 3 * min(size), "the picture is in it"


def test_a_tiny_picture_is_enlarged_pixel_by_pixel() -> None:
    tiny = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    figure = draw_figure(tiny, MAP)
    np.testing.assert_array_equal(
        figure[MARGIN : MARGIN + SIDE, MARGIN : MARGIN + SIDE], np.kron(tiny, np.ones((56, 56, 1)))
    )


def test_a_caption_of_any_length_fits() -> None:
    plain = draw_figure(PHOTO, MAP)
    for text in ("word " * 200, "x" * 2000, "長" * 500, "", "\udcfc\n\x00"):
        figure = draw_figure(PHOTO, MAP, None, (text, text))
        assert figure.shape[1] == plain.shape[1]
        assert plain.shape[0] <= figure.shape[0] < plain.shape[0] + 300
        assert (figure[:, -MARGIN:] == 255).all() and (figure[-MARGIN // 2 :] == 255).all()
