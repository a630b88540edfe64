"""What is asked about inputs: gradients of several classes at once, with what rides along with images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.small_models import build_held
from xai_cam import Explainer
from xai_cam.cam import input_evidence
from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.models.input.inputs import Inputs

X = np.random.default_rng(6).uniform(0, 1, (3, 16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> Any:
    return build_held()


def test_other_inputs_are_those_of_the_image(model: Any) -> None:
    ages = np.array([[-2], [0], [2]], np.float32)
    explainer = Explainer(model, engine="tensorflow", chunk_size=2)
    together = explainer.explain({"image": X, "age": ages}, "saliency", [1])
    for i in range(3):
        alone = explainer.explain({"image": X[i : i + 1], "age": ages[i : i + 1]}, "saliency", [1])
        np.testing.assert_allclose(together[i][0].cam, alone[0][0].cam, rtol=1e-5)
    swapped = explainer.explain({"image": X, "age": ages[::-1]}, "saliency", [1])
    assert np.abs(swapped[0][0].cam - together[0][0].cam).max() > 0.01 * together[0][0].cam.max()


def test_classes_are_asked_for_together_up_to_a_number(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    explainer, asked = Explainer(model, engine="tensorflow").of_input, list[tuple[int, int]]()
    told: list[str] = []
    original = explainer.engine.input_gradients

    def counted(question: InputGradients) -> str:
        asked.append((len(question.images), question.columns.shape[1]))
        told.append(question.what)
        return original(question)

    monkeypatch.setattr(explainer.engine, "input_gradients", counted)
    given = Inputs(X, (np.zeros((3, 1), np.float32),))
    whole = explainer.explain(given, "saliency", "top3")
    assert asked == [(3, 3)] and whole[0][0].engine == "tensorflow"
    explainer.explain(given, ["smooth-grad", "saliency"], [0])
    assert told[-2:] == ["gradients at noisy inputs", "gradients at the input"]
    del asked[1:]
    monkeypatch.setattr(input_evidence, "GRADIENTS_AT_ONCE", 2)
    parts = explainer.explain(given, "saliency", "top3")
    assert asked[1:] == [(3, 2), (3, 1)]
    for of_image, expected in zip(parts, whole, strict=True):
        for one, right in zip(of_image, expected, strict=True):
            np.testing.assert_allclose(one.cam, right.cam, rtol=1e-5, atol=1e-7)
