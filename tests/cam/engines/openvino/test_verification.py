"""When two engines say the same: differences by hand, and what becomes of a graph that is off."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from xai_cam.cam.engines.openvino import verification
from xai_cam.cam.engines.openvino.verification import (
    TOLERANCE,
    UnlikeError,
    agreeing,
    difference,
    gradient_difference,
    moved,
)

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


def both(*logits: Any) -> Any:
    """Scores (2, b, 1) of these logits, with probabilities that nobody looks at."""
    return np.stack([np.array(logits, float)[:, None], np.full((len(logits), 1), 0.25)])


@pytest.mark.parametrize(
    ("found", "exact", "expected"),
    [
        ((0, 0), (0, 0), 0),
        ((np.log(3), 0), (0, 0), 0.25),  # 3/4 and 1/4 in place of halves
        ((7, 8, 9), (0, 1, 2), 0),  # all alike
        ((1e-4, 2e-4), (2e-4, 1e-4), 0.00005),  # the largest is off by half of it, and no map by anything
        ((0, 90), (90, 0), 1),
        ((-INF, 0), (-INF, 0), 0),
        ((NAN, 0), (NAN, 0), 0),
        ((NAN, 0), (0, 0), INF),
        ((5000, 0), (5000, 0), 0),
        ((3,), (3,), 0),  # a single one beside itself
        ((np.log(3),), (0,), 0.25),
        ((-90,), (0,), 0.5),
        ((NAN,), (0,), INF),
    ],
)
def test_weights_that_moved_by_hand(found: Any, exact: Any, expected: float) -> None:
    assert moved(both(*found), both(*exact)) == pytest.approx(expected, abs=1e-7)


def test_of_several_classes_the_worst_counts() -> None:
    exact = np.zeros((2, 2, 2))
    found = exact.copy()
    found[0, 0, 1] = np.log(3)
    assert moved(found, exact) == pytest.approx(0.25)


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
        verification, "convert", lambda concrete, weights, cache, _: ("kept" if cache else "new", "key")
    )
    return Kept()


def asked(cache: Any, **off: float) -> tuple[str, float]:
    found = agreeing(None, "", cache, str, lambda graph: off[graph])
    assert found.key == ("key" if found.result == "kept" else ""), "what lies there was not verified"
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
    found = agreeing(None, "", cache, str, lambda graph: 0.5, 0.6)
    assert (found.result, found.off) == ("kept", 0.5)
    with pytest.raises(UnlikeError, match=r"^half a 50%$"):
        agreeing(None, "", cache, str, lambda graph: 0.5, 0.4, "half a {:.0%}")


# --- How far gradients may be off ---------------------------------------------------------------------


def exact_gradients() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 1, (2, 5, 14, 14, 8)).astype(np.float32)


def test_a_jump_in_few_images_is_passed_over() -> None:
    exact = exact_gradients()
    assert gradient_difference(exact, exact) == 0
    found = exact.copy()
    found[:, 1, 3:6, 3:6, 2] = 0  # what leads to one number of a map, through a kernel of 3 x 3
    found[:, 3, 3:6, 3:6] *= 1.01
    assert gradient_difference(found, exact) <= TOLERANCE


@pytest.mark.parametrize(
    "fault",
    [
        lambda x: x * 1.01,
        lambda x: np.roll(x, 1, axis=2),
        lambda x: np.where(np.arange(8) == 3, 0, x),
        lambda x: np.where(np.arange(14)[:, None] == 13, 0, x),
        lambda x: x[:, ::-1],
        lambda x: x[::-1],
        lambda x: np.where(np.arange(5)[:, None, None, None] == 2, -x, x),
        lambda x: np.where(np.arange(8) == 3, np.nan, x),
        np.zeros_like,
    ],
)
def test_faults_are_seen(fault: Callable[[np.ndarray], np.ndarray]) -> None:
    exact = exact_gradients()
    assert gradient_difference(fault(exact), exact) > 2 * TOLERANCE


def test_gradients_of_nothing() -> None:
    blank = np.zeros((1, 2, 3, 3, 2), np.float32)
    assert gradient_difference(blank, blank) == 0
    assert gradient_difference(blank + 1, blank) == 1
    assert gradient_difference(np.full_like(blank, np.nan), np.full_like(blank, np.nan)) == 0


def test_what_is_off_in_every_image_is_no_jump() -> None:
    """A channel of 49 places with its sign turned is fewer positions than are left out for jumps."""
    exact = np.random.default_rng(0).normal(size=(1, 4, 7, 7, 512))
    found = exact.copy()
    found[..., 3] *= -1
    assert gradient_difference(found, exact) > TOLERANCE
    found = exact.copy()
    found[0, 1, :2, :2, 3] *= -1
    assert gradient_difference(found, exact) <= TOLERANCE, "of one image it may be a jump"
