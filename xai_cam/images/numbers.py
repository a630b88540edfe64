"""Whole numbers, as callers write them."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

from xai_cam.errors import InputError


def whole_number(value: Any) -> int | None:
    """The integer that a number is: `3`, `3.0`, `np.int64(3)`, an array of no dimensions.

    None for all else: `2.5`, `"3"`, NaN, and also `True`, which is no number that somebody meant.
    """
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return int(number) if math.isfinite(number) and number == int(number) else None
    if hasattr(value, "__array__") and getattr(value, "ndim", None) == 0:
        return whole_number(np.asarray(value).item())
    return None


def check_count(name: str, value: Any) -> int | None:
    """A count that a caller gave as the argument `name`, as an integer; None stays None.

    Raises
    ------
    InputError
        It is not a whole number above 0.
    """
    if value is None:
        return None
    number = whole_number(value)
    if number is None or number < 1:
        raise InputError(f"`{name}` is {value!r}. Give a whole number of at least 1.")
    return number
