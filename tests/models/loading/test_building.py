"""Configurations become models whose memory is taken when their shapes are known to be right."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.backend.common.global_state import get_global_attribute, set_global_attribute

from support.configurations import layer, sequential
from support.small_models import build_tiny
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.models.loading.building import (
    WAITING,
    allocate_weights,
    build,
    keras2_hard_sigmoid,
    shapes_first,
)


def test_shapes_before_memory() -> None:
    config = json.loads(build_tiny().to_json())
    with shapes_first():
        built = build(config, allocate=False)
        assert [tuple(v.shape) for v in built.weights] == [tuple(v.shape) for v in build_tiny().weights]
        assert all(variable._value is None for variable in built.weights)
        allocate_weights(built)
    assert not any(np.asarray(variable).any() for variable in built.weights)
    built.set_weights(build_tiny().get_weights())
    x = np.random.default_rng(0).normal(size=(1, 16, 16, 3)).astype(np.float32)
    np.testing.assert_array_equal(built(x), build_tiny()(x))


def test_variables_of_the_callers_program_go_on_waiting() -> None:
    before = get_global_attribute(WAITING, [])
    theirs = [object()]
    set_global_attribute(WAITING, theirs)
    try:
        with pytest.raises(ZeroDivisionError), shapes_first():
            build(json.loads(build_tiny().to_json()), allocate=False)
            raise ZeroDivisionError
        assert get_global_attribute(WAITING) is theirs and len(theirs) == 1
    finally:
        set_global_attribute(WAITING, before)


UNBUILT = json.loads(keras.Sequential([keras.layers.ReLU()]).to_json())


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (sequential(layer("Nonsense")), "Keras cannot build the model"),
        ({"module": "keras.layers", **layer("ReLU")}, "does not describe a Keras model"),
        (UNBUILT, "does not say what its input looks like"),
    ],
    ids=["refused by Keras", "a layer", "without an input"],
)
def test_what_is_no_model(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        build(config)


class Odd(keras.layers.Layer):
    """A layer that cannot be built."""

    error: Exception = ValueError("no")

    def build(self, input_shape: Any) -> None:
        raise self.error


def build_odd(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(Odd, "error", error)
    odd = {"module": None, "registered_name": "Odd", **layer("Odd")}
    inputs = {"module": "keras.layers", **layer("InputLayer", batch_shape=[None, 4, 4, 3])}
    build({"module": "keras", **sequential(inputs, odd)}, {"Odd": Odd})


@pytest.mark.parametrize(
    "error", [StopIteration(), Exception("one\ntwo"), BufferError("x" * 9000), SyntaxError("no")]
)
def test_whatever_a_layer_raises_is_one_sentence(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(ModelError, match=r"^Keras cannot build the model: .+ Check that") as refused:
        build_odd(monkeypatch, error)
    assert "\n" not in refused.value.message and len(refused.value.message) < 600


def test_memory_that_runs_out_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutOfMemoryError, match="while the model was built"):
        build_odd(monkeypatch, MemoryError())


def test_operations_too() -> None:
    """Keras looks for as many sides of its input as are left, and finds too few."""
    image = keras.Input((4, 4, 3))
    config = json.loads(keras.Model(image, keras.ops.expand_dims(image, 1)).to_json())
    config["config"]["layers"][1]["config"]["axis"] = [1] * 50
    with pytest.raises(ModelError, match="Keras cannot build the model"):
        build(config)


def test_the_hard_sigmoid_of_keras_2() -> None:
    """0.2 x + 0.5, cut off at 0 and 1."""
    for x in (-9.0, -2.5, -1.0, 0.0, 0.75, 2.5, 9.0):
        assert float(keras2_hard_sigmoid(np.float32(x))) == pytest.approx(min(max(0.2 * x + 0.5, 0), 1))
