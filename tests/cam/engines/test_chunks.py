"""Inputs in chunks of one size, and what is left when one of them was not answered."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.engines.chunks import Chunks, stack

PAIRS = [(np.full((1, 1, 1), value, np.float32), value) for value in range(5)]


def test_a_short_chunk_is_filled_up_with_its_first_pair() -> None:
    inputs, classes = stack(PAIRS[3:], 4)
    assert inputs.ravel().tolist() == [3, 4, 3, 3] and classes.tolist() == [3, 4, 3, 3]


def test_what_rides_along_is_stacked_behind() -> None:
    """A short chunk repeats that of its first pair, too."""
    pairs = [(image, k, (np.array([k, k + 1]),)) for image, k in PAIRS[:2]]
    chunks = Chunks(iter(pairs), 3, ("images", "classes", "held_0"))
    (chunk,) = list(chunks)
    assert list(chunk) == ["images", "classes", "held_0"]
    assert chunk["held_0"].tolist() == [[0, 1], [1, 2], [0, 1]] and chunk["classes"].tolist() == [0, 1, 0]


def test_what_was_not_answered_is_left() -> None:
    """Two chunks were asked for, one was answered: the other comes again, ahead of those behind it."""
    chunks = Chunks(iter(PAIRS), 2, ("images", "classes"))
    asked = iter(chunks)
    assert [next(asked)["classes"].tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    assert chunks.answered() == 2
    asked.close()  # type: ignore[attr-defined]
    assert [pair[1] for pair in chunks.left()] == [2, 3, 4]
