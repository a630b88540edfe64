"""Where maps point, by hand and against loops of the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oracle import faithfulness as oracle
from xai_cam.metrics.pointing import OF_TRUTH, Truth, energy_pointing, measure_truth, pointing_game


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


def test_all_measures_of_where_the_object_is() -> None:
    """A peak in the upper right of 2 x 2, whose box and pixel are known."""
    placed = np.array([[0, 4], [0, 0]], np.float32)
    mask = np.array([[False, True], [False, False]])
    values, tables = measure_truth(placed, Truth(mask, ((1, 0, 2, 1),)), frozenset(OF_TRUTH))
    assert values == {"energy_pointing": 1, "pointing_game": 100, "relevance_rank": 1, "iou": 1}
    assert {name: (t.shape, t.dtype) for name, t in tables.items()} == {
        "max_box_acc": ((1, 100), np.float32),
        "max_box_acc_v2": ((3, 100), np.float32),
    }
    assert all(table[:, 1:].min() == 100 for table in tables.values())
    beside, _ = measure_truth(placed, Truth(mask, ((0, 0, 1, 1),)), frozenset(OF_TRUTH))
    assert beside["iou"] == 0 and beside["relevance_rank"] == 1, "boxes by boxes, and pixels by the mask"
    assert measure_truth(placed, Truth(mask), ["iou"]) == ({"iou": 1}, {}), "without boxes that of the mask"
    nothing = measure_truth(placed, Truth(mask & False), frozenset(OF_TRUTH))
    assert all(math.isnan(value) for value in nothing[0].values()) and nothing[1] == {}


def test_pointing_with_numbers_that_are_none() -> None:
    placed = np.array([[math.nan, 1], [0, 0]], np.float32)
    everywhere = np.ones((2, 2), bool)
    assert math.isnan(energy_pointing(placed, everywhere)) and math.isnan(pointing_game(placed, everywhere))
