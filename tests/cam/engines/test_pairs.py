"""Pairs of image and channel, walked over in chunks of one size: by hand."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.engines.pairs import Pairs

ASKED = np.array([[True, False, True], [False, False, True]])


def test_chunks_are_of_one_size_and_hold_every_pair_once() -> None:
    pairs = Pairs(ASKED, 1)
    assert len(pairs) == 3
    assert pairs.chunk(0, 2).tolist() == [[0, 0], [0, 2]]
    assert pairs.chunk(2, 2).tolist() == [[1, 2], [1, 2]], "a short chunk repeats its pairs"
    assert pairs.chunk(0, 5).tolist() == [[0, 0], [0, 2], [1, 2], [0, 0], [0, 2]]
    assert pairs.chunk(0, 2).dtype == np.int32


def test_scores_come_where_their_pairs_are() -> None:
    """Two classes; the logit of pair i for class c is 10 i + c, its probability a hundredth of that."""
    pairs = Pairs(ASKED, 2)
    logits = np.array([[0, 1], [10, 11], [20, 21]], np.float32)
    assert pairs.fill(0, np.stack([logits[:2], logits[:2] / 100])) == 2
    repeated = logits[[2, 2]]
    assert pairs.fill(2, np.stack([repeated, repeated / 100])) == 1, "what was repeated does not count"
    nan = np.nan
    expected = [[[0, nan, 10], [1, nan, 11]], [[nan, nan, 20], [nan, nan, 21]]]
    np.testing.assert_array_equal(pairs.scores.logits, np.array(expected, np.float32))
    np.testing.assert_allclose(pairs.scores.probabilities, np.array(expected) / 100, rtol=1e-6)


def test_nothing_is_asked() -> None:
    pairs = Pairs(np.zeros((2, 3), bool), 1)
    assert len(pairs) == 0 and np.isnan(pairs.scores.logits).all() and pairs.scores.logits.shape == (2, 1, 3)
