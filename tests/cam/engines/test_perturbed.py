"""What a graph makes inputs of, a chunk at a time: no more than the chunk needs, by numbers of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.perturbed import mixed
from xai_cam.cam.engines.perturbed import DIMMED, Perturbed, PerturbedScores, widest

X = np.arange(3 * 2 * 2 * 2, dtype=np.float32).reshape(3, 2, 2, 2)


def made_of(asked: Perturbed, calls: list[int]) -> Perturbed:
    """The same, noting which pictures are asked for."""
    return replace(asked, picture=lambda number: (calls.append(number), asked.picture(number))[1])


def test_a_chunk_has_tables_of_what_it_needs_alone() -> None:
    """The last of image 1, and the first two of image 2, in which pixels of image 0 stand."""
    asked = mixed(X, [4, 7], np.array([[10], [20], [30]]))
    chunk = PerturbedScores(asked, ["beside_0"]).chunk(5, 3)
    assert list(chunk) == ["pictures", "planes", "rows", "classes", "beside_0"]
    np.testing.assert_array_equal(chunk["pictures"], np.moveaxis(X, -1, 1))
    np.testing.assert_array_equal(chunk["planes"], [asked.plane(k) for k in (2, 4)])
    assert chunk["rows"].tolist() == [[0, 1, 1, 1, DIMMED], [1, 2, 2, 0, 0], [1, 0, 2, 0, 2]]
    assert chunk["rows"].dtype == chunk["classes"].dtype == np.int32
    assert chunk["classes"].tolist() == [[4, 7]] * 2 and chunk["beside_0"].tolist() == [[20], [30]]


def test_a_short_chunk_repeats_its_inputs() -> None:
    chunk = PerturbedScores(mixed(X, [0])).chunk(7, 5)
    assert [row[-1] for row in chunk["rows"].tolist()] == [2, DIMMED, 2, DIMMED, 2]


def test_a_picture_is_made_when_it_is_needed_and_kept_for_the_next_chunk() -> None:
    calls: list[int] = []
    scores = PerturbedScores(made_of(mixed(X, [0]), calls))
    assert calls == []
    scores.chunk(0, 3)
    assert calls == [0, 1]
    scores.chunk(3, 3)
    assert calls == [0, 1, 2]
    scores.chunk(3, 3)
    assert calls == [0, 1, 2], "a chunk that is asked for again, as when there was no memory for it"
    scores.chunk(0, 2)
    assert calls == [0, 1, 2, 0], "what the last chunk did not need is not kept"


def test_tables_are_filled_up_to_the_largest() -> None:
    """Chunks of four: of two images at most, three pictures and three planes."""
    asked = mixed(X, [0], np.array([[10], [20], [30]]))
    most = widest(asked, 4)
    assert most == (2, 3, 3)
    scores, plain = PerturbedScores(asked, ["beside_0"], least=most), PerturbedScores(asked, ["beside_0"])
    for start in (0, 4, 8):
        filled, chunk = scores.chunk(start, 4), plain.chunk(start, 4)
        np.testing.assert_array_equal(filled["rows"], chunk["rows"])
        lengths = {name: len(one) for name, one in filled.items()}
        assert lengths == {"pictures": 3, "planes": 3, "rows": 4, "classes": 2, "beside_0": 2}
        for name, one in chunk.items():
            np.testing.assert_array_equal(filled[name][: len(one)], one)


def test_scores_are_stored_and_counted() -> None:
    told: list[tuple[int, int]] = []
    scores = PerturbedScores(mixed(X, [0, 1]), progress=lambda *count: told.append(count))
    assert (len(scores), scores.fill(0, np.ones((1, 5, 2)))) == (9, 5)
    assert np.isnan(scores.found[5:]).all() and (scores.found[:5] == 1).all()
    assert scores.fill(5, np.full((1, 5, 2), 2.0)) == 4, "the last of the chunk repeats its first"
    assert (scores.found[5:] == 2).all() and told == [(5, 9), (9, 9)]


@pytest.mark.parametrize("columns", [1, 3])
def test_nothing_to_score(columns: int) -> None:
    nothing = replace(mixed(X, list(range(columns))), rows=np.empty((0, 5), np.int32))
    scores = PerturbedScores(nothing)
    assert len(scores) == 0 and scores.found.shape == (0, columns)
