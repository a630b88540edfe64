"""Counts of passes through the model, and how many images' worth of a batch they make."""

from __future__ import annotations

import pytest

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


def test_maps_of_changed_images_count_as_those_of_the_images() -> None:
    """One stage of maps, one of measuring, and the maps anew in two rounds: four stages of two images."""
    told: list[tuple[str, int, int, float]] = []
    counter = PassCounter(lambda *count: told.append(count), 1, rounds=2, names={"masks": "score-cam"})
    counter.expect(1)
    counter.begin()
    counter.ask(2)
    counter("masks", 8, 8)
    counter("measured", 4, 4)
    for _ in range(2):
        for done in (0, 1):
            with counter.again(2, done, 1, 2):
                counter("masks", 2, 4)
                counter("masks", 4, 4)
    assert [count[-1] for count in told] == [0.5, 1.0, 1.125, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875, 2.0]
    assert told[2][:3] == ("score-cam, changed images", 2, 4)


def test_a_method_that_is_asked_several_times_for_a_map_ends_when_its_part_does() -> None:
    """Of a part of 2 images each of four stages makes half of one; a fifth makes no more."""
    told: list[float] = []
    counter = PassCounter(lambda *count: told.append(count[-1]), rounds=1)
    counter.expect(4, repeats=4)
    counter.ask(4)
    with counter.again(3, 0, 3, 3):
        for _ in range(5):
            counter("x", 1, 1)
    counter("x", 1, 1)
    assert told == [0.5, 1.0, 1.5, 2.0, 2.0, 2.5]


def test_changed_images_are_counted_where_their_method_is_not() -> None:
    told: list[tuple[str, int, int, float]] = []
    counter = PassCounter(lambda *count: told.append(count), rounds=1)
    counter.expect(0)
    counter.ask(6)
    with counter.again(6, 2, 3, 6):
        pass
    with pytest.raises(MemoryError), counter.again(6, 5, 1, 6):
        raise MemoryError
    counter("x", 1, 1)
    assert told == [("changed images", 5, 6, 3.0), ("x", 1, 1, 9.0)]
