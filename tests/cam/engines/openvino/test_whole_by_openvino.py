"""Several layers at once by OpenVINO: what each is alone by TensorFlow, from one call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.by_openvino import CLASSES, X, by_tensorflow, made
from support.by_openvino import same_gradients as same
from xai_cam import Explainer
from xai_cam.cam.engines.openvino.worth import Worth

pytest.importorskip("openvino")

LAYERS = ("conv_2", "conv_1", "pool")


def at_layers(explainer: Explainer) -> Any:
    return explainer.engine.at_layers([explainer.network.find(name) for name in LAYERS])


def test_gradients_are_those_of_each_layer_alone(tiny_model: Any) -> None:
    explainer = made(tiny_model)
    whole = at_layers(explainer)
    forwards, gradients = whole.gradients(X, CLASSES, "logit")
    assert whole.by == "openvino" and at_layers(explainer) is whole
    for name, forward, found in zip(LAYERS, forwards, gradients, strict=True):
        same(found, by_tensorflow(tiny_model, layer=name))
        alone = Explainer(tiny_model, name, engine="tensorflow").engine.forward(X)
        same(forward.activations, alone.activations)
        same(forward.logits, alone.logits)


def test_activations_come_from_one_call(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worth, "pays", lambda *given: True)
    whole = at_layers(made(tiny_model))
    found = whole.forward(X)
    assert whole.by == "openvino"
    exact = at_layers(Explainer(tiny_model, engine="tensorflow")).forward(X)
    for one, other in zip(found, exact, strict=True):
        same(one.activations, other.activations)
        np.testing.assert_array_equal(one.predicted, other.predicted)


def test_where_openvino_fails_tensorflow_answers_for_all(
    tiny_model: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(concrete: Any) -> Any:
        raise RuntimeError("no such operation")

    monkeypatch.setattr("xai_cam.cam.engines.openvino.converted.translate", failing)
    whole = at_layers(made(tiny_model))
    _, gradients = whole.gradients(X, CLASSES, "logit")
    assert whole.by == "tensorflow"
    assert "up to conv_2, conv_1, pool: no such operation. Continuing with TensorFlow." in caplog.text
    for name, found in zip(LAYERS, gradients, strict=True):
        same(found, by_tensorflow(tiny_model, layer=name))
