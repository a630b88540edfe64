"""A traced question cut in two behind a layer: where, and what cannot be cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.by_openvino import CLASSES, X, by_tensorflow, gradients, lines, made
from support.by_openvino import same_gradients as same
from support.contract import shared_layer, with_weights
from support.cut_models import patient
from support.small_models import build_tiny
from xai_cam.cam.engines.openvino.split import Split

pytest.importorskip("openvino")


def residual(last: str = "add") -> Any:
    """What the layer `deep` puts out is joined with what leads past it."""
    import keras
    from keras import layers

    inputs = keras.Input((16, 16, 3))
    start = layers.Conv2D(4, 3, padding="same", activation="relu", name="start")(inputs)
    deep = layers.Conv2D(4, 3, padding="same", name="deep")(start)
    joined = layers.Add()([start, deep]) if last == "add" else layers.Multiply()([start, deep])
    pooled = layers.GlobalAveragePooling2D()(layers.ReLU()(joined))
    beside = layers.Dense(2)(layers.Flatten()(layers.MaxPooling2D(4)(inputs)))
    model = keras.Model(inputs, layers.Dense(3, "softmax")(layers.Concatenate()([pooled, beside])))
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("model", "layer", "shapes"),
    [
        (build_tiny, "conv_2", [(8, 8, 8)]),
        (build_tiny, "conv_1", [(16, 16, 6)]),
        (residual, "deep", [(16, 16, 4), (16, 16, 4), (2,)]),
        (lambda: residual("multiply"), "deep", [(16, 16, 4), (16, 16, 4), (2,)]),
    ],
)
def test_it_is_cut_behind_the_layer_and_through_what_leads_past_it(
    model: Callable[[], Any], layer: str, shapes: list[tuple[int, ...]]
) -> None:
    explainer = made(model(), layer=layer)
    function = explainer.engine.tensorflow.whole.gradient_function("logit", 1)  # type: ignore[attr-defined]
    split = Split(function.get_concrete_function())
    edge = [tuple(tensor.shape[1:]) for tensor in split.first.outputs if tensor.dtype == "float32"]
    assert sorted(edge) == sorted(shapes)
    kinds = {operation.type for operation in split.rest.graph.get_operations()}
    assert "Conv2D" not in kinds or layer == "conv_1", "what lies before the layer is not computed twice"
    same(gradients(explainer), by_tensorflow(explainer.network, layer=layer))
    assert explainer.engine.passes_by == "openvino"


@pytest.mark.parametrize(
    ("names", "shapes"),
    [
        (("conv_1", "conv_2"), [(16, 16, 6)]),
        (("conv_2", "conv_1"), [(16, 16, 6)]),
        (("conv_2", "pool"), [(8, 8, 6)]),
    ],
)
def test_of_several_layers_it_is_cut_behind_the_first(names: tuple[str, ...], shapes: list[Any]) -> None:
    """What lies between them is left to the part that has the gradients."""
    explainer = made(build_tiny())
    whole: Any = explainer.engine.tensorflow.at_layers(  # type: ignore[attr-defined]
        [explainer.network.find(name) for name in names]
    )
    function = whole.gradient_function("logit", 1).get_concrete_function()
    split = Split(function, len(names))
    assert [tuple(tensor.shape[1:]) for tensor in split.first.outputs] == shapes
    given = tf.constant(X), tf.constant(CLASSES[:, :1])
    for one, other in zip(split.rest(*split.first(given[0]), given[1]), function(*given), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_layer_called_several_times_is_cut_once() -> None:
    explainer = made(shared_layer(), layer="last")
    function = explainer.engine.tensorflow.whole.gradient_function("logit", 1)  # type: ignore[attr-defined]
    (edge,) = Split(function.get_concrete_function()).first.outputs
    assert edge.shape[1:] == (16, 16, 3)


def test_other_inputs_go_with_the_part_that_they_lead_to() -> None:
    """Of images, classes, a vector and a number the vector joins before the layer, and again behind it."""
    explainer = made(patient().model, layer="last", output_name="kind")
    function = explainer.engine.tensorflow.whole.gradient_function("logit", 1)  # type: ignore[attr-defined]
    split = Split(function.get_concrete_function())
    assert split.early == [0, 2]
    assert [tuple(one.shape[1:]) for one in split.first.inputs[:2]] == [(15, 17, 3), (4,)]


def loops_before() -> Any:
    """A recurrent layer walks over the rows of the picture before it is convolved."""
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 3))
    rows = layers.LSTM(12, return_sequences=True)(layers.Reshape((8, 24))(inputs))
    maps = layers.Conv2D(4, 3, name="last")(layers.Reshape((8, 4, 3))(rows))
    return with_weights(keras.Model(inputs, layers.Dense(3)(layers.Flatten()(maps))))


def counts_calls() -> Any:
    """What it says depends on how often it was asked."""
    import keras
    from keras import layers

    class Counting(layers.Layer):
        def build(self, shape: Any) -> None:
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x: Any) -> Any:
            self.calls.assign_add(1.0)
            return x * self.calls

    inputs = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, name="last")(Counting()(inputs))
    return with_weights(keras.Model(inputs, layers.Dense(3)(layers.Flatten()(maps))))


@pytest.mark.parametrize(("model", "says"), [(loops_before, "loops"), (counts_calls, "its own variables")])
def test_what_a_graph_cannot_stand_for_is_left_to_tensorflow(
    model: Callable[[], Any], says: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.cam.engines.openvino.prefix.Passes._whole", lambda *given: None)
    explainer, start = made(model(), layer="last"), model().get_weights()
    for count in range(2):
        found = gradients(explainer, X[:, :8, :8])
        other = model()
        other.set_weights(start)
        for _ in range(count):
            by_tensorflow(other, X[:, :8, :8], layer="last")
        same(found, by_tensorflow(other, X[:, :8, :8], layer="last"))
    (line,) = [one for one in lines(caplog) if one.startswith("OpenVINO")]
    assert says in line and explainer.engine.passes_by == "tensorflow"
