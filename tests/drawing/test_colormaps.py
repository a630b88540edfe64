"""Colours of maps: those of values from 0 to 1, and those of values with two sides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xai_cam.drawing.colormaps import COLORMAPS, DIVERGING, colour, heights_of, levels_of, lowest_of
from xai_cam.drawing.glow import to_oklab


def test_high_is_red_and_low_is_blue() -> None:
    """BGR taken for RGB swaps them: low reads as high."""
    (low, high), *_ = colour(np.array([[0.0, 1.0]]), "jet").astype(int)
    assert low[2] > 120 > low[0] == low[1] == 0
    assert high[0] > 120 > high[2] == high[1] == 0
    (turbo_low, turbo_high), *_ = colour(np.array([[0.1, 0.9]]), "turbo").astype(int)
    assert turbo_low[2] > turbo_low[0]
    assert turbo_high[0] > turbo_high[2]


@pytest.mark.parametrize("name", [name for name in COLORMAPS if name != "glow"])
def test_every_other_colour_map_is_opencvs(name: str) -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    bgr = cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{name.upper()}"))
    np.testing.assert_array_equal(colour(levels / 255, name), bgr[..., ::-1])


def test_values_beyond_0_and_1_are_clipped() -> None:
    colours = colour(np.array([[-0.5, 0.0, 1.0, 1.7]]))[0]
    np.testing.assert_array_equal(colours[[0, 3]], colours[[1, 2]])


def test_signed_values_have_two_sides_of_one_height() -> None:
    """0 is nearly white, what is above 0 red, what is below blue; equal sizes stand equally high."""
    (low, faint, none, high), *_ = colour(np.array([[-1, -0.25, 0, 1.0]]), DIVERGING).astype(int)
    assert none.tolist() == [247, 247, 247]
    assert min(low[2], high[0]) > 200 and max(low[0], high[2]) < 100
    assert none[0] > faint[0] > low[0], "the further from 0, the deeper"
    heights = heights_of(DIVERGING)
    values = np.linspace(0, 1, 12)
    up, down = (heights[levels_of(side * values, DIVERGING)] for side in (1, -1))
    np.testing.assert_array_equal(up, down)
    assert up[0] == 0 and up[-1] == 1 and np.abs(up - values).max() <= 0.5 / 127
    assert (lowest_of(DIVERGING), lowest_of("glow")) == (-1, 0)
    beyond = colour(np.array([[-1.5, 1.5]]), DIVERGING)[0]
    np.testing.assert_array_equal(beyond, [low, high])


def test_the_two_sides_are_seen_on_photographs_and_by_the_colour_blind() -> None:
    """About one lightness, neither dark nor light; they differ in how blue they are, which all can see."""
    low, high = to_oklab(colour(np.array([[-1, 1.0]]), DIVERGING)[0])
    assert 0.45 < low[0] < 0.65 and 0.45 < high[0] < 0.65
    assert high[2] - low[2] > 0.3
