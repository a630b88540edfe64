"""What a map is divided by where it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.methods import METHODS
from xai_cam.cam.scaling import brightened, is_of_pixels, over

VALUES = np.linspace(0, 1, 10_001, dtype=np.float32).reshape(-1, 73) ** 4


def explained(method: str, sign: str = "positive") -> Explanation:
    cam = 7 * VALUES * (np.where(np.arange(73) % 2, -1, 1) if sign == "both" else 1)
    known = ((0, 0.75),)
    return Explanation(cam, method, "", 0, 0, 2.5, "logit", 0.75, known, "ok", "", sign=sign)


def test_full_colour_begins_at_the_99th_percentile() -> None:
    drawn = brightened(VALUES)
    below = np.quantile(VALUES, 0.99)
    assert np.mean(drawn < 0.995) == pytest.approx(0.99, abs=1e-3)
    np.testing.assert_allclose(drawn[below > VALUES], VALUES[below > VALUES] * 0.995 / below, rtol=1e-5)


def test_the_order_of_the_pixels_stays_and_none_exceeds_1() -> None:
    drawn = brightened(VALUES)
    assert (np.diff(drawn.ravel()) >= 0).all() and drawn.argmax() == VALUES.argmax()
    assert drawn.max() == pytest.approx(1) and len(np.unique(drawn[drawn > 0.995])) > 50


def test_signs_stay() -> None:
    signed = np.where(np.arange(VALUES.size).reshape(VALUES.shape) % 2, -VALUES, VALUES)
    np.testing.assert_allclose(brightened(signed), np.sign(signed) * brightened(VALUES), rtol=1e-6)


@pytest.mark.parametrize("cam", [np.zeros((9, 9), np.float32), np.eye(200, 200, dtype=np.float32)])
def test_a_map_of_few_pixels_stays_as_it_is(cam: np.ndarray) -> None:
    np.testing.assert_array_equal(brightened(cam), cam)


@pytest.mark.parametrize("sign", ["positive", "both"])
def test_gradients_at_the_input_are_drawn_so_and_other_maps_are_not(sign: str) -> None:
    pixels, others = explained("gradient-input", sign), explained("occlusion", sign)
    np.testing.assert_allclose(others.scaled_map, others.cam / 7, rtol=1e-6)
    np.testing.assert_allclose(pixels.scaled_map, brightened(pixels.cam / 7), rtol=1e-5)
    np.testing.assert_array_equal(pixels.saliency_map, others.saliency_map, "boxes and measures")


def test_which_methods_are_of_pixels() -> None:
    assert {name for name in METHODS if is_of_pixels(name)} == {
        *("saliency", "gradient-input", "integrated-gradients", "smooth-grad")
    }
    assert not is_of_pixels("random")


def test_over_a_top_that_is_none() -> None:
    for top in (0.0, np.nan, np.inf):
        assert not over(VALUES, top).any()
