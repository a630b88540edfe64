"""Colours of signed numbers: ColorBrewer's RdBu, blue below 0."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.diverging import diverging

PUBLISHED = {-1: "053061", -0.8: "2166ac", -0.2: "d1e5f0", 0: "f7f7f7", 0.4: "f4a582", 1: "67001f"}
"""The scheme of 11 colours as colorbrewer2.org lists it, from blue to red."""


@pytest.mark.parametrize("value", PUBLISHED)
def test_the_published_colours_stand_a_fifth_apart(value: float) -> None:
    assert bytes(diverging(np.array(value))).hex() == PUBLISHED[value]


def test_between_two_colours_lies_their_mean() -> None:
    ends = [np.array(list(bytes.fromhex(code)), float) for code in ("d6604d", "b2182b")]  # 0.6 and 0.8
    assert np.abs(diverging(np.array(0.7)) - (ends[0] + ends[1]) / 2).max() <= 0.5


def test_what_lies_outside_or_is_no_number_has_a_colour_too() -> None:
    found = diverging(np.array([[-7.0, np.nan], [7.0, np.inf]]))
    assert found.shape == (2, 2, 3) and found.dtype == np.uint8
    assert (found == diverging(np.array([[-1.0, 0.0], [1.0, 1.0]]))).all()
