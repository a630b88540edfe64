"""Scores expected of channels by those of others: what is left out is found again."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.expected_scores import PENALTIES, expected_scores

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(60, 3))
KNOWN = np.arange(60) < 40


def test_what_follows_from_the_features_is_found() -> None:
    scores = np.stack([5 + FEATURES @ [2.0, -1, 0], FEATURES @ [0.0, 0, 3] - 1])
    expected, deviation = expected_scores(FEATURES, scores[:, KNOWN], KNOWN)
    np.testing.assert_allclose(expected, scores, atol=0.15)
    assert (deviation < 0.1).all()


def test_noise_is_told_from_the_rest() -> None:
    scores = FEATURES @ [2.0, -1, 0] + RNG.normal(0, 0.7, 60)
    _, deviation = expected_scores(FEATURES, scores[None, KNOWN], KNOWN)
    assert 0.5 < deviation[0] < 1.1


def test_each_known_score_is_expected_of_the_others_alone() -> None:
    """The deviation, with the penalty that makes it smallest, against plain loops that leave one out."""
    scores = (FEATURES @ [1.0, 0, 0] + RNG.normal(0, 1, 60))[KNOWN]
    design = np.column_stack([np.ones(40), FEATURES[KNOWN]])
    centred = scores - scores.mean()  # as a whole: that is not left out
    found = []
    for penalty in PENALTIES:
        off = []
        for left_out in range(40):
            rows = np.arange(40) != left_out
            normal = design[rows].T @ design[rows] + penalty * np.eye(4)
            slopes = np.linalg.solve(normal, design[rows].T @ centred[rows])
            off.append(centred[left_out] - design[left_out] @ slopes)
        found.append(np.sqrt(np.mean(np.square(off))))
    _, deviation = expected_scores(FEATURES, scores[None], KNOWN)
    assert deviation[0] == pytest.approx(min(found) * np.sqrt(40 / 36), rel=1e-6)


def test_fewer_known_scores_leave_more_open() -> None:
    scores = FEATURES @ [1.0, 0, 0] + RNG.normal(0, 1, 60)
    few = np.arange(60) < 6
    _, deviation = expected_scores(FEATURES, scores[None, few], few)
    assert np.isfinite(deviation).all() and deviation[0] > 0
