"""A run over a folder beside its parts: which figures stand in the table, by parts that take a known time."""

from __future__ import annotations

import threading
from typing import Any

import folder
import numpy as np
import pytest


class Known:
    """Parts that do nothing."""

    images = (None,) * 60

    def pictures(self, threads: int) -> None: ...

    together = passes = run = command = pictures


TAKES = {"decode + encode, 1 thread": 8, "forward + backward": 2, "run": 6, "command": 9}


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(tasks: dict[str, Any], rounds: int) -> dict[str, np.ndarray]:
        def of(name: str) -> float:
            return TAKES.get(name, 4 if name.startswith("decode") else 5)

        return {name: np.full(rounds, of(name)) for name in tasks}

    monkeypatch.setattr(folder, "in_turn", taken)


def rows(floor_only: bool) -> dict[Any, dict[str, Any]]:
    return {row.pop("what"): row for row in folder.measure(Known(), 2, floor_only)}  # type: ignore[arg-type]


def test_the_run_stands_beside_its_parts_and_the_floor(seconds: None) -> None:
    run, columns = rows(False)["run"], ("/ the larger part", "/ the floor")
    assert [run[name] for name in columns] == [6 / 8, 6 / 5] and run["images a second"] == 10
    (by_threads,) = (name for name in run if name.startswith("/ decode"))
    assert run[by_threads] == 6 / 4 and len(rows(False)) == 6


def test_the_floor_alone(seconds: None) -> None:
    found = rows(True)
    assert [*found][2:] == ["run", "command"] and len(found) == 4
    assert found["run"]["/ the floor"] == 6 / 5 and "/ the larger part" not in found["run"]


def test_pictures_and_passes_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=120)

    class Meeting(folder.Parts):
        def __init__(self) -> None: ...

        def pictures(self, threads: int) -> None:
            both.wait()

        def passes(self) -> None:
            both.wait()

    Meeting().together(2)
