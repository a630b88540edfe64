"""Fades: both pictures stand still, and what lies between comes and goes evenly."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.fade import LONGEST, fade


@pytest.mark.parametrize("kind", LONGEST)
def test_a_fade_goes_there_and_back_in_two_seconds(kind: str) -> None:
    black, white = np.zeros((30, 40, 3), np.uint8), np.full((30, 40, 3), 255, np.uint8)
    frames = fade(black, white, kind)
    levels = [int(frame[0, 0, 0]) for frame, _ in frames]
    middle = levels.index(255)
    assert levels[1:middle] == levels[:middle:-1], "back by the same way"
    assert levels[: middle + 1] == sorted(set(levels))
    assert 1900 <= sum(time for _, time in frames) <= 2100
    assert frames[0][1] == frames[middle][1] == 600


@pytest.mark.parametrize("kind", LONGEST)
def test_large_pictures_are_made_smaller(kind: str) -> None:
    large = np.full((1000, 4000, 3), 9, np.uint8)
    shapes = {frame.shape for frame, _ in fade(large, large, kind)}
    assert shapes == {(LONGEST[kind] // 4, LONGEST[kind], 3)}
