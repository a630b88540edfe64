"""The colours that are made for photographs: their order survives in grey and for the colour-blind."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.glow import ANCHORS, from_oklab, glow, to_oklab

SEEN_WITHOUT = {
    "red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
"""Linear sRGB as people without one kind of cones see it (Machado et al. 2009, severity 1)."""


def linear(colours: np.ndarray) -> np.ndarray:
    """The definition of sRGB (IEC 61966-2-1)."""
    one = colours / 255
    return np.where(one <= 0.04045, one / 12.92, ((one + 0.055) / 1.055) ** 2.4)


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of linear sRGB."""
    y = np.clip(rgb, 0, 1) @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)


def test_oklab_of_colours_that_its_author_gives() -> None:
    """White, and the primary colours to three digits (Ottosson 2020)."""
    found = to_oklab(np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255]]))
    expected = [[1, 0, 0], [0.628, 0.225, 0.126], [0.452, -0.032, -0.312]]
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_array_equal(from_oklab(found), [[255, 255, 255], [255, 0, 0], [0, 0, 255]])


def test_anchors_stand_at_equal_distances() -> None:
    np.testing.assert_array_equal(glow()[::51], ANCHORS)
    np.testing.assert_array_equal(colour(np.linspace(0, 1, 256)[:, None], "glow")[:, 0], glow())
    assert glow(7).shape == (7, 3) and glow().dtype == np.uint8


@pytest.mark.parametrize("eye", ["all", *SEEN_WITHOUT])
def test_it_grows_lighter_for_every_eye_and_in_grey(eye: str) -> None:
    rgb = linear(glow())
    seen = rgb if eye == "all" else np.clip(rgb @ np.array(SEEN_WITHOUT[eye]).T, 0, 1)
    light = lightness(seen)
    where_it_is_opaque = slice(round(0.4 * 255), None)
    assert (np.diff(light[where_it_is_opaque][::8]) > 0).all()
    assert light[-1] > 88 and light[0] < 50


def test_its_top_is_bright_where_turbos_is_dark() -> None:
    top, turbo = colour(np.ones((1, 1)), "glow"), colour(np.ones((1, 1)), "turbo")
    assert lightness(linear(top))[0, 0] > 90
    assert lightness(linear(turbo))[0, 0] < 30
