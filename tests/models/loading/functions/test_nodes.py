"""Nodes of a graph as tf.keras 2.0 to 2.3 wrote them, against TensorFlow's own operations."""

from __future__ import annotations

import base64
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.configurations import layer
from support.tf_functions import X
from xai_cam.errors import ModelError
from xai_cam.models.loading.building import build
from xai_cam.models.loading.functions import nodes
from xai_cam.models.loading.upgrade import Origin, upgrade

Y = X[::-1] - 1


def text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def whole(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


ROWS, LAST = {"i": "1"}, {"data_format": text("NHWC")}
WINDOW = {"ksize": whole(1, 2, 2, 1), "strides": whole(1, 2, 2, 1), "padding": text("SAME"), **LAST}
MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
RAW = tf.raw_ops

CASES: dict[str, tuple[str, list[str], dict[str, Any], dict[str, Any], Any]] = {
    "quotient": ("RealDiv", ["x"], {"1": 255.0}, {}, lambda: X / 255),
    "difference from a number": ("Sub", ["y"], {"0": 1.0}, {}, lambda: 1 - Y),
    "sum of two": ("AddV2", ["x", "y"], {}, {}, lambda: X + Y),
    "relu": ("Relu6", ["y"], {}, {"T": {"type": "DT_FLOAT"}}, lambda: RAW.Relu6(features=Y)),
    "slope": ("LeakyRelu", ["y"], {}, {"alpha": {"f": 0.3}}, lambda: RAW.LeakyRelu(features=Y, alpha=0.3)),
    "mean": ("Mean", ["y"], {"1": [1, 2]}, {"keep_dims": {"b": True}}, lambda: Y.mean((1, 2), keepdims=True)),
    "bias": (
        "BiasAdd",
        ["y"],
        {"1": [1.0, 2.0, 3.0, 4.0]},
        LAST,
        lambda: Y + np.arange(1, 5, dtype="float32"),
    ),
    "reshape": ("Reshape", ["y"], {"1": [-1, 48, 4]}, {}, lambda: Y.reshape(-1, 48, 4)),
    "concat": ("ConcatV2", ["x", "y"], {"2": -1}, {"N": {"i": "2"}}, lambda: np.concatenate([X, Y], -1)),
    "stack": ("Pack", ["x", "y"], {}, {"axis": {"i": "-1"}}, lambda: np.stack([X, Y], -1)),
    "several": ("AddN", ["x", "y", "x"], {}, {}, lambda: X + Y + X),
    "half": ("Split", ["y"], {"0": -1}, {"num_split": {"i": "2"}}, lambda: Y[..., :2]),
    "a row": (
        *("StridedSlice", ["y"], {"1": [0, 2], "2": [0, 3], "3": [1, 1]}),
        *({"begin_mask": ROWS, "end_mask": ROWS, "shrink_axis_mask": {"i": "2"}}, lambda: Y[:, 2]),
    ),
    "channels reversed": (
        *("StridedSlice", ["y"], {"1": [0, 0], "2": [0, 0], "3": [1, -1]}),
        *({"ellipsis_mask": ROWS, "begin_mask": {"i": "2"}, "end_mask": {"i": "2"}}, lambda: Y[..., ::-1]),
    ),
    "squeezed": ("Squeeze", ["x"], {}, {"squeeze_dims": whole()}, lambda: X),
    "margins": (
        "Pad",
        ["y"],
        {"1": [[0, 0], [1, 2], [0, 1], [0, 0]]},
        {},
        lambda: np.pad(Y, [(0, 0), (1, 2), (0, 1), (0, 0)]),
    ),
    "a mirror": (
        *("MirrorPad", ["y"], {"1": [[0, 0], [1, 1], [1, 1], [0, 0]]}, {"mode": text("REFLECT")}),
        lambda: np.pad(Y, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect"),
    ),
    "pooling": (
        *("MaxPool", ["y"], {}, WINDOW),
        lambda: RAW.MaxPool(input=Y, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
    ),
    "product": ("BatchMatMulV2", ["x", "y"], {}, {"adj_y": {"b": True}}, lambda: X @ Y.swapaxes(-1, -2)),
    "cast": ("Cast", ["y"], {}, {"DstT": {"type": "DT_INT32"}}, lambda: Y.astype("int32")),
    "best": ("ArgMax", ["y"], {"1": -1}, {"output_type": {"type": "DT_INT64"}}, lambda: Y.argmax(-1)),
    "blocks": (
        "DepthToSpace",
        ["y"],
        {},
        {"block_size": {"i": "2"}},
        lambda: RAW.DepthToSpace(input=Y, block_size=2),
    ),
    "resize": (
        *("ResizeBilinear", ["x"], {"1": [3, 4]}, {"half_pixel_centers": {"b": True}}),
        lambda: RAW.ResizeBilinear(images=X, size=[3, 4], half_pixel_centers=True),
    ),
}


def node(name: str, operation: str, inputs: list[str], constants: Any, attributes: Any) -> dict[str, Any]:
    """A layer as tf.keras wrote it: the name of the layer is not that of the node."""
    written = {
        place: {"class_name": "__numpy__", "config": {"value": value, "dtype": "int32"}}
        if isinstance(value, list) and place == "2"
        else value
        for place, value in constants.items()
    }
    definition = {"name": name, "op": operation, "input": ["any"], "attr": attributes}
    found = layer(nodes.NODE, name=name, node_def=definition, constants=written, trainable=True)
    calls = [[[one, 0, 0, {}] for one in inputs]]
    return {**found, "name": f"tf_op_layer_{name}", "inbound_nodes": calls}


def functional(layers: list[dict[str, Any]], outputs: list[str]) -> dict[str, Any]:
    inputs = [
        {
            **layer("InputLayer", name=name, batch_input_shape=[None, 6, 8, 4]),
            "name": name,
            "inbound_nodes": [],
        }
        for name in ("x", "y")
    ]
    ends = {"input_layers": [["x", 0, 0], ["y", 0, 0]], "output_layers": [[name, 0, 0] for name in outputs]}
    return layer("Functional", name="m", layers=[*inputs, *layers], **ends)


@pytest.fixture(scope="module")
def outputs() -> list[Any]:
    layers = [node(f"node/{i}", *case[:4]) for i, case in enumerate(CASES.values())]
    found = upgrade(functional(layers, [one["name"] for one in layers]), Origin("2.3.0-tf"))
    made = build(found.config)
    result: list[Any] = made([keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(Y)])
    return result


@pytest.mark.parametrize("name", CASES)
def test_computes_the_same(name: str, outputs: list[Any]) -> None:
    ours, theirs = outputs[list(CASES).index(name)], CASES[name][4]()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


BROKEN: dict[str, dict[str, Any]] = {
    "no operation": {"node_def": {"op": None}},
    "no node": {"node_def": "text"},
    "numbers at no place": {"constants": {"7": 1.0}},
    "numbers at places that are none": {"constants": {"evil": 1.0}},
    "numbers that are none": {"constants": {"1": {"class_name": "Lambda", "config": {}}}},
    "an array of texts": {"constants": {"1": {"class_name": "__numpy__", "config": {"value": ["a"]}}}},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_nodes_that_no_tf_keras_wrote(change: dict[str, Any]) -> None:
    one = node("n", "RealDiv", ["x"], {"1": 2.0}, {})
    one["config"] |= change
    with pytest.raises(ModelError, match="damaged"):
        nodes.node_as_function(one)


@pytest.mark.parametrize(
    ("operation", "inputs", "constants", "attributes"),
    [
        ("ReadFile", ["x"], {}, {}),
        ("PyFunc", ["x"], {}, {"token": text("evil")}),
        ("RealDiv", ["x", "y", "x"], {}, {}),
        ("Relu", [], {}, {}),
    ],
)
def test_operations_without_a_counterpart(
    operation: str, inputs: Any, constants: Any, attributes: Any
) -> None:
    with pytest.raises(ModelError, match=f"is the operation '{operation}' of TensorFlow"):
        nodes.node_as_function(node("n", operation, inputs, constants, attributes))


def test_slices_by_what_is_no_number() -> None:
    bounds: Any = {"1": [0], "2": [1], "3": [1]}
    for change in ({"1": [0.5]}, {"1": [0, 0]}, {"2": 1}):
        with pytest.raises(ModelError, match="damaged"):
            nodes.node_as_function(node("n", "StridedSlice", ["x"], bounds | change, {}))
