"""What is asked for of a file as a whole."""

from __future__ import annotations

import pytest

from xai_cam.errors import InputError
from xai_cam.images.grey_levels import GreyWindow
from xai_cam.images.reading import Reading


def test_a_window_and_a_depth_are_levels() -> None:
    assert Reading().levels is None
    assert Reading(window=(-5, 10)).levels == GreyWindow(-5, 10)
    assert Reading(depth=12).levels == GreyWindow(0, 4095, deep_only=True)


def test_both_together_are_refused() -> None:
    with pytest.raises(InputError, match="Give one of them"):
        _ = Reading(window=(0, 1), depth=12).levels
