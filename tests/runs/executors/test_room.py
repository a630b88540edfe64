"""How many workers the machines of a cluster have room for, and in how many threads they compute."""

from __future__ import annotations

import pytest

from xai_cam.runs.executors.room import Machine, cores, lack, machines_of, shares

EIGHT = [Machine(8.0)]
DGX = [Machine(64.0, 8.0)]
TWO = [Machine(32.0, 4.0), Machine(32.0, 4.0)]


@pytest.mark.parametrize(
    ("asked", "machines", "each", "most", "expected"),
    [
        (None, EIGHT, 0.0, 99, (8, 1)),
        (2, EIGHT, 0.0, 99, (2, 4)),
        (3, EIGHT, 0.0, 99, (3, 2)),
        (16, EIGHT, 0.0, 99, (16, 1)),
        (None, EIGHT, 0.0, 2, (2, 4)),
        (None, DGX, 1.0, 99, (8, 8)),
        (None, TWO, 0.5, 99, (16, 4)),
        (None, TWO, 0.1, 99, (80, 1)),
        (3, TWO, 1.0, 99, (3, 16)),
        (None, TWO, 3.0, 99, (2, 32)),
        (None, [Machine(0.5)], 0.0, 0, (1, 1)),
        (None, [], 0.0, 5, (1, 1)),
    ],
)
def test_workers_and_their_threads(
    asked: int | None, machines: list[Machine], each: float, most: int, expected: tuple[int, int]
) -> None:
    assert shares(asked, machines, each, most) == expected


@pytest.mark.parametrize(
    ("machines", "each", "workers", "expected"),
    [
        (EIGHT, 0.0, 99, None),
        (EIGHT, 1.0, 1, "no workers of 1 GPU each"),
        (DGX, 1.0, 8, None),
        (DGX, 0.5, 17, "16 workers of 0.5 GPU each"),
        (TWO, 3.0, 3, "2 workers of 3 GPUs each"),
        (TWO, 5.0, 1, "no workers of 5 GPUs each"),
        ([Machine(4.0, 1.0)], 1.0, 2, "1 worker of 1 GPU each"),
    ],
)
def test_what_there_is_too_little_of(
    machines: list[Machine], each: float, workers: int, expected: str | None
) -> None:
    assert lack(machines, each, workers) == expected


def test_a_head_without_cores_takes_no_workers() -> None:
    nodes = [
        {"Alive": True, "Resources": {"memory": 1.0}},
        {"Alive": True, "Resources": {"CPU": 8.0, "GPU": 2.0}},
        {"Alive": False, "Resources": {"CPU": 8.0}},
        {"Alive": True, "Resources": {"CPU": 4.0}},
    ]
    assert machines_of(nodes) == [Machine(8.0, 2.0), Machine(4.0)]
    assert cores() >= 1
