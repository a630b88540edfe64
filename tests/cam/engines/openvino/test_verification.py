"""When two engines say the same: differences by hand, and what becomes of a graph that is off."""

from __future__ import annotations

import weakref
from typing import Any, cast

import numpy as np
import pytest

from xai_cam.cam.engines.openvino import verification
from xai_cam.cam.engines.openvino.verification import TOLERANCE, UnlikeError, agreeing, difference

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("found", "exact", "expected"),
    [
        ([1, 2, 4], [1, 2, 4], 0),
        ([1, 2, 4.4], [1, 2, 4], 0.1),  # over the largest, not over its own value
        ([1.1, 2, 4], [1, 2, 4], 0.025),
        ([[1, 2], [30, 40]], [[1, 1], [30, 40]], 1),  # row by row
        ([0.5, 0], [0, 0], 0.5),  # nothing to be measured by
        ([NAN, 2], [NAN, 2], 0),
        ([NAN, 2], [1, 2], INF),
        ([1, 2], [NAN, 2], INF),
        ([NAN, NAN], [NAN, NAN], 0),
    ],
)
def test_differences_by_hand(found: Any, exact: Any, expected: float) -> None:
    assert difference(np.array(found, float), np.array(exact, float)) == pytest.approx(expected)


class Kept:
    """A cache of one graph."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def drop(self, key: str) -> None:
        self.dropped.append(key)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Graphs are words: `kept` from the cache, `new` without it."""
    monkeypatch.setattr(
        verification, "convert", lambda concrete, weights, cache: ("kept" if cache else "new", "key")
    )
    return Kept()


def asked(cache: Any, **off: float) -> tuple[str, float]:
    found = agreeing(None, "", cache, str, lambda graph: off[graph])
    assert found.key == "key"
    return found.result, found.off


def test_a_graph_that_agrees_is_taken(cache: Any) -> None:
    assert asked(cache, kept=TOLERANCE) == ("kept", TOLERANCE) and cache.dropped == []
    assert asked(None, new=0.0) == ("new", 0.0)


def test_a_kept_graph_that_is_off_is_made_anew(cache: Any) -> None:
    assert asked(cache, kept=1.0, new=0.0) == ("new", 0.0) and cache.dropped == ["key"]


def test_a_kept_graph_that_fails_is_made_anew_and_a_new_one_is_not(cache: Any) -> None:
    def failing(graph: str) -> str:
        if graph == "kept":
            raise LookupError("no such input")
        return graph

    assert agreeing(None, "", cache, failing, lambda graph: 0.0).result == "new"

    def broken(graph: str) -> str:
        raise ValueError("no such shape")

    with pytest.raises(RuntimeError, match="no such shape"):
        agreeing(None, "", cache, broken, lambda graph: 0.0)


def test_what_is_kept_is_not_to_blame_for_a_lack_of_memory(cache: Any) -> None:
    def full(graph: str) -> str:
        raise RuntimeError("std::bad_alloc")

    with pytest.raises(RuntimeError, match="bad_alloc"):
        agreeing(None, "", cache, full, lambda graph: 0.0)
    assert cache.dropped == []


def test_nothing_holds_a_kept_graph_when_it_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are mapped, and Windows deletes none that are."""
    alive: list[Any] = []

    class Graph:
        pass

    class Cache:
        def drop(self, key: str) -> None:
            assert [one() for one in alive] == [None, None], "the graph, and what was compiled of it"

    def convert(*_: Any) -> tuple[Any, str]:
        graph = Graph()
        alive.append(weakref.ref(graph))
        return graph, "key"

    def make(graph: Any) -> Any:
        compiled = Graph()
        compiled.graph = graph  # type: ignore[attr-defined]
        alive.append(weakref.ref(compiled))
        return compiled

    monkeypatch.setattr(verification, "convert", convert)
    offs = iter([1.0, 0.0])
    assert agreeing(None, "", cast(Any, Cache()), make, lambda _: next(offs)).off == 0


def test_a_graph_that_stays_off_is_not_taken(cache: Any) -> None:
    with pytest.raises(UnlikeError, match=r"by 2\.0e-03 of the largest"):
        asked(cache, kept=1.0, new=0.002)
    with pytest.raises(UnlikeError, match="not finite"):
        asked(None, new=INF)
    found = agreeing(None, "", cache, str, lambda graph: 0.5, lambda where: 1.0 if where else 0.0)
    assert (found.result, found.off) == ("kept", 0.5)
