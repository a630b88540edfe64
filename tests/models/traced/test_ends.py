"""The default target: the last maps before the spatial dimensions end, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from xai_cam import explain
from xai_cam.errors import ModelError
from xai_cam.models.network import Network

SHAPE = (32, 24, 3)


def conv(x: Any, name: str, **more: Any) -> Any:
    return layers.Conv2D(6, 3, padding="same", name=name, **more)(x)


def mean(x: Any) -> Any:
    return layers.GlobalAveragePooling2D()(x)


class Squeeze(layers.Layer):
    """A squeeze-and-excite block as one layer."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.inner = layers.Conv2D(6, 3, padding="same", name="inner")
        self.gate = layers.Conv2D(6, 1, activation="sigmoid", name="gate")

    def call(self, x: Any) -> Any:
        y = self.inner(x)
        return y * self.gate(ops.mean(y, axis=(1, 2), keepdims=True))


class Backbone(layers.Layer):
    """A block that pools its maps itself: what is inside it is not hidden by maps of its own."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.deep = layers.Conv2D(6, 3, name="deep")

    def call(self, x: Any) -> Any:
        return ops.mean(self.deep(x), axis=(1, 2))


class ClassToken(layers.Layer):
    """Puts a learned token before the others."""

    def build(self, shape: Any) -> None:
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")

    def call(self, x: Any) -> Any:
        return ops.concatenate([ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1])), x], 1)


def transformer(x: Any, read: Callable[[Any], Any], patches: str = "dense", token: bool = False) -> Any:
    if patches == "convolution":
        y = layers.Reshape((48, 8))(layers.Conv2D(8, 4, 4, name="patch")(x))
    else:
        y = layers.Dense(8, name="embed")(layers.Reshape((48, 48))(ops.image.extract_patches(x, 4)))
    y = ClassToken(name="tokens")(y) if token else y
    for i in (1, 2):
        z = layers.LayerNormalization(name=f"before_{i}")(y)
        y = layers.Add(name=f"sum_{i}")([y, layers.MultiHeadAttention(2, 4, name=f"attention_{i}")(z, z)])
    return read(layers.LayerNormalization(name="norm")(y))


def excite(x: Any) -> Any:
    y = conv(x, "last")
    gate = layers.Conv2D(6, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    return mean(layers.Multiply(name="gated")([y, gate]))


def attention_pool(x: Any) -> Any:
    y, w = conv(x, "last"), layers.Conv2D(1, 1, name="scores")(x)
    weights = layers.Reshape((32, 24, 1))(layers.Softmax()(layers.Flatten()(w)))
    return ops.sum(layers.Multiply(name="weighed")([y, weights]), axis=(1, 2))


def pooled(x: Any) -> Any:
    return layers.MaxPooling2D(2)(conv(x, "last"))


DEFAULTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a mean over places": (lambda x: mean(conv(x, "last")), "last"),
    "a pooling that comes last": (lambda x: layers.Flatten()(pooled(x)), "last"),
    "two poolings": (lambda x: layers.Flatten()(layers.AveragePooling2D(2)(pooled(x))), "last"),
    "dropout behind a pooling": (lambda x: layers.Flatten()(layers.Dropout(0.5)(pooled(x))), "last"),
    "an activation": (lambda x: mean(layers.ReLU(name="active")(conv(x, "last"))), "active"),
    "an operation": (lambda x: mean(layers.Add(name="a")([conv(x, "b"), conv(x, "c")]) * 2.0), "multiply"),
    "a gate": (excite, "gated"),
    "attention over places": (attention_pool, "weighed"),
    "scores as a map": (
        lambda x: layers.Flatten()(layers.Softmax(axis=1)(layers.Reshape((6, 1, 1))(mean(conv(x, "last"))))),
        "last",
    ),
    "a convolution of one place": (
        lambda x: layers.Flatten()(
            layers.Conv2D(3, 1)(layers.GlobalAveragePooling2D(keepdims=True)(conv(x, "last")))
        ),
        "last",
    ),
    "a block of one's own": (lambda x: mean(Squeeze(name="block")(x)), "block"),
    "a block that pools": (Backbone(name="backbone"), "backbone/deep"),
    "a sequence": (lambda x: layers.LSTM(3)(layers.Reshape((32, 144))(conv(x, "last"))), "last"),
    "capsules": (lambda x: layers.Flatten()(layers.Reshape((96, 48, 1))(conv(x, "last"))), "last"),
    "a vector as a map": (
        lambda x: layers.Flatten()(layers.Reshape((8, 8, 1))(layers.Dense(64)(mean(conv(x, "last"))))),
        "last",
    ),
    "tokens of a convolution": (
        lambda x: transformer(x, layers.GlobalAveragePooling1D(), "convolution"),
        "patch",
    ),
    "tokens without one": (lambda x: transformer(x, layers.GlobalAveragePooling1D()), "norm"),
    "tokens laid end to end": (lambda x: transformer(x, layers.Flatten()), "norm"),
    "tokens read at the class": (lambda x: transformer(x, lambda y: y[:, 0], token=True), "before_2"),
}


@pytest.mark.parametrize(("build", "name"), DEFAULTS.values(), ids=DEFAULTS)
def test_the_default(build: Callable[[Any], Any], name: str):
    inputs = keras.Input(SHAPE)
    network = Network(keras.Model(inputs, layers.Dense(3)(build(inputs))))
    found = network.default_layer().path
    assert found == name or (name == "multiply" and found.startswith("multiply"))
    assert network.side_by_side() == []


def test_branches_side_by_side_are_named():
    inputs = keras.Input(SHAPE)
    fine, coarse = conv(inputs, "fine"), conv(layers.MaxPooling2D(4)(inputs), "coarse")
    joined = layers.Concatenate()([mean(fine), layers.GlobalMaxPooling2D()(coarse)])
    network = Network(keras.Model(inputs, layers.Dense(3)(joined)))
    assert network.default_layer().path == "fine"
    assert [info.path for info in network.side_by_side()] == ["coarse"]


def twice() -> keras.Model:
    """A backbone that sees the image and its mirror image."""
    inner = keras.Input(SHAPE)
    backbone = keras.Model(inner, conv(inner, "last"), name="backbone")
    inputs = keras.Input(SHAPE)
    both = layers.Add()([mean(backbone(inputs)), mean(backbone(ops.flip(inputs, 2)))])
    return keras.Model(inputs, layers.Dense(3)(both))


def test_calls_of_a_shared_part():
    network = Network(twice())
    default = network.default_layer()
    assert (default.path, default.number, default.times) == ("backbone/last", 2, 2)
    assert [(info.path, info.number) for info in network.side_by_side()] == [("backbone/last", 1)]
    first = Network(twice(), call=1).default_layer()
    assert (first.path, first.number) == ("backbone/last", 1)
    assert first.placement is not None and default.placement is not None
    assert {first.placement.left, default.placement.left} == {0, 24}  # one call sees the mirror image


def test_a_grid_of_tokens_that_is_told():
    inputs = keras.Input((16, 16, 3))
    scrambled = ops.take(layers.Reshape((16, 48))(inputs), [3, 1, *range(4, 16), 0, 2], axis=1)
    y = layers.Dense(8, name="embed")(scrambled)
    y = layers.Add(name="sum")([y, layers.MultiHeadAttention(2, 4, name="attention")(y, y)])
    model = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(y)))
    with pytest.raises(ModelError, match="nothing to draw"):
        Network(model).default_layer()
    found = Network(model, reshape=(4, 4)).default_layer()
    assert found.path == "sum" and found.maps_shape == (4, 4, 8)


def test_a_model_without_maps():
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(layers.Rescaling(2.0)(inputs))))
    with pytest.raises(ModelError, match="so there is nothing to draw"):
        Network(model).default_layer()


class Two(layers.Layer):
    """Gives its maps and the attention that they were weighed by."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.maps = layers.Conv2D(6, 3, padding="same", name="maps")
        self.gate = layers.Conv2D(1, 1, activation="sigmoid", name="gate")

    def call(self, x: Any) -> Any:
        y = self.maps(x)
        attention = self.gate(y)
        return {"attention": attention, "weighed": y * attention}


