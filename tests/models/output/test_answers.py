"""What one call of a model answers, read output by output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.target_networks import AGES, X, model, network
from xai_cam.errors import ModelError
from xai_cam.models.output.answers import Answers
from xai_cam.models.output.model_output import ModelOutput


def test_each_output_by_its_own_head() -> None:
    kind, amount, mask = (np.asarray(one) for one in model("several")([X, AGES]))
    chosen = network("several", "*")

    def run(images: Any, ages: Any) -> Any:
        answers = chosen.run(images, extras=[ages])
        return [answers.table(which) for which in range(3)]

    first, second, third = tf.function(run, autograph=False)(tf.constant(X), tf.constant(AGES))
    np.testing.assert_allclose(first.probabilities, kind, rtol=1e-5)
    np.testing.assert_allclose(second.logits, amount, rtol=1e-5)
    won = np.stack([(mask.argmax(-1) == c).mean((1, 2)) for c in range(2)], 1)
    np.testing.assert_allclose(third.output, won, rtol=1e-5)


def test_what_has_no_head_says_why() -> None:
    output = ModelOutput("boxes", 0, (3, 4, 5, 2), None, "It is no list of numbers.")
    with pytest.raises(ModelError, match="It is no list of numbers"):
        Answers([output], [tf.zeros((1, 3, 4, 5, 2))], None, []).table()
