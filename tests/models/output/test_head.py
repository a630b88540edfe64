"""What a model's output means: logits, probabilities and the predicted class of every kind of head."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import Explainer, explain
from xai_cam.errors import InputError, ModelError
from xai_cam.models.network import Network
from xai_cam.models.output.head import Head

make = keras.layers
X = np.random.default_rng(2).normal(0, 1, (4, 16, 16, 3)).astype(np.float32)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def on_top(tail: Any, units: int = 3) -> tuple[Any, np.ndarray]:
    """The tiny model with `tail` (a function of its logits) behind it, and its logits for X."""
    body = build_tiny(units, None)
    model = keras.Model(body.inputs, tail(body.output))
    return model, np.asarray(body(X))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.mean, self.top = make.Conv2D(4, 3), make.GlobalAveragePooling2D(), make.Dense(3)

    def call(self, x: Any) -> Any:
        return keras.ops.softmax(self.top(self.mean(self.conv(x))))


# --- Several units -----------------------------------------------------------------------------------

HEADS = {
    "softmax": ("softmax", make.Activation("softmax"), softmax),
    "Softmax layer": ("softmax", make.Softmax(), softmax),
    "linear": ("linear", make.Activation("linear"), lambda z: z),
    "sigmoid": ("sigmoid", make.Activation("sigmoid"), sigmoid),
    "relu": ("relu", make.ReLU(), lambda z: np.maximum(z, 0)),
    "operation": ("softmax", keras.ops.softmax, softmax),
    "reshape": ("softmax", lambda z: make.Reshape((3,))(make.Softmax()(make.Reshape((1, 1, 3))(z))), softmax),
    "flatten": ("softmax", lambda z: make.Flatten()(make.Softmax()(make.Reshape((1, 1, 3))(z))), softmax),
}


@pytest.mark.parametrize("name", HEADS)
def test_logits_and_probabilities(name: str):
    activation, tail, formula = HEADS[name]
    model, z = on_top(tail)
    network, engine = Network(model), Explainer(model).engine
    assert (network.head.activation, network.head.classes) == (activation, 3)
    forward = engine.forward(X)
    np.testing.assert_allclose(forward.logits, z, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(forward.output, formula(z), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(forward.predicted[:, 0], formula(z).argmax(axis=1))
    probabilities = {"linear": softmax(z), "relu": np.full_like(z, np.nan)}.get(activation, formula(z))
    np.testing.assert_allclose(forward.probabilities, probabilities, rtol=1e-4, atol=1e-6)


def test_a_softmax_inside_a_subclassed_call():
    model = Subclassed()
    model(X)
    forward = Explainer(model).engine.forward(X)
    z = np.asarray(model.top(model.mean(model.conv(X))))
    np.testing.assert_allclose(forward.logits, z, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(forward.probabilities, softmax(z), rtol=1e-4)


@pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning")
def test_an_average_of_two_softmaxes_has_log_probabilities():
    body = build_tiny(3, None)
    both = [make.Softmax()(body.output), make.Softmax()(make.Dense(3)(body.output))]
    model = keras.Model(body.inputs, make.Average(name="both")(both))
    (found,) = explain(model, X[:1])
    p = np.asarray(model(X[:1]))[0]
    assert found.score_name == "log-probability"
    np.testing.assert_allclose(found.score, np.log(p.max()), rtol=1e-4)
    np.testing.assert_allclose(found.probability, p.max(), rtol=1e-5)


def test_a_relu_head_has_no_probabilities():
    model, _ = on_top(make.ReLU())
    with pytest.raises(InputError, match="ends in relu, which gives none"):
        explain(model, X, method="score-cam-official")
    (found,) = explain(model, X[:1])
    assert np.isnan(found.probability) and not np.isnan(found.ranking[0][1])


@pytest.mark.filterwarnings("ignore:You are using a softmax:UserWarning")
@pytest.mark.parametrize("tail", [make.Activation("softmax"), make.Softmax()])
def test_a_softmax_over_one_unit_is_refused(tail: Any):
    with pytest.raises(ModelError, match="1 for every image"):
        _ = Network(on_top(tail, units=1)[0]).head


# --- One unit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", "linear"])
def test_one_unit_is_two_classes(activation: str):
    model, z = on_top(make.Activation(activation), units=1)
    forward = Explainer(model, head="binary").engine.forward(X)
    np.testing.assert_allclose(forward.logits, np.hstack([-z, z]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        forward.probabilities, np.hstack([1 - sigmoid(z), sigmoid(z)]), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(forward.predicted[:, 0], (z[:, 0] >= 0).astype(int))


@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_class_0_is_class_1_of_the_negated_model(activation: str | None, method: str):
    model, negated = build_tiny(1, activation), build_tiny(1, activation)
    kernel, bias = model.get_layer("head").get_weights()
    negated.get_layer("head").set_weights([-kernel, -bias])
    found = explain(model, X, method=method, target_class=0, head="binary")
    expected = explain(negated, X, method=method, target_class=1, head="binary")
    assert any(f.status == "ok" for f in found)
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(f.cam, e.cam, rtol=1e-4, atol=1e-6)


def test_hard_sigmoid():
    model, z = on_top(make.Activation("hard_sigmoid"), units=1)
    forward = Explainer(model).engine.forward(X)
    p = np.clip(z / 6 + 0.5, 0, 1)  # as Keras 3 defines it
    np.testing.assert_allclose(forward.logits, np.hstack([-z, z]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(forward.probabilities, np.hstack([1 - p, p]), rtol=1e-4, atol=1e-6)


# --- Values ------------------------------------------------------------------------------------------


def test_one_linear_unit_is_a_value():
    """The map is that of the unit itself: what raises it, also where it is below 0."""
    model, z = on_top(make.Activation("linear"), units=1)
    network = Network(model)
    assert network.head.is_regression and network.head.classes == 1 and not network.head.has_probabilities
    raised, as_class = explain(model, X), explain(model, X, target_class=1, head="binary")
    for value, found, expected in zip(z[:, 0], raised, as_class, strict=True):
        np.testing.assert_allclose(found.score, value, rtol=1e-5)
        assert found.score_name == "value" and found.predicted_class is None and np.isnan(found.probability)
        assert found.ranking == ((0, found.score),)
        np.testing.assert_allclose(found.cam, expected.cam, rtol=1e-5, atol=1e-7)


def test_values_have_no_rank():
    model, z = on_top(make.Activation("linear"))
    model.compile(loss="mae")
    first, third = explain(model, X[:1])[0], explain(model, X[:1], target_class=2)[0]
    assert (first.target_class, third.target_class) == (0, 2)
    np.testing.assert_allclose([first.score, third.score], z[0, [0, 2]], rtol=1e-5)
    assert [k for k, _ in first.ranking] == [0, 1, 2]
    with pytest.raises(InputError, match=r"regression \(trained with mae\).*0 to 2"):
        explain(model, X, target_class="top2")
    with pytest.raises(InputError, match="needs probabilities, but the model is a regression"):
        explain(model, X, method="score-cam-official")
    classes = explain(model, X[:1], head="softmax")[0]
    np.testing.assert_allclose(classes.probability, softmax(z[:1]).max(), rtol=1e-5)


def test_a_regression_is_not_evaluated():
    with pytest.raises(ModelError, match="An evaluation needs a classifier, but the model is a regression"):
        Network(on_top(make.Activation("linear"), units=1)[0]).head.check_classes("An evaluation")


def test_heads_in_words():
    assert Head(3, "softmax").describe() == "3 classes, softmax" and Head(3, "softmax").note == ""
    head = Head(2, "linear", "regression", "trained with mse")
    assert head.describe() == "regression, 2 values (trained with mse)"
    assert head.note.startswith("Regression: trained with mse. The first of 2 values is explained")
    assert head.describe_scores([("x", 40.19), ("y", -3.0)]) == "values x 40.19, y -3"
    assert head.note_on(["1:down"]) == "Regression: trained with mse. Explained of 2 values: 1:down."
    assert head.describe_scores([("x", 40.19)]) == "values x 40.19, …"
    assert Head(1, "linear", "regression").describe_scores([("0", 121.5)]) == "value 121.5"
    assert Head(3, "softmax").describe_scores([("cat", 0.98)]) == "predicted cat 0.98"
    numbered = Head(2, "softmax").describe_scores([("1", 0.541), ("0", 0.459)])
    assert numbered == "predicted class 1 (0.541), class 0 (0.459)"
    assert head.leading([1.0, 5.0]) == [(0, 1.0), (1, 5.0)]
    assert Head(2, "softmax").leading([0.2, 0.8]) == [(1, 0.8), (0, 0.2)]


def test_labels_of_values():
    head = Head(1, "linear", "regression", "one linear unit")
    head.check_labels(["age"])
    with pytest.raises(InputError, match="2 classes, but the model is a regression"):
        head.check_labels(["cat", "dog"])


# --- Saturation and the probability's gradient -------------------------------------------------------


@pytest.mark.parametrize(("units", "activation"), [(1, "sigmoid"), (3, "softmax")])
def test_a_saturated_probability_still_has_a_map(units: int, activation: str):
    model = build_tiny(units, activation)
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([np.abs(kernel), bias + 200 * np.eye(1, units, dtype=np.float32)[0]])
    target = 1 if units == 1 else 0
    by_logit, by_probability = (
        explain(model, X, target_class=target, score=score) for score in ("logit", "probability")
    )
    assert {e.probability for e in by_logit} == {1.0}
    assert "ok" in {e.status for e in by_logit}
    assert {e.status for e in by_probability} == {"blank"}
    assert "try the logit" in by_probability[0].cause


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_the_gradient_of_a_probability(activation: str):
    """dp_c/dA: of a sigmoid p (1 - p) dz_c/dA; of a softmax p_c (dz_c/dA - sum over d of p_d dz_d/dA)."""
    engine = Explainer(build_tiny(3, activation), "conv_2").engine
    by_class = list(engine.gradients(X, np.tile(np.arange(3), (len(X), 1)), "logit")[1])
    forward, (found,) = engine.gradients(X, np.full((len(X), 1), 1), "probability")
    p = forward.probabilities[:, :, None, None, None]
    if activation == "sigmoid":
        expected = p[:, 1] * (1 - p[:, 1]) * by_class[1]
    else:
        expected = p[:, 1] * (by_class[1] - sum(p[:, c] * by_class[c] for c in range(3)))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_mixed_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = build_tiny()
    finally:
        keras.mixed_precision.set_global_policy("float32")
    exact = build_tiny()
    methods = ["grad-cam", "score-cam"]
    for found, expected in zip(
        explain(model, X, method=methods), explain(exact, X, method=methods), strict=True
    ):
        assert found.cam.dtype == np.float32 and found.predicted_class == expected.predicted_class
        np.testing.assert_allclose(found.cam, expected.cam, rtol=0, atol=0.02 * expected.cam.max())
