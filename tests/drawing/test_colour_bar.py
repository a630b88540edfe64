"""Bars of colours: the scale runs upwards, and its texts stand at their places."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.colour_bar import BAR, BarStyle, bar_shades, draw_colour_bar, shades_of
from xai_cam.drawing.overlay import BLENDS, OverlayStyle, draw_overlay

STYLE = BarStyle()
LEFT, MARGIN = STYLE.gap, STYLE.margin


def test_shades_run_from_the_lowest_value_to_the_highest() -> None:
    assert shades_of("viridis", 3).tolist() == [[68, 1, 84], [33, 145, 140], [253, 231, 37]]  # as published
    assert shades_of(None, 3).tolist() == [[5, 48, 97], [247, 247, 247], [103, 0, 31]]  # RdBu, likewise
    assert shades_of("turbo").shape == (256, 3) and len(np.unique(shades_of("turbo"), axis=0)) == 256


def test_the_colour_bar_runs_from_0_at_the_foot_to_1() -> None:
    bar = draw_colour_bar(shades_of("turbo"), ((0, "0"), (1, "max.")), 200)
    column = bar[MARGIN : 200 - MARGIN, LEFT + BAR // 2]
    np.testing.assert_array_equal(column[[0, -1]], colour(np.array([[1, 0]]), "turbo")[0])
    levels = np.linspace(1, 0, 200 - 2 * MARGIN, dtype=np.float32)
    np.testing.assert_array_equal(column, colour(levels[:, None], "turbo")[:, 0])
    beside = bar[:, LEFT + BAR + 6 :] < 128
    assert beside[: 2 * MARGIN].any() and beside[-2 * MARGIN :].any() and not beside[60:140].any()


@pytest.mark.parametrize("place", [0.0, 0.25, 1.0])
def test_a_tick_lies_beside_its_shade(place: float) -> None:
    bar = draw_colour_bar(shades_of(None), [(place, "")], 121)  # 99 rows of colours
    dark = np.flatnonzero((bar[:, LEFT + BAR + 2] == 0).all(axis=-1))
    assert dark.size == 1 and abs(dark[0] - (MARGIN + (1 - place) * 98)) <= 0.5


@pytest.mark.parametrize("name", BLENDS)
def test_the_bar_of_an_overlay_has_its_colours(name: str) -> None:
    """A picture of one colour, with a map that takes all values: what is seen is the bar."""
    picture, style = np.full((4, 256, 3), (200, 120, 40), np.uint8), OverlayStyle("plasma", name)
    shades = bar_shades(style, picture)
    np.testing.assert_array_equal(draw_overlay(picture, np.linspace(0, 1, 256)[None], style=style)[0], shades)
    assert bar_shades(style)[0].tolist() != shades[0].tolist(), "over grey"


def test_a_style_sets_size_and_frame() -> None:
    style = BarStyle(width=50, gap=6, margin=12, frame=(150, 150, 150))
    bar = draw_colour_bar(np.zeros((2, 3), np.uint8), [], 60, style)
    assert bar.shape == (60, 50, 3)
    assert (bar[12:48, 6 : 6 + BAR] == 0).all()
    assert (bar[11, 5 : 7 + BAR] == 150).all() and (bar[11:49, 5] == 150).all()
    assert (bar[:, :5] == 255).all() and (bar[:, 7 + BAR :] == 255).all()
