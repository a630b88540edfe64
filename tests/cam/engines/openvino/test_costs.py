"""What conversions are expected to take, of functions of known size and by a clock that the test turns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xai_cam.cam.engines.openvino.costs import Costs


def function(operations: int, *shapes: tuple[int, ...]) -> Any:
    """A traced function of so many operations, with weights of four bytes a number."""
    variables = [SimpleNamespace(shape=shape, dtype=SimpleNamespace(size=4)) for shape in shapes]
    graph = SimpleNamespace(variables=variables, get_operations=lambda: [None] * operations)
    return SimpleNamespace(graph=graph)


def test_it_grows_with_operations_and_with_weights() -> None:
    costs = Costs()
    small = costs.of(function(0))
    assert costs.of(function(1000)) == pytest.approx(small + 0.1)
    assert costs.of(function(0, (25, 100_000), (10_000_000,))) == pytest.approx(small + 1)
    assert costs.of(function(1000), kept=True) == pytest.approx(costs.of(function(1000)) / 10)


def test_what_one_has_taken_is_expected_of_the_next() -> None:
    now = [0.0]
    costs, one, other = Costs(lambda: now[0]), function(1000), function(5000, (1000,))
    before = costs.of(one), costs.of(other)
    with costs.measured(one):
        now[0] += 3 * before[0]
    assert costs.of(other) == pytest.approx(3 * before[1])
    with costs.measured(other, kept=True):
        now[0] += before[1] / 10
    assert (costs.of(one), costs.of(other)) == pytest.approx(before)


def test_one_that_fails_says_nothing() -> None:
    now = [0.0]
    costs, one = Costs(lambda: now[0]), function(1000)
    before = costs.of(one)
    with pytest.raises(RuntimeError, match="no such operation"), costs.measured(one):
        now[0] += 100
        raise RuntimeError("no such operation")
    assert costs.of(one) == before
