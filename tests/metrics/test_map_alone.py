"""What a map is like by itself, by hand and against loops of the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oracle import faithfulness as oracle
from xai_cam.metrics.map_alone import OF_THE_MAP, complexity, entropy, measure_map, sparseness


def test_by_hand() -> None:
    """q = 1/2, 1/4, 1/4, 0: entropy (1/2) log 2 + (1/2) log 4. Gini: (-3*0 - 1*1 + 1*1 + 3*2) / (4*4)."""
    one = np.array([[1.0, 0.5], [0.5, 0.0]], np.float32)
    assert complexity(one) == 0.5
    assert entropy(one) == pytest.approx(1.5 * math.log(2))
    assert sparseness(one) == pytest.approx(6 / 16)


@settings(deadline=None, max_examples=60)
@given(arrays(np.float32, (3, 4), elements=st.integers(0, 8).map(lambda k: k / 8)))
def test_against_loops(one: np.ndarray) -> None:
    assert complexity(one) == pytest.approx(oracle.complexity(one))
    if not one.any():
        assert math.isnan(entropy(one)) and math.isnan(sparseness(one))
        return
    assert entropy(one) == pytest.approx(oracle.entropy(one))
    assert sparseness(one) == pytest.approx(oracle.sparseness(one))


def test_their_ends() -> None:
    """One pixel of 20 holds all, and all hold the same."""
    peak, flat = np.zeros((4, 5), np.float32), np.full((4, 5), 0.75, np.float32)
    peak[2, 3] = 1
    assert (complexity(peak), entropy(peak), sparseness(peak)) == pytest.approx((1 / 20, 0, 1 - 1 / 20))
    assert math.copysign(1, entropy(peak)) == 1, "no -0"
    assert (complexity(flat), entropy(flat), sparseness(flat)) == pytest.approx((0.75, math.log(20), 0))


def test_only_complexity_knows_the_scale_of_a_map() -> None:
    one = np.random.default_rng(4).random((6, 5), np.float32)
    assert complexity(one / 2) == pytest.approx(complexity(one) / 2)
    assert entropy(one / 2) == pytest.approx(entropy(one))
    assert sparseness(one / 2) == pytest.approx(sparseness(one))


def test_those_that_are_asked_for() -> None:
    one = np.ones((2, 2), np.float32)
    assert measure_map(one, frozenset({"entropy", "drop"})) == {"entropy": pytest.approx(math.log(4))}
    one[0, 0] = np.nan
    found = measure_map(one, frozenset(OF_THE_MAP))
    assert set(found) == set(OF_THE_MAP) and all(map(math.isnan, found.values()))
