"""Several layers at once by OpenVINO: what each is alone by TensorFlow, from one call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.by_openvino import CLASSES, X, by_tensorflow, made
from support.by_openvino import same_gradients as same
from xai_cam import Explainer
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.openvino.worth import Worth
from xai_cam.cam.engines.questions import Computing
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.network import Network

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


# --- What was chosen elsewhere -----------------------------------------------------------------------


def engine_of(model: Any, left: int, choices: Choices) -> Any:
    network = Network(model)
    computing = Computing(cache=False, ahead=Ahead(left), choices=choices)
    return make_engine(computing, network, network.find("conv_2"))


def answered_by(engine: Any, times: int = 1) -> list[str]:
    """Who has answered about gradients, each time that this was asked."""
    found = []
    for _ in range(times):
        engine.gradients(X, CLASSES, "logit")
        found.append(engine.passes_by)
    return found


def test_what_another_process_has_chosen_is_done_from_the_first_image_on(tiny_model: Any) -> None:
    """Whatever an account would say: in a long run, or with little left, TensorFlow would begin."""
    alone = Choices()
    assert answered_by(engine_of(tiny_model, 1000, alone)) == ["tensorflow"]
    (question,) = alone.undecided
    assert question.startswith("gradients of ") and "conv_2" in question
    for chosen, by in ((True, "openvino"), (False, "tensorflow")):
        assert answered_by(engine_of(tiny_model, 1000, Choices({question: chosen})), 9) == [by] * 9


def test_predictions_too(tiny_model: Any) -> None:
    alone, inputs = Choices(), Inputs(X)
    engine_of(tiny_model, 1000, alone).predictions(inputs)
    (question,) = alone.undecided
    exact = engine_of(tiny_model, 1000, Choices({question: False}))
    other = engine_of(tiny_model, 1000, Choices({question: True}))
    for _ in range(9):
        np.testing.assert_allclose(other.predictions(inputs)[0], exact.predictions(inputs)[0], atol=1e-5)
    assert exact._graphs.ready("predictions", {}) is False and exact._graphs._compiled == {}
    assert [*other._graphs._compiled] == ["predictions"]


def test_who_answers_for_good_is_told(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name at once; by `auto` when it is certain, and always the same from then on."""
    choices = Choices()
    network = Network(tiny_model)
    by_name = make_engine(
        Computing("openvino", cache=False, choices=choices), network, network.find("conv_2")
    )
    answered_by(by_name)
    assert [*choices.settled.values()] == [True] and not choices.undecided
    choices = Choices()
    by = answered_by(engine_of(tiny_model, 100_000, choices), 12)
    (settled,) = choices.settled.values()
    assert by[0] == "tensorflow" and by[-1] == ("openvino" if settled else "tensorflow")
