"""Counts of passes through the model, and how many images' worth of a batch they make."""

from __future__ import annotations

from xai_cam.runs.passes import PassCounter


def test_stages_add_up_to_the_batch() -> None:
    """Two methods on four images: the first half of the batch is done when all its channels are."""
    told: list[tuple[str, int, int, float]] = []
    counter = PassCounter(lambda *count: told.append(count), stages=2, names={"masked scores": "score-cam"})
    for _ in range(2):
        counter.begin()
        counter.ask(4)
        counter("masked scores", 16, 64)
        counter("masked scores", 64, 64)
        counter("ablated scores", 32, 64)
    assert told[:3] == told[3:]
    assert told[:3] == [
        ("score-cam", 16, 64, 0.5),
        ("score-cam", 64, 64, 2.0),
        ("ablated scores", 32, 64, 3.0),
    ]


def test_groups_of_a_batch_count_for_what_they_are() -> None:
    told: list[float] = []
    counter = PassCounter(lambda *count: told.append(count[-1]), stages=1)
    counter.ask(3)
    counter("x", 8, 8)
    counter.ask(1)
    counter("x", 4, 8)
    assert told == [3.0, 3.5]
