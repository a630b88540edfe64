"""What a map draws of itself; `test_pictured`, `test_caption` and `test_box` have the parts."""

from __future__ import annotations

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
