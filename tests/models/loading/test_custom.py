"""Layers of the user's own, and code that the user allowed."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.commands import run
from support.keras2_models import SHAPE, randomise, written
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.custom_code import read_code

tf_keras = pytest.importorskip("tf_keras")

CODE = """
import keras

class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **config):
        super().__init__(**config)
        self.factor = factor

    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")

    def call(self, x):
        return x * self.gain * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

def bent(x):
    return keras.ops.maximum(x, 0.1 * x) - 0.5

class _Hidden(Scale):
    pass
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "my_layers.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def net(package: Any) -> Any:
    """A model with a layer and an activation of its own, as its author made it in either Keras."""
    make = package.layers

    class Scale(make.Layer):
        def __init__(self, factor: float = 1.0, **config: Any) -> None:
            super().__init__(**config)
            self.factor = factor

        def build(self, shape: Any) -> None:
            self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")

        def call(self, x: Any) -> Any:
            return x * self.gain * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    def bent(x: Any) -> Any:
        package_ops = keras.ops if package is keras else __import__("tensorflow").math
        return package_ops.maximum(x, 0.1 * x) - 0.5

    image = package.Input(SHAPE)
    x = make.Conv2D(4, 3, activation=bent, name="conv")(image)
    x = make.GlobalAveragePooling2D()(Scale(2.5, name="scale")(x))
    return randomise(package.Model(image, make.Dense(3, activation="softmax")(x)))


@pytest.mark.parametrize(
    ("package", "form"),
    [
        *((tf_keras, form) for form in ("json + h5", "whole h5", "keras zip")),
        *((keras, form) for form in ("json + weights.h5", "whole h5", "keras zip")),
    ],
    ids=lambda p: getattr(p, "__name__", p),
)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_layers_of_ones_own(package: Any, form: str, tmp_path: Path, code: Path):
    model = net(package)
    ((path, weights),) = written(model, tmp_path, (form,))
    with pytest.raises(ModelError, match=r"scale|bent") as refused:
        load_model(path, weights)
    assert "`custom_objects" in refused.value.message
    found = load_model(path, weights, custom_objects=read_code(str(code)).objects)
    x = np.random.default_rng(0).normal(0, 1, (2, *SHAPE)).astype(np.float32)
    expected = np.asarray(model(x, training=False))
    np.testing.assert_allclose(np.asarray(found(x, training=False)), expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_the_commands(tmp_path: Path, code: Path, make_photo: Any):
    ((path, weights),) = written(net(tf_keras), tmp_path, ("json + h5",))
    photo = make_photo(tmp_path / "photos" / "a.png")
    arguments = ("-m", path, "-w", weights)
    done = run("explain", *arguments, photo)
    assert done.exit_code == 3 and "--custom-objects" in done.stderr
    done = run("explain", *arguments, "--custom-objects", code, photo)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "photos" / "a_grad-cam.png").exists()
    done = run("layers", *arguments, "--custom-objects", code)
    assert done.exit_code == 0 and "*  scale" in done.stdout
    done = run("convert", "-m", path, "-w", weights, "--custom-objects", code, "-o", tmp_path / "new.keras")
    assert done.exit_code == 0 and "custom_objects for: Scale, bent" in done.stdout, done.output
    assert run("layers", *arguments, "--custom-objects", "none.py").exit_code == 2


# --- Code that the user allowed ----------------------------------------------------------------------


def with_lambda(package: Any) -> Any:
    make = package.layers
    image = package.Input(SHAPE)
    x = make.Lambda(lambda t: t * 2.0 + 1.0, name="twice")(make.Conv2D(4, 3)(image))
    return randomise(package.Model(image, make.Dense(3)(make.GlobalAveragePooling2D()(x))))


@pytest.mark.parametrize(
    ("package", "form"),
    [(tf_keras, "json + h5"), (tf_keras, "whole h5"), (keras, "json + weights.h5"), (keras, "keras zip")],
    ids=lambda p: getattr(p, "__name__", p),
)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_code_that_was_allowed(package: Any, form: str, tmp_path: Path, caplog: Any):
    model = with_lambda(package)
    ((path, weights),) = written(model, tmp_path, (form,))
    with pytest.raises(ModelError, match=r"'twice' is a Lambda.*`allow_unsafe=True`"):
        load_model(path, weights)
    with caplog.at_level(logging.WARNING):
        found = load_model(path, weights, allow_unsafe=True)
    assert "Allowed by `allow_unsafe=True`: 'twice' is a Lambda" in caplog.text
    x = np.random.default_rng(0).normal(0, 1, (2, *SHAPE)).astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(found(x, training=False)), np.asarray(model(x, training=False)), rtol=1e-4, atol=1e-5
    )


def test_allowing_code_does_not_make_it_run_everywhere(tmp_path: Path):
    """Code of another Python version, or nonsense, ends in a reason."""
    ((path, weights),) = written(with_lambda(tf_keras), tmp_path, ("json + h5",))
    config = json.loads(path.read_text(encoding="utf-8"))
    layer = next(x for x in config["config"]["layers"] if x["class_name"] == "Lambda")
    layer["config"]["function"][0] = "bm9uc2Vuc2U="
    path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="Keras cannot build the model"):
        load_model(path, weights, allow_unsafe=True)


def with_operations(package: Any) -> Any:
    """Arithmetic that tf.keras wrote as functions of TensorFlow."""
    import tensorflow as tf

    make = package.layers
    image = package.Input(SHAPE)
    x = (image / 255.0 - [0.5, 0.25, 0.125]) * 2.0
    x = make.Conv2D(4, 3)(x)
    y = 1.0 - make.Conv2D(4, 3, padding="same")(x)
    x = tf.nn.relu6(x * y + 3.0) * (1.0 / 6.0) + x - y
    x = tf.nn.tanh(tf.maximum(x, y))
    return randomise(package.Model(image, make.Dense(3)(make.GlobalAveragePooling2D()(x))))


@pytest.mark.parametrize("form", ["json + h5", "whole h5"])
def test_operations_run_nothing(form: str, tmp_path: Path):
    model = with_operations(tf_keras)
    ((path, weights),) = written(model, tmp_path, (form,))
    found = load_model(path, weights)
    x = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(found(x, training=False)), np.asarray(model(x, training=False)), rtol=1e-4, atol=1e-5
    )


def test_an_operation_without_a_counterpart_is_named(tmp_path: Path):
    import tensorflow as tf

    image = tf_keras.Input(SHAPE)
    x = tf.image.adjust_hue(image + 1.0, 0.1)
    model = tf_keras.Model(image, tf_keras.layers.Dense(3)(tf_keras.layers.GlobalAveragePooling2D()(x)))
    ((path, weights),) = written(model, tmp_path, ("json + h5",))
    with pytest.raises(ModelError, match=r"is the function tf.image.adjust_hue of TensorFlow"):
        load_model(path, weights)
