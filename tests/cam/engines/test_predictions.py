"""Scores and classes in what a graph answers: ties and heads by hand."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.engines.predictions import as_predictions
from xai_cam.models.output.head import Head


@pytest.mark.parametrize(
    ("head", "output", "classes"),
    [
        (Head(3, "softmax"), [[0.2, 0.4, 0.4], [0.5, 0.3, 0.2]], [1, 0]),
        (Head(1, "sigmoid"), [[0.5, 0.5], [0.6, 0.4]], [1, 0]),
        (Head(1, "sigmoid", pixels=(2, 2)), [[0.9, 0.1], [1, 0]], [1, 0]),
        (Head(3, "softmax", pixels=(2, 2)), [[0.2, 0.5, 0.3]], [1]),
        (Head(2, "linear", "regression"), [[1, 7]], [0]),
    ],
)
def test_the_class_is_chosen_as_the_head_has_it(
    head: Head, output: list[list[float]], classes: list[int]
) -> None:
    scores = -np.array(output, np.float32)
    found, predicted = as_predictions(head, np.stack([scores, np.array(output, np.float32)]))
    np.testing.assert_array_equal(found, scores)
    assert predicted.tolist() == classes and predicted.dtype == np.int32
