"""The front of a model: up to which layer it goes, and which layers did what to pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from xai_cam.models.traced.front import Front, front_of
from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.traced.trace import trace
from xai_cam.models.traced.values import Values

Build = Callable[[Any], Any]


def front_in(model: keras.Model, shape: tuple[int, ...] = (6, 4, 3), first: bool = False) -> Front | None:
    one = trace(lambda x: model(x, training=False), (2, *shape), nodes_of(model))
    return front_of(one, Values(one.concrete), first)


def front_behind(build: Build, shape: tuple[int, ...] = (6, 4, 3)) -> Front:
    inputs = keras.Input(shape)
    front = front_in(keras.Model(inputs, layers.Conv2D(2, 1, name="first")(build(inputs))), shape)
    assert front is not None
    return front


class Compiled(layers.Layer):
    """Its code runs as a function of its own, whose operations have the names of others."""

    def __init__(self, inner: list[Any], **more: Any) -> None:
        super().__init__(**more)
        self.inner = inner

    @tf.function(autograph=False)
    def call(self, x: Any) -> Any:
        for layer in self.inner:
            x = layer(x)
        return x


def test_the_layers_that_change_numbers_are_named():
    front = front_behind(
        lambda x: layers.ZeroPadding2D(1, name="pad")(
            layers.Rescaling(0.5, -1, name="scale")(layers.Permute((2, 1, 3))(x) * 2.0)
        )
    )
    assert front.names[1:] == ["scale"] and front.names[0].startswith("multiply")
    assert front.first is not None and front.first.path == "first"
    assert front.statistics is None and front.normalization is None
    np.testing.assert_allclose(front.affine.matrix, np.eye(3))
    np.testing.assert_allclose(front.affine.offset, [-1, -1, -1])


def test_a_convolution_takes_pixels_as_they_are():
    front = front_behind(lambda x: x)
    assert front.affine.is_identity and not front.steps and not front.names


def test_a_normalisation_first():
    front = front_behind(lambda x: layers.BatchNormalization(name="seen")(x / 255.0))
    assert front.statistics is not None and front.statistics.path == "seen" and front.first is None
    np.testing.assert_allclose(front.affine.scale, [1 / 255] * 3)


def test_a_normalisation_right_behind():
    inputs = keras.Input((6, 4, 3))
    x = layers.Conv2D(2, 3, name="first")(inputs)
    right = front_in(keras.Model(inputs, layers.BatchNormalization(name="behind")(x)))
    assert right is not None and right.normalization is not None and right.normalization.path == "behind"
    later = front_in(keras.Model(inputs, layers.BatchNormalization()(layers.ReLU()(x))))
    assert later is not None and later.normalization is None


def test_a_fixed_filter_is_passed_over():
    fixed = layers.DepthwiseConv2D(3, padding="same", use_bias=False, trainable=False)
    front = front_behind(lambda x: layers.Rescaling(2.0)(fixed(x)))
    assert front.first is not None and front.first.path == "first"
    np.testing.assert_allclose(front.affine.scale, [2, 2, 2])
    trained = front_behind(layers.DepthwiseConv2D(3, use_bias=False, name="own"))
    assert trained.first is not None and trained.first.path == "own"


def test_whole_numbers():
    assert front_behind(lambda x: keras.ops.cast(keras.ops.cast(x, "uint8"), "float32")).affine.whole
    assert not front_behind(lambda x: keras.ops.cast(x, "float32")).affine.whole


def test_channels_first():
    inputs = keras.Input((3, 6, 4))
    x = layers.Permute((2, 3, 1))(inputs * np.float32([1, 2, 3]).reshape(3, 1, 1))
    front = front_in(keras.Model(inputs, layers.Conv2D(2, 3)(x)), (3, 6, 4), True)
    assert front is not None and front.affine.scale.tolist() == [1, 2, 3]


NONE: dict[str, Build] = {
    "no trained layer": lambda x: layers.GlobalAveragePooling2D()(x / 255.0),
    "the picture less its mean": lambda x: layers.Conv2D(2, 3)(
        x - keras.ops.mean(x, axis=(1, 2, 3), keepdims=True)
    ),
    "squares": lambda x: layers.Conv2D(2, 3)(keras.ops.square(x)),
}


@pytest.mark.parametrize("build", NONE.values(), ids=NONE)
def test_there_is_no_front(build: Build):
    inputs = keras.Input((6, 4, 3))
    assert front_in(keras.Model(inputs, build(inputs))) is None


def test_dense_layers_take_pixels_too():
    inputs = keras.Input((6, 4, 3))
    front = front_in(keras.Model(inputs, layers.Dense(2, name="dense")(layers.Flatten()(inputs / 2.0))))
    assert front is not None and front.first is not None and front.first.path == "dense"
    assert front.affine.scale.tolist() == [0.5] * 3


def test_layers_in_a_function_of_their_own():
    own = Compiled([layers.Rescaling(0.5, name="scale"), layers.Conv2D(2, 3, name="deep")], name="own")
    front = front_behind(own)
    assert front.first is not None and front.first.path in ("own", "own/deep")
    assert front.affine.scale.tolist() == [0.5] * 3
    assert front.names in (["own"], ["own/scale"])


def test_a_whole_model_in_a_function_of_its_own():
    class Whole(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.scale = layers.Rescaling(0.5, name="scale")
            self.deep = layers.Conv2D(2, 3, name="deep")
            self.seen = layers.BatchNormalization(name="seen")

        @tf.function(autograph=False)
        def call(self, x: Any, training: bool = False) -> Any:
            return self.seen(self.deep(self.scale(x)), training=training)

    model = Whole()
    model(np.zeros((1, 6, 4, 3), np.float32))
    front = front_in(model)
    assert front is not None and front.names == ["scale"]
    assert front.first is not None and front.first.path == "deep"
    assert front.normalization is not None and front.normalization.path == "seen"