def test_a_block_that_gives_several_tensors_is_explained_at_its_maps():
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    found = Two(name="block")(conv(inputs, "first"))
    model = keras.Model(inputs, layers.Dense(3)(mean(found["weighed"])))
    default = Network(model).default_layer()
    assert (default.path, default.maps_shape) == ("block", (32, 24, 6))
    x = np.random.default_rng(0).uniform(0, 1, (1, *SHAPE)).astype(np.float32)
    with tf.GradientTape() as tape:
        activations, logits = keras.Model(inputs, [found["weighed"], model.output])(x)
        score = tf.reduce_max(logits)
    weights = tf.reduce_mean(tape.gradient(score, activations), (1, 2), keepdims=True)
    expected = np.asarray(tf.nn.relu(tf.reduce_sum(weights * activations, -1))[0])
    np.testing.assert_allclose(explain(model, x)[0].cam, expected, rtol=1e-3, atol=1e-6)
    kernel, bias = (np.asarray(weight) for weight in model.layers[-1].weights)
    maps, chosen = np.asarray(activations)[0], int(np.argmax(logits))
    whole = maps.mean((0, 1)) @ kernel[:, chosen] + bias[chosen]
    without = [whole - maps[..., k].mean() * kernel[k, chosen] for k in range(6)]
    drops = [(whole - one) / abs(whole) for one in without]
    by_ablation = explain(model, x, method="ablation-cam")[0]
    np.testing.assert_allclose(by_ablation.cam, np.maximum(maps @ drops, 0), rtol=1e-3, atol=1e-5)
