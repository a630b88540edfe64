"""Models with channels first give what their twins with channels last give, and maps the right way up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.keras2_models import randomise, written
from xai_cam import explain, load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.upgrade import upgrade

tf_keras = pytest.importorskip("tf_keras")

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

H, W, C = 9, 8, 3


class Maker:
    """Builds the same layers for both formats: `axis` is that of the channels."""

    def __init__(self, package: Any, first: bool) -> None:
        self.package, self.layers, self.first = package, package.layers, first
        self.format = {"data_format": "channels_first" if first else "channels_last"}
        self.axis = 1 if first else -1
        self.spatial = [2, 3] if first else [1, 2]
        self.shape = (C, H, W) if first else (H, W, C)

    def seen_first(self, x: Any) -> Any:
        """For layers that depend on the order: the tensor as the model with channels first sees it."""
        return x if self.first else self.layers.Permute((3, 1, 2))(x)


def flattened(m: Maker) -> Any:
    make = m.layers
    image = m.package.Input(m.shape)
    x = make.Conv2D(4, 3, activation="relu", **m.format)(image)
    x = make.BatchNormalization(axis=m.axis)(x)
    x = make.MaxPooling2D(2, **m.format)(x)
    x = make.Dropout(0.3)(x)
    x = make.Flatten()(m.seen_first(x))
    return m.package.Model(image, make.Dense(3, activation="softmax")(x))


def flattened_by_format(m: Maker) -> Any:
    """Told of channels first, a Flatten puts them last before it flattens."""
    make = m.layers
    return m.package.Sequential(
        [
            make.Conv2D(4, (3, 2), padding="same", strides=2, input_shape=m.shape, **m.format),
            make.LeakyReLU(0.2),
            make.Flatten(**m.format),
            make.Dense(3),
        ]
    )


def in_a_row(m: Maker) -> Any:
    make = m.layers
    layers = [
        make.ZeroPadding2D(((1, 0), (2, 1)), input_shape=m.shape, **m.format),
        make.BatchNormalization(axis=m.axis),
        make.Conv2D(4, 3, dilation_rate=2, **m.format),
        make.Activation("relu"),
        make.UpSampling2D((2, 1), **m.format),
        make.DepthwiseConv2D(3, depth_multiplier=2, **m.format),
        make.SeparableConv2D(5, 2, **m.format),
        make.Conv2DTranspose(4, 3, strides=2, **m.format),
        make.Cropping2D(((1, 0), (0, 2)), **m.format),
        make.AveragePooling2D((3, 2), strides=(2, 1), padding="same", **m.format),
        make.SpatialDropout2D(0.2, **m.format),
        make.GlobalMaxPooling2D(**m.format),
        make.Dense(3, activation="softmax"),
    ]
    return m.package.Sequential(layers)


def excited(m: Maker) -> Any:
    """A squeeze-and-excitation block, whose factors are reshaped to (c, 1, 1)."""
    make = m.layers
    image = m.package.Input(m.shape)
    x = make.Conv2D(4, 3, activation="relu", **m.format)(image)
    factors = make.GlobalAveragePooling2D(**m.format)(x)
    factors = make.Dense(4, activation="sigmoid")(factors)
    factors = make.Reshape((4, 1, 1) if m.first else (1, 1, 4))(factors)
    x = make.Multiply()([x, factors])
    y = make.Conv2D(4, 3, padding="same", **m.format)(x)
    x = make.Concatenate(axis=m.axis)([make.Add()([x, y]), y])
    x = make.Conv2D(3, 1, **m.format)(x)
    x = make.GlobalAveragePooling2D(keepdims=True, **m.format)(x)
    return m.package.Model(image, make.Activation("softmax")(make.Flatten()(m.seen_first(x))))


def ordered(m: Maker) -> Any:
    """Layers whose weights or axes follow the order of the dimensions."""
    make = m.layers
    image = m.package.Input(m.shape)
    x = make.Conv2D(4, 3, **m.format)(image)
    x = make.PReLU()(m.seen_first(x))
    x = make.LayerNormalization(axis=[1, 2])(x)
    x = make.Softmax(axis=1)(x)
    x = make.Reshape((7, 7, 4))(make.Dense(7)(x))
    x = x if m.first else make.Permute((2, 3, 1))(x)
    x = make.Conv2D(5, 2, name="later", **m.format)(x)
    x = make.GlobalMaxPooling2D(**m.format)(x)
    return m.package.Model(image, make.Dense(3)(x))


def nested(m: Maker) -> Any:
    make = m.layers
    inner = m.package.Input(m.shape)
    x = make.Conv2D(4, 3, activation="relu", name="stem", **m.format)(inner)
    backbone = m.package.Model(inner, make.BatchNormalization(axis=m.axis)(x), name="backbone")
    image = m.package.Input(m.shape)
    x = make.Activation("linear")(image)
    x = backbone(x)
    tail = m.package.Sequential(
        [make.Conv2D(6, 2, input_shape=x.shape[1:], **m.format), make.GlobalAveragePooling2D(**m.format)]
    )
    return m.package.Model(image, make.Dense(3, activation="softmax")(tail(x)))


def branches(m: Maker) -> Any:
    """Branches of equal shapes, one of them longer by what is put in: no weight may change places."""
    make = m.layers
    image = m.package.Input(m.shape)
    a = make.Conv2D(4, 3, padding="same", **m.format)(image)
    b = make.Conv2D(4, 3, padding="same", **m.format)(image)
    b = make.LayerNormalization(axis=-1)(m.seen_first(b))
    b = b if m.first else make.Permute((2, 3, 1))(b)
    b = make.Conv2D(4, 3, padding="same", **m.format)(b)
    a = make.Conv2D(4, 3, padding="same", **m.format)(a)
    x = make.GlobalAveragePooling2D(**m.format)(make.Subtract()([a, b]))
    return m.package.Model(image, make.Dense(3)(x))


NETS: dict[str, Callable[[Maker], Any]] = {
    f.__name__: f for f in (flattened, flattened_by_format, in_a_row, excited, ordered, nested, branches)
}
FORMS = {
    tf_keras: ("json + h5", "whole h5", "keras zip"),
    keras: ("json + weights.h5", "whole h5", "keras zip"),
}


def twins(name: str, package: Any) -> tuple[Any, Any]:
    """The model with channels first, which a CPU cannot run, and the one that gives the outputs."""
    first = randomise(NETS[name](Maker(package, True)))
    last = NETS[name](Maker(package, False))
    for layer in [layer for layer in first.layers if layer.weights]:
        values = layer.get_weights()
        shapes = [w.shape for w in values]
        other = next(x for x in last.layers if [w.shape for w in x.get_weights()] == shapes and not done(x))
        other.set_weights(values)
        other.is_done = True
    return first, last


def done(layer: Any) -> bool:
    return getattr(layer, "is_done", False)


@pytest.mark.parametrize(
    ("package", "form"),
    [(package, form) for package, forms in FORMS.items() for form in forms],
    ids=lambda p: getattr(p, "__name__", p),
)
@pytest.mark.parametrize("name", NETS)
def test_twins(name: str, package: Any, form: str, tmp_path: Path):
    first, last = twins(name, package)
    ((architecture, weights),) = written(first, tmp_path, (form,))
    found = load_model(architecture, weights)
    assert found.input_shape == (None, H, W, C)
    x = np.random.default_rng(0).normal(0, 1, (2, H, W, C)).astype(np.float32)
    expected = np.asarray(last(x, training=False))
    assert np.abs(expected[0] - expected[1]).max() > 1e-4
    np.testing.assert_allclose(np.asarray(found(x, training=False)), expected, rtol=1e-4, atol=1e-5)


def test_maps_lie_as_those_of_the_twin(tmp_path: Path, caplog: Any):
    first, last = twins("flattened", keras)
    ((architecture, weights),) = written(first, tmp_path, ("json + weights.h5",))
    with caplog.at_level(logging.WARNING):
        found = load_model(architecture, weights)
    assert "channels first" in caplog.text
    x = np.random.default_rng(0).normal(0, 1, (1, H, W, C)).astype(np.float32)
    for ours, theirs in zip(
        explain(found, x, method=["grad-cam", "score-cam"]),
        explain(last, x, method=["grad-cam", "score-cam"]),
        strict=True,
    ):
        assert ours.cam.shape == (7, 6)  # the pooling that comes last is passed over
        np.testing.assert_allclose(ours.cam, theirs.cam, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("form", ["json + weights.h5", "whole h5"])
def test_an_adapted_normalization(form: str, tmp_path: Path):
    """It computes with constants that it makes of its weights, along an axis that is moved."""
    image, layer = keras.Input((C, H, W)), keras.layers.Normalization(axis=1)
    x = keras.layers.Conv2D(4, 3, data_format="channels_first", name="conv")(layer(image))
    x = keras.layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    model = keras.Model(image, keras.layers.Dense(2, name="head")(x))
    rng = np.random.default_rng(0)
    layer.adapt(rng.normal(5, 3, (32, C, H, W)).astype(np.float32))
    ((architecture, weights),) = written(model, tmp_path, (form,))
    found = load_model(architecture, weights)
    mean, variance = (np.asarray(value) for value in layer.get_weights()[:2])
    images = rng.normal(5, 3, (2, H, W, C)).astype(np.float32)
    kernel, bias = model.get_layer("conv").get_weights()
    conv = np.asarray(keras.ops.conv((images - mean) / np.sqrt(variance), kernel)) + bias
    head, bias = model.get_layer("head").get_weights()
    expected = conv.mean((1, 2)) @ head + bias
    np.testing.assert_allclose(np.asarray(found(images)), expected, rtol=1e-4, atol=1e-4)


def test_names_that_are_taken(tmp_path: Path):
    """A layer that is called as the Permute would be is not taken for it."""
    make = keras.layers
    image = keras.Input((C, H, W))
    x = make.Conv2D(4, 3, name="a", data_format="channels_first")(image)
    y = make.Dense(6, name="a_channels_first")(x)
    x = make.Flatten()(make.Add()([x, y]))
    model = randomise(keras.Model(image, make.Dense(2)(x)))
    ((architecture, weights),) = written(model, tmp_path, ("json + weights.h5",))
    found = load_model(architecture, weights)
    kernel, bias = model.get_layer("a").get_weights()
    images = np.random.default_rng(0).normal(0, 1, (2, H, W, C)).astype(np.float32)
    conv = np.moveaxis(np.asarray(keras.ops.conv(images, kernel)) + bias, -1, 1)
    dense, bias = model.get_layer("a_channels_first").get_weights()
    flat = (conv + conv @ dense + bias).reshape(2, -1)
    head, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(np.asarray(found(images)), flat @ head + bias, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (
            {"class_name": "TimeDistributed", "config": {"name": "odd", "layer": "conv"}},
            "'odd' .*runs a layer with channels first",
        ),
        (
            {"class_name": "Conv2D", "config": {"name": "odd", "data_format": "channels_first"}},
            "'odd' takes a softmax along the image's width",
        ),
    ],
)
def test_what_cannot_be_turned_is_named(layer: dict[str, Any], reason: str):
    conv = {"filters": 2, "kernel_size": 1, "data_format": "channels_first", "activation": "softmax"}
    if layer["class_name"] == "TimeDistributed":
        layer["config"]["layer"] = {"class_name": "Conv2D", "config": {"name": "c", **conv}}
    else:
        layer["config"] |= conv
    layers = [{"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [None, 3, 8, 8]}}]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [*layers, layer]}}
    with pytest.raises(ModelError, match=reason):
        upgrade(config)
