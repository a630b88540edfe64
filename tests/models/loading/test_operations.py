"""Operations of Keras 3, and Lambdas as it takes them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from support.configurations import layer
from xai_cam.models.loading import load_model, operations
from xai_cam.models.loading.operations import is_operation


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


def test_operations_that_a_model_may_be_made_of():
    assert operations.has_operation("keras.src.ops.nn", "Relu")
    assert operations.has_operation("keras.src.ops.core", "Cast")
    for module, name in (("core", "Map"), ("nn", "DoesNotExist"), ("numpy", "KerasTensor"), ("math", "Map")):
        assert not operations.has_operation(f"keras.src.ops.{module}", name)
