"""The sign of a map: which part of the weighted sum it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.map_sign import check_sign, cut, describe_sign
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
