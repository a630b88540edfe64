"""Layers and final activations are seen while a block runs; afterwards the model is as it was."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.small_models import build_tiny
from xai_cam.models.observing import has_layers, observing

X = np.random.default_rng(0).normal(size=(1, 16, 16, 3)).astype(np.float32)


def test_outputs_go_on_as_they_are_handed_back() -> None:
    model = build_tiny()
    right, pool = model(X), model.get_layer("pool")
    seen: list[Any] = []

    def double(layer: Any, output: Any) -> Any:
        seen.append((layer, np.asarray(output)))
        return 2 * output

    with observing([], [pool], double):
        changed = model(X)
    ((layer, output),) = seen
    assert layer is pool and output.shape == (1, 8, 8, 6)
    x = model.get_layer("conv_2")(2 * output)
    np.testing.assert_allclose(changed, model.get_layer("head")(model.get_layer("average")(x)), rtol=1e-5)
    np.testing.assert_array_equal(model(X), right)


def test_activations_are_recorded_in_their_order() -> None:
    model = build_tiny()
    with observing(model.layers, [], lambda _, output: output) as found:
        answer = model(X)
    assert [activation.name for activation in found] == ["relu", "relu", "softmax"]
    np.testing.assert_array_equal(found[-1].output, answer)
    np.testing.assert_allclose(np.maximum(found[0].input, 0), found[0].output)


@pytest.mark.parametrize("stop", [None, KeyboardInterrupt, ZeroDivisionError])
def test_everything_is_put_back(stop: type[BaseException] | None) -> None:
    model = build_tiny()
    before = {layer.name: dict(vars(layer)) for layer in model.layers}

    def seen(layer: Any, output: Any) -> Any:
        if stop:
            raise stop
        return output

    def look() -> None:
        with observing(model.layers, model.layers, seen):
            assert "call" in vars(model.get_layer("pool"))
            model.get_layer("pool").call(np.zeros((1, 4, 4, 6), np.float32))

    if stop:
        with pytest.raises(stop):
            look()
    else:
        look()
    for layer in model.layers:
        own = before[layer.name]
        assert vars(layer).keys() == own.keys() and all(vars(layer)[key] is own[key] for key in own)


def test_what_is_made_of_layers() -> None:
    model = build_tiny()
    assert has_layers(model) and not has_layers(model.get_layer("conv_1"))


def test_a_name_that_tensorflow_refuses_stays_in_no_later_model() -> None:
    """Keras leaves the scope of that layer open, and names the variables of later models after it."""
    inputs = keras.Input((4, 4, 1))
    odd = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="my conv")(inputs))

    @tf.function(autograph=False)
    def trace(x: Any) -> Any:
        with observing([], odd.layers, lambda layer, output: output):
            return odd(x)

    with pytest.raises(ValueError, match="not a valid scope name"):
        trace(tf.zeros((1, 4, 4, 1)))
    later = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="head")], name="later")
    assert [weight.path for weight in later.weights] == ["later/head/kernel", "later/head/bias"]
