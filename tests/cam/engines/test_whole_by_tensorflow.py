"""Several layers at once are what each is alone, and are compiled once."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_cam import Explainer

X = np.random.default_rng(4).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)
LAYERS = ("conv_1", "conv_2")


def test_layers_together_are_as_each_alone(tiny_model: Any) -> None:
    explainers = [Explainer(tiny_model, layer, engine="tensorflow") for layer in LAYERS]
    engine: Any = explainers[0].engine
    whole = engine.at_layers([one.target_layer for one in explainers])
    classes = np.array([[0, 2]] * 5)
    forwards, gradients = whole.gradients(X, classes, "probability")
    for number, one in enumerate(explainers):
        alone, of_layer = one.engine.gradients(X, classes, "probability")
        np.testing.assert_allclose(gradients[number], of_layer, rtol=1e-4, atol=1e-7)
        for passed in (forwards[number], whole.forward(X)[number]):
            np.testing.assert_allclose(passed.activations, alone.activations, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(passed.probabilities, alone.probabilities, rtol=1e-5)
            np.testing.assert_array_equal(passed.predicted, alone.predicted)
    for count in (1, 3):
        assert engine.at_layers([one.target_layer for one in explainers]) is whole
        whole.gradients(X[:count], classes[:count], "probability")
    (compiled,) = whole._gradients.values()
    assert compiled.experimental_get_tracing_count() == 1 and whole.by == "tensorflow"
