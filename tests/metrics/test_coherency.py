"""Coherency and ADCC against plain loops, and where they are not defined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle import explained_again as oracle
from xai_cam.metrics.coherency import adcc, coherency

RNG = np.random.default_rng(2)
A, B = RNG.random((2, 6, 5)).astype(np.float32)


def known(coherency: float = 0.8, complexity: float = 0.25, drop: float = 50.0) -> dict[str, float]:
    return {"coherency": coherency, "complexity": complexity, "drop": drop, "gain": 7.0}


def test_the_oracle_agrees() -> None:
    for after in (B, A**3, B * 7 - 2):
        assert coherency(A, after) == pytest.approx(oracle.coherency(A, after), abs=1e-7)
    for parts in ((0.8, 0.25, 0.5), (0.3, 0.9, 0.01), (1.0, 0.0, 0.0)):
        assert adcc(known(parts[0], parts[1], 100 * parts[2])) == pytest.approx(oracle.adcc(*parts))


def test_coherency_by_hand() -> None:
    """0 1 2 3 and 5 times that plus 3: 1; and its opposite: 0. 0 0 1 1 and 0 1 0 1: 0.5."""
    rising = np.arange(4, dtype=np.float32).reshape(2, 2)
    assert coherency(rising, 5 * rising + 3) == pytest.approx(1) and coherency(rising, -rising) == 0
    assert coherency(np.array([[0, 0], [1, 1]]), np.array([[0, 1], [0, 1]])) == 0.5
    assert 0 <= coherency(A, A * 3) <= 1


def test_maps_that_show_nothing() -> None:
    """Of such a map nothing is known; one that is left with nothing is not coherent."""
    flat, gone, odd = np.ones((6, 5)), np.zeros((6, 5)), np.full((6, 5), np.nan)
    assert all(math.isnan(coherency(one, A)) for one in (flat, gone, odd))
    assert coherency(A, flat) == coherency(A, gone) == 0
    assert math.isnan(coherency(A, odd)) and math.isnan(coherency(A, np.full((6, 5), np.inf)))


def test_adcc_by_hand() -> None:
    """3 / (1 / 0.8 + 1 / 0.75 + 1 / 0.5) = 3 / (1.25 + 1.3333 + 2) = 0.6545."""
    assert adcc(known()) == pytest.approx(0.654545, abs=1e-6)


@pytest.mark.parametrize("part", [{"coherency": 0.0}, {"complexity": 1.0}, {"drop": 100.0}, {"drop": 350.0}])
def test_where_one_part_is_nothing_there_is_nothing(part: dict[str, float]) -> None:
    assert adcc(known(**part)) == 0


@pytest.mark.parametrize("name", ["coherency", "complexity", "drop"])
def test_where_one_part_is_unknown_nothing_is_known(name: str) -> None:
    assert math.isnan(adcc(known(**{name: math.nan})))
    assert math.isnan(adcc({key: value for key, value in known().items() if key != name}))
    other = "coherency" if name == "drop" else "drop"
    assert math.isnan(adcc({**known(**{name: math.nan}), other: 0.0 if other == "coherency" else 100.0}))
