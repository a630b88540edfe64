"""Where maps point, by hand and against loops of the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oracle import faithfulness as oracle
from xai_cam.metrics.pointing import energy_pointing, pointing_game


def test_pointing_by_hand() -> None:
    placed = np.array([[0.5, 1], [0.25, 0.25]], np.float32)
    left = np.array([[True, False], [True, False]])
    assert energy_pointing(placed, left) == 0.375
    assert pointing_game(placed, left) == 0
    assert pointing_game(placed, ~left) == 100
    assert (energy_pointing(placed, left | ~left), pointing_game(placed, left | ~left)) == (1, 100)


@settings(deadline=None, max_examples=50)
@given(arrays(np.float32, (3, 4), elements=st.integers(0, 6).map(float)), arrays(bool, (3, 4)))
def test_pointing_against_loops(placed: np.ndarray, mask: np.ndarray) -> None:
    energy, game = energy_pointing(placed, mask), pointing_game(placed, mask)
    if not mask.any():
        assert math.isnan(energy) and math.isnan(game)
    elif not placed.any():
        assert math.isnan(energy) and game == 0
    else:
        assert energy == pytest.approx(oracle.energy_pointing(placed, mask))
        assert game == oracle.pointing_game(placed, mask)


def test_pointing_with_numbers_that_are_none() -> None:
    placed = np.array([[math.nan, 1], [0, 0]], np.float32)
    everywhere = np.ones((2, 2), bool)
    assert math.isnan(energy_pointing(placed, everywhere)) and math.isnan(pointing_game(placed, everywhere))
