"""Models that Keras 2 wrote, in every form it knows, give Keras 2's outputs; so do those of Keras 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.keras2_models import FORMS, MODELS, SHAPE, randomise, written
from xai_cam import load_model

tf_keras = pytest.importorskip("tf_keras")

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def pictures(n: int = 3, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (n, *shape)).astype(np.float32)


def assert_same(found: Any, model: Any, tolerance: float = 1e-4, shape: tuple[int, ...] = SHAPE) -> None:
    x = pictures(shape=shape)
    expected = np.asarray(model(x, training=False), np.float32)
    if shape == SHAPE:
        assert expected.std(axis=0).max() > 1e-4, "a model that tells no images apart tests nothing"
    outputs = np.asarray(found(x, training=False), np.float32)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MODELS)
def test_what_keras_2_wrote(name: str, form: str, tmp_path: Path):
    model = randomise(MODELS[name](tf_keras))
    ((path, weights),) = written(model, tmp_path, (form,))
    assert_same(load_model(path, weights), model)


@pytest.mark.parametrize("form", ["json + weights.h5", "whole h5", "keras zip"])
@pytest.mark.parametrize("name", MODELS)
def test_what_keras_3_wrote(name: str, form: str, tmp_path: Path):
    model = randomise(MODELS[name](keras))
    ((path, weights),) = written(model, tmp_path, (form,))
    assert_same(load_model(path, weights), model)


def test_what_keras_3_wrote_as_operations(tmp_path: Path):
    image = keras.Input(SHAPE)
    a = keras.layers.Conv2D(4, 3, padding="same")(image / 2)
    b = keras.ops.relu(keras.layers.Conv2D(4, 3, padding="same")(a))
    x = keras.ops.concatenate([a + b, a * b], axis=-1)
    x = keras.layers.Dense(3)(keras.ops.mean(x, axis=[1, 2]))
    model = randomise(keras.Model(image, keras.ops.softmax(x)))
    for path, weights in written(model, tmp_path, ("json + weights.h5", "keras zip", "whole h5")):
        assert_same(load_model(path, weights), model)


def test_operations_of_keras_2(tmp_path: Path):
    image = tf_keras.Input(SHAPE)
    x = tf_keras.layers.Conv2D(2, 3)(image / 255.0)
    model = tf_keras.Model(image, tf_keras.layers.GlobalAveragePooling2D()(x))
    for path, weights in written(model, tmp_path):
        assert_same(load_model(path, weights), model)


@pytest.mark.parametrize("form", ["whole h5", "keras zip"])
@pytest.mark.parametrize("package", [tf_keras, keras], ids=lambda p: p.__name__)
def test_mixed_precision(package: Any, form: str, tmp_path: Path):
    make = package.layers
    policy = package.mixed_precision
    policy.set_global_policy("mixed_float16")
    try:
        layers = [make.Conv2D(8, 3, activation="relu"), make.BatchNormalization(), make.Flatten()]
        model = package.Sequential([package.Input(SHAPE), *layers, make.Dense(3, dtype="float32")])
    finally:
        policy.set_global_policy("float32")
    ((path, weights),) = written(randomise(model), tmp_path, (form,))
    found = load_model(path, weights)
    assert found.layers[0].compute_dtype == "float16"
    assert_same(found, model, tolerance=1e-2)


def test_thresholded_relu(tmp_path: Path):
    make = tf_keras.layers
    model = tf_keras.Sequential([make.ThresholdedReLU(0.7, input_shape=SHAPE), make.Flatten()])
    for path, weights in written(model, tmp_path, ("whole h5",)):
        found = np.asarray(load_model(path, weights)(pictures()))
        np.testing.assert_array_equal(found, np.where(pictures() > 0.7, pictures(), 0).reshape(3, -1))


def test_names_with_a_slash(tmp_path: Path):
    make = tf_keras.layers
    image = tf_keras.Input(SHAPE)
    x = make.Conv2D(4, 3, name="conv1/bn")(make.Conv2D(4, 3, name="conv1/conv")(image))
    model = randomise(tf_keras.Model(image, make.Concatenate(name="a/b")([x, x])))
    for path, weights in written(model, tmp_path):
        found = load_model(path, weights)
        assert found.layers[1].name == "conv1_conv"
        assert_same(found, model)


APPLICATIONS = {"ResNet50": 32, "EfficientNetB0": 32}
MORE = {"DenseNet121": 32, "EfficientNetV2B0": 32, "InceptionV3": 75, "Xception": 71}
"""Name -> least size of the input; the latter only at night."""


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("MobileNetV2", 32),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in APPLICATIONS.items()),
        *(pytest.param(*one, marks=[pytest.mark.nightly, pytest.mark.slow]) for one in MORE.items()),
    ],
)
def test_applications(name: str, size: int, tmp_path: Path):
    shape = (size, size, 3)
    tf_keras.utils.set_random_seed(0)
    make = getattr(tf_keras.applications, name)
    model = randomise(make(weights=None, input_shape=shape, classes=5, classifier_activation=None), 2)
    for path, weights in written(model, tmp_path, ("json + h5", "keras zip")):
        assert_same(load_model(path, weights), model, shape=shape)


@pytest.mark.slow
def test_an_application_made_of_operations(tmp_path: Path):
    shape = (32, 32, 3)
    model = randomise(tf_keras.applications.MobileNetV3Small(shape, weights=None, classes=5))
    files = next(written(model, tmp_path, ("json + h5",)))
    assert_same(load_model(*files), model, shape=shape)


@pytest.mark.parametrize("size", [(5, 6), (11, 7)])
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_random_crop(size: tuple[int, int], tmp_path: Path):
    make = tf_keras.layers
    layers = [make.Input(SHAPE), make.RandomCrop(*size), make.Conv2D(3, 3), make.GlobalMaxPooling2D()]
    model = randomise(tf_keras.Sequential(layers))
    for path, weights in written(model, tmp_path):
        assert_same(load_model(path, weights), model)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_frozen_parts_of_a_nested_model(form: str, tmp_path: Path):
    """Keras 2 lists the weights that are trained before the frozen ones, whichever come first."""
    make = tf_keras.layers
    inner = tf_keras.Input((4, 6))
    frozen = make.MultiHeadAttention(2, 3)
    frozen.trainable = False
    x = make.MultiHeadAttention(2, 3)(frozen(inner, inner), value=inner)
    nested = tf_keras.Model(inner, make.Bidirectional(make.LSTM(3, return_sequences=True))(x))
    image = tf_keras.Input(SHAPE)
    x = nested(make.Reshape((4, 6))(make.Conv2D(6, 3, strides=3)(image)))
    model = randomise(tf_keras.Model(image, make.Dense(3)(make.GlobalAveragePooling1D()(x))))
    ((path, weights),) = written(model, tmp_path, (form,))
    assert_same(load_model(path, weights), model)
