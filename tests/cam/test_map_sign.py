"""The sign of a map: which part of the weighted sum it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import Explainer, explain
from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.map_sign import SIGNS, Maps, cannot_be_negative, check_sign, cut, describe_sign
from xai_cam.errors import InputError

SUMS = np.array([[[3, -1], [0, -2.5]], [[1, 2], [3, -1e-7]]], np.float32)


def test_what_each_sign_shows() -> None:
    np.testing.assert_array_equal(cut(SUMS, "positive"), [[[3, 0], [0, 0]], [[1, 2], [3, 0]]])
    np.testing.assert_array_equal(cut(SUMS, "negative")[0], [[0, 1], [0, 2.5]])
    np.testing.assert_array_equal(cut(SUMS, "both"), SUMS)
    assert cut(SUMS, "negative").dtype == np.float32


def test_rounding_speaks_against_nothing() -> None:
    assert not cut(SUMS, "negative")[1].any(), "a ten-millionth below 0, beside 3"
    np.testing.assert_array_equal(cut(SUMS[1:] * [[-1, 0], [0, 1]], "negative")[0, 0], [1, 0])
    faint = np.array([[[-1e-9, -2e-9]]], np.float32)  # small throughout, which is no rounding
    np.testing.assert_array_equal(cut(faint, "negative"), -faint)


def test_what_is_not_finite_stays() -> None:
    for sign in ("positive", "negative", "both"):
        assert np.isnan(cut(np.array([[[np.nan, 1]]], np.float32), sign)).any()


@pytest.mark.parametrize("wrong", ["Positive", "", None, 1, ["both"]])
def test_a_sign_that_is_none(wrong: Any) -> None:
    with pytest.raises(InputError, match="Use positive, negative or both"):
        check_sign(wrong)


def test_the_words() -> None:
    assert check_sign("both") == "both" and describe_sign("positive") == ""
    assert describe_sign("negative") == "what speaks against it"
    assert describe_sign("both", of_a_value=True) == "red raises it, blue lowers it"


def test_standard_errors_are_over_what_the_map_shows() -> None:
    """Of a map whose negative part, ten times as large, was cut off; a blank one has none."""
    cams = cut(np.array([[[-10.0, 1]], [[-1, 0]]], np.float32), "positive")
    maps = Maps("rise", "logit", cams, errors=[0.5, 0.5])
    found = [maps.of(i, 1.0, "").standard_error for i in range(2)]
    assert found == [0.5, None]


def test_maps_that_have_one_side() -> None:
    above, mixed = np.array([[[[0, 1]]], [[[2, 3]]]]), np.array([[[[1, -1]]], [[[1, 0]]]])
    assert cannot_be_negative(above, above).tolist() == [True, True]
    for pair in ((above, mixed), (mixed, above)):
        assert cannot_be_negative(*pair).tolist() == [False, True]
    assert not cannot_be_negative(above * np.nan, above).any()


@pytest.fixture(scope="module")
def one_unit() -> Any:
    """A model whose two classes are the sign of one logit: what speaks against one speaks for the other."""
    return build_tiny(1, "sigmoid")


X = np.random.default_rng(4).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
METHODS_OF_BOTH_SIGNS = ["grad-cam", "xgrad-cam", "hires-cam", "ablation-cam"]


def test_what_speaks_against_a_class_speaks_for_the_other(one_unit: Any) -> None:
    """The score of class 0 is that of class 1 with its sign turned, and so are gradients and drops."""
    found = {
        sign: explain(
            one_unit, X, method=METHODS_OF_BOTH_SIGNS, target_class=1, sign=sign, engine="tensorflow"
        )
        for sign in SIGNS
    }
    other = explain(one_unit, X, method=METHODS_OF_BOTH_SIGNS, target_class=0, engine="tensorflow")
    assert any(e.cam.any() for e in other) and [e.sign for e in found["both"]] == ["both"] * 8
    for i, opposite in enumerate(other):
        top = max(np.abs(found["both"][i].cam).max(), 1e-6)
        close = {"rtol": 0, "atol": 1e-4 * top}
        np.testing.assert_allclose(found["negative"][i].cam, opposite.cam, **close)
        np.testing.assert_allclose(found["both"][i].cam, found["positive"][i].cam - opposite.cam, **close)


def test_methods_without_negative_weights_say_so(tiny_model: Any) -> None:
    one_sided = ["score-cam", "score-cam-official", "layer-cam", "grad-cam++", "eigen-cam"]
    of_image = Explainer(tiny_model, sign="negative", engine="tensorflow").explain(
        X[:1], one_sided, baselines=list(BASELINES)
    )[0]
    for one in of_image[:5]:
        assert one.status == "blank" and not one.cam.any(), one.method
        assert one.cause.startswith(f"all weights of {one.method} are positive"), "behind a ReLU"
    plain = Explainer(tiny_model, engine="tensorflow").explain(X[:1], baselines=list(BASELINES))
    for one, same in zip(of_image[5:], plain[0][1:], strict=True):
        np.testing.assert_array_equal(one.cam, same.cam)
        assert one.sign == "positive", "a baseline knows of no class"


def test_a_sign_that_is_none_is_refused_by_what_makes_maps(tiny_model: Any) -> None:
    for make in (lambda: Explainer(tiny_model, sign="up"), lambda: explain(tiny_model, X, sign="up")):
        with pytest.raises(InputError, match="`sign` is 'up'"):
            make()
