"""How a map is laid over a picture: what stays of the picture, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.overlay import BLENDS, OPACITIES, SHADE, OverlayStyle, draw_overlay
from xai_cam.errors import InputError


@pytest.mark.parametrize("name", BLENDS)
def test_a_blend_by_hand(name: str) -> None:
    """Pixel by pixel, with the opacity that each blend has of its own."""
    pixels = np.random.default_rng(2).integers(0, 256, (4, 6, 3), np.uint8)
    saliency = np.random.default_rng(3).random((4, 6), np.float32)
    drawn = draw_overlay(pixels, saliency, style=OverlayStyle("viridis", name))
    colours = colour(saliency, "viridis")
    for y in range(4):
        for x in range(6):
            m = round(float(saliency[y, x]) * 255) / 255
            smooth = 3 * m**2 - 2 * m**3
            red, green, blue = (int(value) for value in pixels[y, x])
            grey = 0.299 * red + 0.587 * green + 0.114 * blue
            share, laid = {
                "alpha": (0.75 * smooth, colours[y, x].astype(float)),
                "constant": (0.5, colours[y, x].astype(float)),
                "spotlight": (0.9 * (1 - smooth), np.full(3, SHADE * grey)),
            }[name]
            np.testing.assert_allclose(drawn[y, x], (1 - share) * pixels[y, x] + share * laid, atol=0.7)


def test_where_there_is_no_evidence_the_picture_keeps_its_light_and_its_colours() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (100, 100, 3), np.uint8)
    saliency = np.linspace(0, 1, 100, dtype=np.float32)[None].repeat(100, 0)
    low = saliency < 0.05
    change = draw_overlay(pixels, saliency).astype(float)[low] - pixels[low]
    assert abs(change.mean()) < 0.005 * pixels.mean() and np.abs(change).max() <= 2
    veiled = draw_overlay(pixels, saliency, style=OverlayStyle("turbo", "constant")).astype(float)
    assert (veiled[low] - pixels[low]).mean() < -0.2 * pixels.mean()


def test_a_spotlight_leaves_what_lies_under_the_evidence_as_it_is() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (4, 4, 3), np.uint8)
    saliency = np.zeros((4, 4), np.float32)
    saliency[:2] = 1
    drawn = draw_overlay(pixels, saliency, style=OverlayStyle(blend="spotlight", opacity=1)).astype(int)
    np.testing.assert_array_equal(drawn[0], pixels[0])
    assert (drawn[3].max(axis=-1) == drawn[3].min(axis=-1)).all()
    assert (drawn[3].max(axis=-1) <= SHADE * pixels[3].max(axis=-1) + 1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rust",), "Unknown colour map 'rust'"),
        (("jet", "beta"), "Unknown `blend` 'beta'. Use alpha, constant, spotlight"),
        (("jet", "alpha", -0.1), "`opacity` is -0.1"),
        (("jet", "alpha", float("nan")), "`opacity` is nan"),
    ],
)
def test_a_style_that_there_is_not(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        OverlayStyle(*arguments)


def test_a_style_tells_what_counts() -> None:
    assert OverlayStyle().describe() == "glow, alpha, opacity 0.75"
    assert OverlayStyle("jet", "spotlight").identity == OverlayStyle(blend="spotlight").identity
    assert OverlayStyle(opacity=OPACITIES["alpha"]).identity == OverlayStyle().identity
    assert len({str(OverlayStyle(blend=name, opacity=0.5).identity) for name in BLENDS}) == 3
