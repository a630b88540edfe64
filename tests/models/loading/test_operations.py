"""Lambdas as Keras 3 takes them, and TensorFlow's operations as layers that compute the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.configurations import layer
from xai_cam.errors import ModelError
from xai_cam.models.loading import load_model, operations
from xai_cam.models.loading.operations import is_operation

X = np.array([[0.5, -2.0, 3.0]], np.float32)
Y = np.array([[4.0, 1.0, -1.0]], np.float32)


def test_the_code_of_a_lambda_as_keras_3_takes_it():
    config = layer("Lambda", function=["Y29kZQ==", None, None], function_type="lambda", module="__main__")
    operations.lambda_as_object(config)
    code = {"code": "Y29kZQ==", "defaults": None, "closure": None}
    assert config["config"] == {
        "name": "lambda",
        "function": {"class_name": "__lambda__", "config": code},
    }
    config = layer("Lambda", function="twice", function_type="function")
    operations.lambda_as_object(config)
    assert config["config"]["function"]["config"] == "twice"


def operation(function: Any, *calls: Any) -> dict[str, Any]:
    return {**layer("TFOpLambda", name="op", function=function), "inbound_nodes": list(calls)}


def made(config: dict[str, Any]) -> Any:
    return getattr(keras.layers, config["class_name"]).from_config(config["config"])


@pytest.mark.parametrize(
    ("function", "call", "expected"),
    [
        ("math.truediv", ["x", 0, 0, {"y": 2.0}], X / 2),
        ("math.subtract", ["x", 0, 0, {"y": 2}], X - 2),
        ("__operators__.add", ["x", 0, 0, {"y": [1.0, 2.0, 3.0]}], X + np.array([1, 2, 3])),
        ("math.multiply", ["_CONSTANT_VALUE", -1, 3.0, {"y": ["x", 0, 0]}], 3 * X),
        ("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0]}], 1 - X),
        ("nn.relu", ["x", 0, 0, {}], np.maximum(X, 0)),
    ],
)
def test_operations_on_one_tensor(function: str, call: list[Any], expected: np.ndarray):
    config = operation(function, call)
    assert operations.operation_as_layer(config)
    assert config["inbound_nodes"] == [[["x", 0, 0, {}]]]
    np.testing.assert_allclose(made(config)(X), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("math.add", X + Y), ("math.subtract", X - Y), ("multiply", X * Y), ("maximum", np.maximum(X, Y))],
)
def test_operations_on_two_tensors(function: str, expected: np.ndarray):
    config = operation(function, ["x", 0, 0, {"y": ["z", 0, 0]}])
    operations.operation_as_layer(config)
    assert config["inbound_nodes"] == [[["x", 0, 0, {}], ["z", 0, 0, {}]]]
    np.testing.assert_allclose(made(config)([X, Y]), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "call", [["x", 0, 0, {"y": [[1], [2]]}], ["x", 0, 0, {"y": "text"}], ["x", 0, 0, {}]]
)
def test_operations_without_a_counterpart(call: list[Any]):
    with pytest.raises(ModelError, match=r"'op' is the operation 'math.truediv'.*no counterpart"):
        operations.operation_as_layer(operation("math.truediv", call))


@pytest.mark.parametrize(
    ("function", "call"), [([], ["x", 0, 0, {}]), ("nn.relu", "x"), ("nn.relu", ["x", 0])]
)
def test_operations_that_no_keras_wrote(function: Any, call: Any):
    with pytest.raises(ModelError, match="damaged"):
        operations.operation_as_layer(operation(function, call))


NODE = {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}], "kwargs": {}}


@pytest.mark.parametrize(
    ("class_name", "module"),
    [
        ("GetItem", "keras.src.ops.numpy"),
        ("Relu", "keras.src.ops.nn"),
        ("Cast", "keras.src.ops.core"),
        *((name, None) for name in ("Map", "Cond", "WhileLoop", "KerasTensor", "Operation", "os", "Dense")),
    ],
)
def test_operations_of_whole_h5_files(class_name: str, module: str | None):
    found = {"class_name": class_name, "config": {"name": "op"}, "inbound_nodes": [NODE]}
    assert operations.operation_of_h5(found) is (module is not None)
    assert found.get("module") == module


def test_layers_are_no_operations():
    config = {"name": "add", "trainable": True}
    assert not operations.operation_of_h5({"class_name": "Add", "config": config, "inbound_nodes": [NODE]})
    assert not operations.operation_of_h5(
        {"class_name": "Add", "config": {"name": "add"}, "inbound_nodes": []}
    )


def test_operations_on_images_are_part_of_keras(tmp_path: Path):
    """Some write no name into their configuration; those that call functions stay refused."""
    inputs = keras.Input((16, 16, 3))
    patches = keras.ops.image.extract_patches(keras.ops.image.gaussian_blur(inputs, (3, 3), (1.0, 1.0)), 4)
    tokens = keras.layers.Dense(8)(keras.layers.Reshape((16, 48))(patches))
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(tokens)))
    model.save(tmp_path / "m.keras")
    x = np.random.default_rng(0).uniform(0, 1, (2, 16, 16, 3)).astype(np.float32)
    found = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(np.asarray(found(x)), np.asarray(model(x)), rtol=1e-5, atol=1e-6)
    names = [one.name for one in found.operations]
    assert any(name.startswith("extract_patches") for name in names)
    for kind in ("Map", "Cond", "WhileLoop", "Scan", "VectorizedMap"):
        assert not is_operation("keras.src.ops.core", kind)
