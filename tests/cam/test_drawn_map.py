"""What a map draws of itself; `test_pictured`, `test_caption` and `test_box` have the parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.maps import RISING, made
from xai_cam.errors import InputError
from xai_cam.images.picture import Region

GREY = np.full((40, 60, 3), 128, np.uint8)


def test_the_map_is_over_its_maximum() -> None:
    np.testing.assert_array_equal(made().saliency_map, RISING / 4)
    np.testing.assert_array_equal(made(np.zeros((2, 2))).saliency_map, np.zeros((2, 2)))


def test_the_class_has_the_name_of_its_label() -> None:
    assert made(labels=("a", "b", "c")).class_name == made(labels=("a", "b", "c")).target == "c"
    assert (made().class_name, made().target) == ("2", "class 2")


def test_a_picture_that_is_given_is_drawn_on() -> None:
    drawn = made().overlay(GREY)
    assert drawn.shape == GREY.shape and drawn.dtype == np.uint8
    shown = np.abs(drawn.astype(int) - GREY).sum(axis=2)
    assert shown[-1, -1] > shown[0, 0] == 0, "the map rises from the first corner to the last"
    assert (GREY == 128).all()


def test_the_map_covers_the_region_alone() -> None:
    drawn = made(np.ones((2, 2))).overlay(GREY, region=Region(10, 20, 40, 60))
    changed = (drawn != GREY).any(axis=2)
    assert changed[10:, 20:].all() and not changed[:9].any() and not changed[:, :19].any()


def test_a_figure_holds_the_picture() -> None:
    figure = made().figure(GREY)
    assert (
        figure.dtype == np.uint8 and figure.shape[0] > GREY.shape[0] and figure.shape[1] > 3 * GREY.shape[1]
    )


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (None, "does not know its picture"),
        (GREY[..., 0], "not an"),
        (GREY / 255, "not an"),
        ("a.png", "not an"),
    ],
)
def test_without_a_picture_nothing_is_laid_over(pixels: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        made().overlay(pixels)


def test_alone_it_is_drawn_as_a_map() -> None:
    drawn = made().drawn()
    assert drawn.ndim == 3 and drawn.shape[2] == 3
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 20
    assert made()._repr_png_().startswith(b"\x89PNG")


BOTH = made([[-8, 1], [2, 4]], sign="both")


def test_a_map_of_both_signs_is_over_its_largest_value_of_either() -> None:
    np.testing.assert_array_equal(BOTH.scaled_map, [[-1, 0.125], [0.25, 0.5]])
    np.testing.assert_array_equal(BOTH.saliency_map, [[0, 0.25], [0.5, 1]]), "what is above 0"
    np.testing.assert_array_equal(made().scaled_map, made().saliency_map)
    against = made([[-8, -1], [-2, -4]], sign="both")
    assert not against.saliency_map.any() and against.box() is None
    assert against.scaled_map.min() == -1 and not made([[0, 0]], sign="both").scaled_map.any()
    assert not made([[np.nan, 1]], sign="both").scaled_map.any()


def test_a_map_of_both_signs_is_red_and_blue() -> None:
    drawn = BOTH.overlay(GREY).astype(int)
    first, last = drawn[0, 0], drawn[-1, -1]
    assert first[2] > 200 and first[0] < 90, "blue, as opaque as a map can be"
    assert last[0] > 160 and last[2] < 128 and (drawn[0, -20:] - 128).max() < 12, "little at 0.125"
    constant = BOTH.overlay(GREY, blend="constant", opacity=1)
    assert constant[0, 0].tolist() == [0, 50, 255], "the end of the scale"
    figure = BOTH.figure(GREY, peak=True, box=True)
    assert figure.shape == made().figure(GREY).shape and (figure != BOTH.figure(GREY)).any()
    assert BOTH.drawn().shape == (224, 224, 3), "alone"


@pytest.mark.parametrize("looks", [{"colormap": "viridis"}, {"blend": "spotlight"}])
def test_what_a_map_of_both_signs_cannot_look_like(looks: dict[str, Any]) -> None:
    for draw in (BOTH.overlay, BOTH.figure):
        with pytest.raises(InputError, match=r"with `sign` both"):
            draw(GREY, **looks)


def test_the_region_explained_is_drawn_whatever_part_the_map_covers() -> None:
    mask = np.zeros((8, 8), bool)
    mask[4:, 4:] = True
    plain = made(np.zeros((2, 2)), part=Region(0, 0, 0.5, 0.5), predicted_class=None)
    one = replace(plain, region=mask)
    seen = Region(0, 20, 40, 60)
    drawn = (one.overlay(GREY, seen) != GREY).any(axis=2)
    assert drawn[20, 42:58].all() and drawn[22:38, 40].all() and not drawn[:18].any()
    np.testing.assert_array_equal(one.overlay(GREY, seen, outline=False), GREY)
    assert (one.figure(GREY, seen) != plain.figure(GREY, seen)).any()
    for without in (False, None):
        np.testing.assert_array_equal(one.figure(GREY, seen, outline=without), plain.figure(GREY, seen))
    own = np.zeros(GREY.shape[:2], bool)
    own[5:9, 5:9] = True
    np.testing.assert_array_equal(one.figure(GREY, seen, outline=own), plain.figure(GREY, seen, outline=own))
    said = one.to_dict()["region"]
    assert said == {"height": 8, "width": 8, "share": 0.25} and plain.to_dict()["region"] is None
