"""Weights of channels from their scores, and the scale on which scores are expected."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.methods import METHODS
from xai_cam.cam.weighting import Weighting


@pytest.mark.parametrize("weighting", Weighting)
def test_scores_come_back_from_the_scale_on_which_they_are_expected(weighting: Weighting) -> None:
    scores = np.array([[0.2, 1e-12, 0.9]])
    np.testing.assert_allclose(weighting.unscaled(weighting.scale(scores)), scores, rtol=1e-9)


def test_a_probability_of_0_has_a_logarithm() -> None:
    assert np.isfinite(Weighting.PROBABILITY.scale(np.zeros(3))).all()


def test_methods_that_score_each_channel_say_how_weights_follow() -> None:
    assert all((one.weighting is not None) == one.evidence.by_channel for one in METHODS.values())
