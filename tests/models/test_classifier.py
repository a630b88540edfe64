"""What a model answers about an image: worked out by hand."""

from __future__ import annotations

import numpy as np

from xai_cam.models.classifier import Prediction


def test_a_prediction_by_hand() -> None:
    prediction = Prediction(np.array([0.125, 0.5, 0.125, 0.25], np.float32), 1)
    assert prediction.margin == 0.25
    assert prediction.ranking == [(1, 0.5), (3, 0.25), (0, 0.125)], "of equal ones the first"
    assert Prediction(np.array([0.5, 0.5]), 0).margin == 0
    assert Prediction(np.array([-3.0, -1.0]), 1).ranking == [(1, -1.0), (0, -3.0)]
