"""One map: its status, its picture, and how it is shown."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from xai_cam.cam.explanation import Explanation, Explanations, judge
from xai_cam.errors import InputError

RISING = np.array([[0, 1], [2, 4]], np.float32)


def made(cam: Any = RISING, **other: Any) -> Explanation:
    maps = np.asarray(cam, np.float32)
    known = Explanation(maps, "grad-cam", "conv", 2, 1, 1.5, "logit", 0.25, ((1, 0.75),), "ok", "")
    return dataclasses.replace(known, **other)


def test_the_saliency_map_is_the_map_over_its_maximum() -> None:
    np.testing.assert_array_equal(made().saliency_map, [[0, 0.25], [0.5, 1]])
    for nothing in (0 * RISING, np.nan * RISING, np.inf * np.ones((2, 2))):
        assert not made(nothing).saliency_map.any()


def test_an_overlay_leaves_what_the_map_does_not_reach() -> None:
    """With no opacity it is the picture; with a blank map too."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    np.testing.assert_array_equal(made().overlay(pixels, opacity=0.0), pixels)
    np.testing.assert_array_equal(made(0 * RISING).overlay(pixels), pixels)
    drawn = made(np.ones((2, 2))).overlay(pixels, colormap="bone", opacity=1.0)
    np.testing.assert_array_equal(drawn, np.full_like(pixels, 255), "the end of that map is white")


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


def test_it_is_shown_in_a_line() -> None:
    assert repr(made(image=3)) == (
        "<Explanation of image 3: grad-cam at conv, class 2, probability 0.25, 2 x 2, ok>"
    )
    assert "blank (dead)" in repr(made(status="blank", cause="dead"))
    assert "probability" not in repr(made(probability=np.nan))


def test_a_list_that_knows_its_images() -> None:
    a, b, c = (made(image=i) for i in (0, 1, 1))
    found = Explanations([[a], [b, c]])
    assert found == [a, b, c] and found.by_image == [[a], [b, c]] and found[-1] is c and len(found) == 3
    assert repr(found).count("<Explanation") == 3
    assert Explanations([]) == [] and repr(Explanations([])) == "[]"


def test_statuses_by_hand() -> None:
    alive, flat = RISING[..., None], np.ones((2, 2), np.float32)
    assert judge(RISING, alive, 1.0, "logit") == ("ok", "")
    assert judge(flat, alive, 1.0, "logit")[0] == "flat"
    assert "against" in judge(0 * RISING, alive, 1.0, "logit")[1]
    assert "constant" in judge(0 * RISING, np.ones((2, 2, 3)), 1.0, "logit")[1]
    assert "try the logit" in judge(0 * RISING, alive, 1.0, "probability")[1]
    assert judge(RISING, alive, np.nan, "logit") == judge(np.nan * RISING, alive, 1.0, "logit")
    assert judge(np.nan * RISING, np.nan * alive, 1.0, "logit")[1].startswith("the layer's activations")


def test_it_stays_as_it_is() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        made().status = "blank"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("cam", "status", "said"),
    [
        ([[1, 0.96], [0.97, 1]], "ok", True),
        ([[1, 0.94], [0.97, 1]], "ok", False),
        ([[1, 1], [1, 1]], "flat", False),
        ([[0, 0], [0, 0]], "blank", False),
    ],
)
def test_a_nearly_flat_map_is_ok_and_says_so(cam: Any, status: str, said: bool) -> None:
    found, cause = judge(np.array(cam, np.float32), RISING[..., None], 1.0, "logit")
    assert found == status
    assert cause.startswith("the map varies by less than 5 %") == said
