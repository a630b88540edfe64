"""Layers and models under `tf.function` are looked into as if they were plain."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from xai_cam.cam.explainer import Explainer
from xai_cam.models.network import Network
from xai_cam.models.plain_calls import plain_calls

SHAPE = (8, 6, 3)


class Own(keras.Model):
    """The same model, as its code stands."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.first = layers.Conv2D(4, 3, padding="same", name="first")
        self.last = layers.Conv2D(5, 3, name="last")
        self.mean = layers.GlobalAveragePooling2D(name="mean")
        self.head = layers.Dense(3, name="head")

    def call(self, x: Any) -> Any:
        y = self.first(x / 255.0)
        for _ in range(2):
            y = tf.nn.relu(y)
        return self.head(self.mean(self.last(y)))


class Decorated(Own):
    """Its method is a function of the class."""

    @tf.function
    def call(self, x: Any) -> Any:
        return super().call(x)


class Assigned(Own):
    """Its method is a function of the object."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.call = tf.function(super().call)


class Deciding(Own):
    """Its code has an `if` that only TensorFlow's conversion understands."""

    @tf.function
    def call(self, x: Any) -> Any:
        if tf.reduce_max(x) > 300:
            y = x * 2.0
        else:
            y = x
        return super().call(y)


def built(kind: type[Own]) -> Own:
    keras.utils.set_random_seed(1)
    model = kind()
    model(np.zeros((1, *SHAPE), np.float32))
    return model


def forward(model: Any) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
    found = Explainer(Network(model, SHAPE[:2]), "last", engine="tensorflow").engine.forward(images)
    return found.activations, found.logits


@pytest.mark.parametrize("kind", [Decorated, Assigned, Deciding])
def test_it_is_explained_as_the_plain_model_is(kind: type[Own]):
    model = built(kind)
    network = Network(model, SHAPE[:2])
    assert network.default_layer().path == "last"
    assert [info.path for info in network.layers] == ["first", "last", "mean", "head"]
    for found, expected in zip(forward(model), forward(built(Own)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", [Own, Decorated, Assigned])
def test_the_model_is_left_as_it_was(kind: type[Own]):
    model = built(kind)
    before = dict(vars(model))
    with plain_calls(model):
        assert not hasattr(model.call, "python_function")
    assert dict(vars(model)) == before
    with pytest.raises(ZeroDivisionError), plain_calls(model):
        raise ZeroDivisionError
    assert dict(vars(model)) == before


def test_a_layer_of_a_functional_model():
    class Block(layers.Layer):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.inner = layers.Conv2D(4, 3, name="inner")

        @tf.function
        def call(self, x: Any) -> Any:
            return self.inner(x)

    inputs = keras.Input(SHAPE)
    pooled = layers.GlobalAveragePooling2D()(Block(name="block")(inputs))
    network = Network(keras.Model(inputs, layers.Dense(2)(pooled)))
    assert network.default_layer().path == "block"
    assert network.find("inner").maps_shape == (6, 4, 4)
