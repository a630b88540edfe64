"""Whole numbers, in whatever form they come."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.images.numbers import check_count, whole_number


@pytest.mark.parametrize(
    "value", [3, 3.0, np.int8(3), np.float32(3), np.array(3), np.array(3.0), Fraction(6, 2)]
)
def test_three(value: Any) -> None:
    assert whole_number(value) == 3 and type(whole_number(value)) is int


@pytest.mark.parametrize(
    "value",
    [True, np.True_, 2.5, np.nan, np.inf, "3", None, [3], np.array([3]), 3 + 0j, Decimal(3), np.array("3")],
)
def test_none(value: Any) -> None:
    assert whole_number(value) is None


def test_counts() -> None:
    assert (check_count("steps", 8.0), check_count("steps", None)) == (8, None)
    for wrong in (0, -2, 2.5, True, "8"):
        with pytest.raises(InputError, match=r"`steps` is .* Give a whole number of at least 1"):
            check_count("steps", wrong)
