"""A map over its picture, as a figure, in a notebook, and its box."""

from __future__ import annotations

import base64
import io
import pickle
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.maps import RISING, Photos, made
from xai_cam.cam.pictured import Source
from xai_cam.errors import InputError
from xai_cam.images.picture import Region

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def test_the_saliency_map_is_the_map_over_its_maximum() -> None:
    np.testing.assert_array_equal(made().saliency_map, [[0, 0.25], [0.5, 1]])
    for nothing in (0 * RISING, np.nan * RISING, np.inf * np.ones((2, 2))):
        assert not made(nothing).saliency_map.any()


def test_an_overlay_leaves_what_the_map_does_not_reach() -> None:
    """With no opacity it is the picture; with a blank map too."""
    np.testing.assert_array_equal(made().overlay(PIXELS, opacity=0.0), PIXELS)
    np.testing.assert_array_equal(made(0 * RISING).overlay(PIXELS), PIXELS)
    drawn = made(np.ones((2, 2))).overlay(PIXELS, colormap="bone", opacity=1.0)
    np.testing.assert_array_equal(drawn, np.full_like(PIXELS, 255), "the end of that map is white")


@pytest.mark.parametrize(
    ("pixels", "opacity"),
    [
        (np.zeros((4, 4, 3), np.float32), 0.5),
        (np.zeros((1, 4, 4, 3), np.uint8), 0.5),
        (np.zeros((4, 4), np.uint8), 0.5),
        ("cat.jpg", 0.5),
        (np.zeros((4, 4, 3), np.uint8), 3),
    ],
)
def test_what_cannot_be_painted_is_refused(pixels: Any, opacity: float) -> None:
    with pytest.raises(InputError, match=r"`pixels` is not an|`opacity` is 3"):
        made().overlay(pixels, opacity=opacity)


def test_it_finds_its_picture_and_region() -> None:
    photos = Photos.of((6, 8), (10, 20))
    photos.regions[1] = Region(0, 5, 10, 15)
    one = made(np.ones((2, 2)), image=1, source=Source(photos))
    drawn = one.overlay(blend="constant", colormap="bone", opacity=1.0)
    assert (drawn[:, 5:15] == 255).all(), "what the model saw"
    np.testing.assert_array_equal(drawn[:, :5], photos.pixels[1][:, :5])
    np.testing.assert_array_equal(drawn[:, 15:], photos.pixels[1][:, 15:])


def test_a_map_of_a_part_of_the_input_lies_there() -> None:
    one = made(np.ones((2, 2)), part=Region(0, 0.5, 1, 1), source=Source(Photos.of((10, 20))))
    assert one.box() == (10, 0, 20, 10, (10, 0), (10, 20))
    drawn = one.overlay(blend="constant", colormap="bone", opacity=1.0)
    assert (drawn[:, 10:] == 255).all() and not (drawn[:, :10] == 255).all()


def test_the_box_is_in_pixels_of_the_picture_where_it_is_known() -> None:
    corner = np.zeros((4, 4), np.float32)
    corner[3, 3] = 1
    assert made(corner).box(0.5) == (3, 3, 4, 4, (3, 3), (4, 4)), "in cells of the map"
    found = made(corner, source=Source(Photos.of((40, 80)))).box(0.5)
    # the peak's centre is at 35 of 40; half of it is reached half a cell, 5, before, and never lost behind
    assert found == (60 + 0, 30 + 0, 80, 40, found.peak, (40, 80))
    assert found.peak[0] >= 70 and found.peak[1] >= 35 and made(0 * corner).box() is None


def test_without_a_picture_it_says_what_to_give() -> None:
    again = pickle.loads(pickle.dumps(made(source=Source(Photos.of((6, 8))))))
    for draw in (again.overlay, again.figure):
        with pytest.raises(InputError, match=r"does not know its picture.*Give `pixels`"):
            draw()
        assert draw(PIXELS).dtype == np.uint8
    assert again.drawn().shape == (224, 224, 3) and b"PNG" in again._repr_png_()[:8]


def test_captions_end_in_what_was_done_to_an_array() -> None:
    assert made(labels="abc").caption()[0] == "c 0.250 (predicted b)"
    assert made().caption("array: halved") == [*made().caption(), "array: halved"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_marks_what_is_asked_for(theme: str) -> None:
    one = made(source=Source(Photos.of((60, 80))))
    plain = one.figure(theme=theme)
    for mark in ("grid", "peak", "box"):
        assert (one.figure(theme=theme, **{mark: True}) != plain).any(), mark


def test_a_notebook_gets_a_picture_that_is_not_too_wide() -> None:
    one = made(source=Source(Photos.of((400, 3000))), labels=["a", "b", '<script>"x"</script>'])
    with Image.open(io.BytesIO(one._repr_png_())) as image:
        assert image.width <= 1200
    html = one._repr_html_()
    data = re.findall(r'src="data:image/\w+;base64,([^"]+)"', html)
    assert len(data) == 1 and "<script>" not in html and "&lt;script&gt;" in html
    with Image.open(io.BytesIO(base64.b64decode(data[0]))) as image:
        assert image.width <= 1200
