"""What is told of the channels that were scored."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.scored import Scored

MAPS = np.random.default_rng(0).uniform(size=(2, 3, 3, 4)).astype(np.float32)


def test_all_scores_are_exact_and_of_some_no_error_is_known() -> None:
    scores = np.ones((2, 1, 4), np.float32)
    scores[1, :, 2] = np.nan
    found = Scored.of(scores, MAPS)
    assert found.told(0) == (4, 4, 0) and found.told(1) == (3, 4, None)


def test_constant_channels_are_none_to_score() -> None:
    maps = MAPS.copy()
    maps[..., 1] = 5
    scores = np.ones((2, 1, 4), np.float32)
    scores[..., 1] = np.nan
    assert Scored.of(scores, maps).told(0) == (3, 3, 0)
