"""Which scaling a model's front expects: written in every manner, up to its first convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from xai_cam.models.network import Network

Front = Callable[[Any], Any]
families = keras.applications
MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
CAFFE = np.float32([103.939, 116.779, 123.68])


class Scales(layers.Layer):
    """A layer of one's own that scales in its code."""

    def call(self, x: Any) -> Any:
        return x / 127.5 - 1


def seen(mean: float, variance: float) -> Front:
    """A BatchNormalization that has seen inputs of that mean and variance."""

    def front(x: Any) -> Any:
        layer = layers.BatchNormalization()
        y = layer(x)
        layer.moving_mean.assign(np.full(x.shape[-1], mean))
        layer.moving_variance.assign(np.full(x.shape[-1], variance))
        return y

    return front


def nested(x: Any) -> Any:
    inputs = keras.Input(x.shape[1:])
    return keras.Model(inputs, inputs / 255.0)(x)


COLOUR, GREY = (16, 12, 3), (16, 16, 1)

FRONTS: dict[str, tuple[Front, str | None]] = {
    "nothing": (lambda x: x, None),
    "another order of channels": (lambda x: x[..., ::-1], None),
    "division": (lambda x: x / 255.0, "raw"),
    "product": (lambda x: x * (1 / 255.0), "raw"),
    "to -1 to 1": (lambda x: x / 127.5 - 1, "raw"),
    "to 1 to -1": (lambda x: 1 - x / 127.5, "raw"),
    "mean first": (lambda x: (x - 127.5) / 127.5, "raw"),
    "to -0.5 to 0.5": (lambda x: x / 255.0 - 0.5, "raw"),
    "rescaling": (layers.Rescaling(1 / 127.5, -1), "raw"),
    "ImageNet's statistics": (lambda x: (x / 255.0 - MEAN) / DEVIATION, "raw"),
    "a dataset's statistics": (lambda x: (x - 120.7) / 64.15, "raw"),
    "a mean picture": (lambda x: x - np.full((16, 12, 3), 117.0, np.float32), "raw"),
    "means in BGR": (lambda x: x[..., ::-1] - CAFFE, "raw"),
    "mirror of channels": (lambda x: ops.flip(x, -1) / 255.0, "raw"),
    "mobilenet_v2": (families.mobilenet_v2.preprocess_input, "raw"),
    "resnet50": (families.resnet50.preprocess_input, "raw"),
    "resnet_v2": (families.resnet_v2.preprocess_input, "raw"),
    "vgg16": (families.vgg16.preprocess_input, "raw"),
    "densenet": (families.densenet.preprocess_input, "raw"),
    "inception_v3": (families.inception_v3.preprocess_input, "raw"),
    "nasnet": (families.nasnet.preprocess_input, "raw"),
    "efficientnet, which does nothing": (families.efficientnet.preprocess_input, None),
    "unit to -1 to 1": (lambda x: x * 2.0 - 1, "unit"),
    "unit standardised": (lambda x: (x - MEAN) / DEVIATION, "unit"),
    "unit less a half": (lambda x: x - 0.5, "unit"),
    "unit to pixels": (lambda x: x * 255.0, "unit"),
    "digits standardised": (lambda x: (x - 0.1307) / 0.3081, "unit"),
    "signed to unit": (lambda x: (x + 1) / 2.0, "signed"),
    "signed to pixels": (lambda x: (x + 1) * 127.5, "signed"),
    "adapted on unit": (layers.Normalization(mean=0.455, variance=0.046), "unit"),
    "adapted on pixels": (layers.Normalization(mean=120.0, variance=4000.0), "raw"),
    "adapted on signed": (layers.Normalization(mean=-0.1, variance=0.25), "signed"),
    "adapted by channel": (layers.Normalization(mean=MEAN, variance=DEVIATION**2), "unit"),
    "adapted behind a rescaling": (
        lambda x: layers.Normalization(mean=MEAN, variance=DEVIATION**2)(layers.Rescaling(1 / 255)(x)),
        "raw",
    ),
    "never adapted": (layers.Normalization(mean=0.0, variance=1.0), None),
    "never adapted behind a rescaling": (
        lambda x: layers.Normalization(mean=0.0, variance=1.0)(layers.Rescaling(1 / 255)(x)),
        "raw",
    ),
    "batches of unit": (seen(0.45, 0.06), "unit"),
    "batches of pixels": (seen(115, 3900), "raw"),
    "batches of signed": (seen(-0.2, 0.3), "signed"),
    "no batch yet": (seen(0, 1), None),
    "batches behind a division": (lambda x: seen(0.45, 0.06)(x / 255.0), "raw"),
    "grey out of colours": (lambda x: ops.image.rgb_to_grayscale(x) / 255.0, "raw"),
    "mean of colours": (lambda x: ops.mean(x, axis=-1, keepdims=True) / 255.0, "raw"),
    "cut off at 0 and 255": (lambda x: ops.clip(x, 0, 255), "raw"),
    "cut off after a division": (lambda x: ops.clip(x / 255.0, 0, 1) * 255.0, None),
    "whole numbers after a product": (
        lambda x: ops.cast(ops.cast(x * 255.0, "uint8"), "float32") / 255.0,
        None,
    ),
    "whole numbers": (lambda x: ops.cast(ops.cast(x, "uint8"), "float32"), "raw"),
    "cut off at 0 and 1": (lambda x: ops.clip(x, 0, 1), "unit"),
    "padded": (lambda x: ops.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0))) / 255.0, "raw"),
    "cropped and resized": (lambda x: layers.Resizing(8, 8)(layers.CenterCrop(10, 10)(x)) / 255.0, "raw"),
    "augmented": (lambda x: layers.RandomFlip()(layers.RandomRotation(0.1)(x)) / 255.0, "raw"),
    "lambda": (layers.Lambda(lambda t: t / 127.5 - 1), "raw"),
    "a layer of one's own": (Scales(), "raw"),
    "nested": (nested, "raw"),
}

