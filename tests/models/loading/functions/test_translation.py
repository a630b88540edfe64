"""Functions on the graph of a model as layers and operations of Keras, and what no tf.keras wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.configurations import layer
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.functions import translation
from xai_cam.models.loading.functions.calls import CALLED
from xai_cam.models.loading.references import check_references
from xai_cam.models.loading.resolved import foreign_objects, functions_called

X = np.array([[0.5, -2.0, 3.0]], np.float32)
Y = np.array([[4.0, 1.0, -1.0]], np.float32)


def function(name: Any, *calls: Any) -> dict[str, Any]:
    return {**layer("TFOpLambda", name="op", function=name), "inbound_nodes": list(calls)}


def model_of(*functions: dict[str, Any]) -> dict[str, Any]:
    """A model of two inputs, `x` and `z`, with functions of which the last one is its output."""
    inputs = [layer("InputLayer", name=name, batch_shape=[None, 3]) | {"name": name} for name in ("x", "z")]
    for one in inputs:
        one |= {"module": "keras.layers", "registered_name": None, "inbound_nodes": []}
    ends = {
        "input_layers": [["x", 0, 0], ["z", 0, 0]],
        "output_layers": [functions[-1]["config"]["name"], 0, 0],
    }
    return layer("Functional", name="m", layers=[*inputs, *functions], **ends)


def translated(*functions: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers that functions become, without the inputs."""
    model = model_of(*functions)
    for one in functions:
        assert translation.calls_as_arguments(one)
    assert translation.functions_as_layers(model)
    return [one for one in model["config"]["layers"] if one["class_name"] != "InputLayer"]


@pytest.mark.parametrize(
    ("name", "call", "expected"),
    [
        ("math.truediv", ["x", 0, 0, {"y": 2.0}], X / 2),
        ("math.subtract", ["x", 0, 0, {"y": 2}], X - 2),
        ("__operators__.add", ["x", 0, 0, {"y": [1.0, 2.0, 3.0]}], X + np.array([1, 2, 3])),
        ("math.multiply", ["_CONSTANT_VALUE", -1, 3.0, {"y": ["x", 0, 0]}], 3 * X),
        ("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0]}], 1 - X),
        ("nn.relu", ["x", 0, 0, {}], np.maximum(X, 0)),
    ],
)
def test_functions_of_one_tensor(name: str, call: list[Any], expected: np.ndarray) -> None:
    (found,) = translated(function(name, call))
    assert found["inbound_nodes"] == [[["x", 0, 0, {}]]]
    made = getattr(keras.layers, found["class_name"]).from_config(found["config"])
    np.testing.assert_allclose(made(X), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("math.add", X + Y), ("math.subtract", X - Y), ("multiply", X * Y), ("maximum", np.maximum(X, Y))],
)
def test_functions_of_two_tensors(name: str, expected: np.ndarray) -> None:
    (found,) = translated(function(name, ["x", 0, 0, {"y": ["z", 0, 0]}]))
    assert found["inbound_nodes"] == [[["x", 0, 0, {}], ["z", 0, 0, {}]]]
    made = getattr(keras.layers, found["class_name"]).from_config(found["config"])
    np.testing.assert_allclose(made([X, Y]), expected, rtol=1e-6)


def test_a_function_that_takes_several_layers_keeps_its_name_for_the_last() -> None:
    found = translated(function("math.squared_difference", ["x", 0, 0, {"y": ["z", 0, 0]}]))
    assert [one["class_name"] for one in found] == ["Subtract", "Square"]
    assert [one["name"] for one in found] == ["op_subtract", "op"]


def test_a_function_that_is_called_twice() -> None:
    (found,) = translated(function("nn.relu", ["x", 0, 0, {}], ["z", 0, 0, {}]))
    assert found["inbound_nodes"] == [[["x", 0, 0, {}]], [["z", 0, 0, {}]]]
    found = translated(function("math.add", ["x", 0, 0, {"y": 1}], ["z", 0, 0, {"y": 2}]))
    assert [one["class_name"] for one in found] == [CALLED]  # no layer adds 1 and 2


def test_functions_of_numbers_are_no_layers() -> None:
    shape = function("compat.v1.shape", ["x", 0, 0, {}])
    shape["config"]["name"] = "shape"
    part = function("__operators__.getitem", ["shape", 0, 0, {"slice_spec": 1}])
    part["config"]["name"] = "part"
    (found,) = translated(shape, part, function("math.add", ["x", 0, 0, {"y": ["part", 0, 0]}]))
    assert found["class_name"] == "Rescaling" and found["config"]["offset"] == 3


