"""What workers tell between their answers, while they compute; a made-up Ray stands in."""

from __future__ import annotations

from typing import Any

import pytest

from support.made_up_ray import MadeUpRay, RayError
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.ray_crew import MOST_TOLD, RayCrew
from xai_cam.runs.executors.ray_worker import TELLING
from xai_cam.runs.executors.standing import Told


def telling(told: list[Any], monkeypatch: pytest.MonkeyPatch, size: int = 2) -> tuple[MadeUpRay, RayCrew]:
    """A crew whose first worker computes, and tells this first, in a Ray where those that tell are first."""
    ray = MadeUpRay()
    ray.told = told
    crew = RayCrew(ray, size, 0.5, 3, b"job", [], lambda _: None)
    crew.start(0)
    assert crew.answer() == (0, True)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[-1:], refs[:-1]))
    return ray, crew


def test_a_worker_that_computes_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(3, 0.5), None, Told(3, 1.5, ("rise", 1, 2))
    ray, crew = telling([*told], monkeypatch)
    crew.ask(0, "run", "tasks")
    assert ray.groups == {TELLING: 1}, "beside what it is at"
    assert [crew.answer() for _ in range(2)] == [(0, told[0]), (0, told[2])]
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[:1], refs[1:]))
    assert crew.answer() == (0, ("run", "tasks"))
    assert [*crew.come()] == [], "what it still tells is nobody's answer"
    with pytest.raises(RuntimeError, match="no worker is asked"):
        crew.answer()


def test_a_worker_that_does_anything_else_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, crew = telling([], monkeypatch)
    for what in ("look", "warm", "forget"):
        crew.ask(0, what)
        assert crew.answer() == (0, (what,))


def test_what_is_told_when_the_block_is_through_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what waits to be told is not asked for twice: blocks may be shorter than that takes."""
    ray, crew = telling([Told(3, 1.0), Told(2, 1.0)], monkeypatch)
    for _ in range(3):
        crew.ask(0, "run")
        monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[:1], refs[1:]))
        assert crew.answer() == (0, ("run",))
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[-1:], refs[:-1]))
    crew.ask(0, "look")
    assert crew.answer() == (0, ("look",)) and len(ray.told) == 1


def test_what_a_dead_worker_would_have_told_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    ray, crew = telling([], monkeypatch)
    crew.ask(0, "run")
    ray.errors["do"] = RayError("worker process has died")
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[:1], refs[1:]))
    assert crew.answer() == (0, Lost("its process ended"))
    crew.start(0)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[-1:], refs[:-1]))
    assert crew.answer() == (0, True)


@pytest.mark.parametrize(("size", "seconds"), [(2, 1.0), (MOST_TOLD, 1.0), (10 * MOST_TOLD, 10.0)])
def test_large_crews_tell_less_often(size: int, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    ray, crew = telling([], monkeypatch, size)
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr(ray, "wait", lambda refs, **_: given.append(refs[-1].given) or (refs[:1], refs[1:]))
    crew.ask(0, "run")
    crew.answer()
    assert given == [(seconds,)]