OF_GREY: dict[str, tuple[Front, str | None]] = {
    "digits adapted": (layers.Normalization(mean=0.1307, variance=0.0949), "unit"),
    "put side by side": (lambda x: ops.concatenate([x, x, x], -1) / 127.5 - 1, "raw"),
    "repeated": (lambda x: ops.tile(x, (1, 1, 1, 3)) / 255.0, "raw"),
}


def network_of(front: Front, shape: tuple[int, int, int] = COLOUR) -> Network:
    inputs = keras.Input(shape)
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(front(inputs)))
    return Network(keras.Model(inputs, layers.Dense(2, activation="softmax")(y)))


CASES = [(*case, COLOUR) for case in FRONTS.values()] + [(*case, GREY) for case in OF_GREY.values()]


@pytest.mark.parametrize(("front", "name", "shape"), CASES, ids=[*FRONTS, *OF_GREY])
def test_what_a_front_expects(front: Front, name: str | None, shape: tuple[int, int, int]):
    found = network_of(front, shape).expected_scaling()
    assert (found.name if found else None) == name


def test_the_reason_names_the_nodes_and_the_ranges():
    network = network_of(layers.Rescaling(1 / 127.5, -1, name="scale"))
    found = network.expected_scaling()
    assert found is not None and found.reason == "the graph expects 0 to 255: scale makes -1 to 1 of it"
    adapted = network_of(layers.Normalization(mean=0.5, variance=0.0625, name="norm"))
    found = adapted.expected_scaling()
    assert found is not None and found.reason == "the graph expects 0 to 1: norm makes -2 to 2 of it"


class Own(keras.Model):
    """Scales in its own call, between no layers."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.head = layers.Conv2D(2, 3), layers.Dense(2)
        self.pool = layers.GlobalAveragePooling2D()

    def call(self, x: Any) -> Any:
        return self.head(self.pool(self.convolution(x / 255.0)))


def test_reasons_without_a_layer_to_name():
    model = Own()
    model(np.zeros((1, *COLOUR), np.float32))
    found = Network(model).expected_scaling()
    assert found is not None and found.reason == "the graph expects 0 to 255: its own call makes 0 to 1 of it"
    clipped = network_of(lambda x: ops.clip(x, 0, 1)).expected_scaling()
    assert clipped is not None and clipped.reason == "the graph cuts its input off at 0 and 1"
    whole = network_of(lambda x: ops.cast(ops.cast(x, "uint8"), "float32")).expected_scaling()
    assert whole is not None and whole.reason == "the graph makes whole numbers of its input"


def test_channels_first():
    inputs = keras.Input((3, 16, 12))
    x = layers.Permute((2, 3, 1))(inputs - CAFFE.reshape(3, 1, 1))
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(x))
    found = Network(keras.Model(inputs, layers.Dense(2, activation="softmax")(y))).expected_scaling()
    assert found is not None and found.name == "raw"