@pytest.mark.parametrize(
    "call", [["x", 0, 0, {"y": [[1], [2, 3]]}], ["x", 0, 0, {"y": "text"}], ["x", 0, 0, {}]]
)
def test_functions_without_a_counterpart(call: list[Any]) -> None:
    (found,) = translated(function("math.truediv", call))
    assert (found["class_name"], found["name"]) == (CALLED, "op")
    assert found["config"] == {"name": "op", "function": "math.truediv"}
    assert functions_called(model_of(found)) == [("op", "math.truediv")]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ([], ["x", 0, 0, {}]),
        ("nn.relu", "x"),
        ("nn.relu", ["x", 0]),
        ("nn.relu", []),
        ("nn.relu", {"args": []}),
    ],
)
def test_functions_that_no_keras_wrote(name: Any, call: Any) -> None:
    with pytest.raises(ModelError, match="damaged"):
        translated(function(name, call))


def test_a_function_outside_of_a_graph() -> None:
    inner = function("nn.relu", ["x", 0, 0, {}])
    with pytest.raises(ModelError, match="has no graph"):
        translation.functions_as_layers(layer("Sequential", name="s", layers=[inner]))
    with pytest.raises(ModelError, match="damaged"):
        translation.calls_as_arguments(function("nn.relu"))


def test_the_size_of_what_waits_for_itself_cannot_be_told() -> None:
    shape = function("shape", ["op", 0, 0, {}])
    shape["config"]["name"] = "shape"
    found = translated(shape, function("reshape", ["x", 0, 0, {"shape": ["shape", 0, 0]}]))
    assert [one["class_name"] for one in found] == [CALLED, CALLED]
    with pytest.raises(ModelError, match="wait for each other"):
        check_references(model_of(*found))


def test_what_tf_keras_itself_leaves_out_is_said(tmp_path: Path) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    image = tf_keras.Input((6, 8, 3))
    maps = tf_keras.layers.Conv2D(2, 3)(image)
    tf_keras.Model(image, tf.cast(tf.round(maps) == 0, tf.float32)).save(tmp_path / "m.h5")
    with pytest.raises(ModelError, match="does not say what it compares with"):
        load_model(tmp_path / "m.h5")


def test_functions_in_a_model_inside_a_model(tmp_path: Path) -> None:
    """Its calls count from 1 in the file; the shape of what it gives is asked for."""
    tf_keras = pytest.importorskip("tf_keras")
    inner = tf_keras.Input((8, 8, 3))
    maps = tf_keras.layers.Conv2D(4, 3, strides=2, padding="same", name="conv/one")(inner / 127.5 - 1.0)
    backbone = tf_keras.Model(inner, tf.reshape(maps, [tf.shape(maps)[0], -1, 4]), name="backbone")
    head = tf_keras.Sequential([tf_keras.layers.Dense(5)], name="head")
    image = tf_keras.Input((8, 8, 3))
    rows = head(backbone(tf.image.flip_left_right(image)))
    outputs = tf.reshape(rows, [tf.shape(rows)[0], tf.shape(rows)[1] * 5])
    model = tf_keras.Model(image, outputs)
    x = np.random.default_rng(0).uniform(0, 255, (3, 8, 8, 3)).astype("float32")
    for name in ("m.h5", "m.keras"):
        model.save(tmp_path / name)
        np.testing.assert_allclose(load_model(tmp_path / name)(x), model(x), rtol=1e-5, atol=1e-5)
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "w.h5")
    found = load_model(tmp_path / "m.json", tmp_path / "w.h5")
    found.save(tmp_path / "again.keras")  # by plain Keras, which needs nothing of this package
    again = keras.saving.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(again(x), model(x), rtol=1e-5, atol=1e-5)


def test_a_long_chain_takes_time_in_proportion(tmp_path: Path) -> None:
    """Every shape is asked for once, and no layer is made twice."""
    functions = []
    for i in range(300):
        before = f"reshaped_{i - 1}" if i else "x"
        shape = function("shape", [before, 0, 0, {}])
        reshaped = function("reshape", [before, 0, 0, {"shape": [f"shape_{i}", 0, 0]}])
        shape["config"]["name"], reshaped["config"]["name"] = f"shape_{i}", f"reshaped_{i}"
        functions += [shape, reshaped]
    assert len(translated(*functions)) == 300


def test_hostile_arguments_reach_nothing() -> None:
    """Objects among the arguments of a function are refused, or are no part of what is built."""
    evil = {"class_name": "Lambda", "config": {"function": "evil"}}
    for value in (evil, [evil], {"start": evil, "stop": None, "step": None}):
        for name in ("math.add", "reshape", "__operators__.getitem", "concat", "shape", "where"):
            key = {"math.add": "y", "reshape": "shape", "__operators__.getitem": "slice_spec"}.get(
                name, "axis"
            )
            made = translated(function(name, ["x", 0, 0, {key: value}]))
            assert made[-1]["class_name"] == CALLED and foreign_objects(model_of(*made))
