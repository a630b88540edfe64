"""References between the layers of functional models: the passes that mend them."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.models.loading import graph as graphs


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def graph(inner: str, calls: int, node: int) -> dict[str, Any]:
    """image -> a nested model, called `calls` times -> its call `node`, which is the output."""
    image = {"class_name": "InputLayer", "name": "i", "inbound_nodes": [], "config": {"name": "i"}}
    nested = {"class_name": inner, "name": "n", "config": {"name": "n", "layers": []}}
    nested["inbound_nodes"] = [[["i", 0, 0, {}]]] * calls
    out = {
        "class_name": "Flatten",
        "name": "f",
        "inbound_nodes": [[["n", node, 0, {}]]],
        "config": {"name": "f"},
    }
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["n", node, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": [image, nested, out], **ends}}


@pytest.mark.parametrize(
    ("inner", "calls", "node", "inbound", "output"),
    [
        ("Functional", 1, 1, 0, 1),  # Keras 2: building it was its call 0
        ("Functional", 2, 2, 1, 2),
        ("Sequential", 1, 1, 0, 0),
        ("Functional", 1, 0, 0, 1),  # counted from 0 already
        ("Sequential", 1, 0, 0, 0),
    ],
)
def test_calls_of_nested_models_are_counted_from_zero(
    inner: str, calls: int, node: int, inbound: int, output: int
):
    config = graph(inner, calls, node)
    graphs.count_nodes_from_zero(config)
    assert config["config"]["layers"][2]["inbound_nodes"] == [[["n", inbound, 0, {}]]]
    assert config["config"]["output_layers"] == [["n", output, 0]]


def test_single_ends_are_unwrapped_and_several_are_not():
    config = graph("Functional", 1, 0)
    graphs.single_ends(config)
    assert config["config"]["input_layers"] == ["i", 0, 0] and config["config"]["output_layers"] == [
        "n",
        0,
        0,
    ]
    two = {"class_name": "Functional", "config": {"output_layers": [["a", 0, 0], ["b", 0, 0]]}}
    graphs.single_ends(two)
    assert len(two["config"]["output_layers"]) == 2


def test_tensors_given_by_keyword():
    config = layer("MultiHeadAttention")
    config["inbound_nodes"] = [[["q", 0, 0, {"value": ["v", 1, 0], "training": False}]]]
    graphs.tensors_by_keyword(config)
    (node,) = config["inbound_nodes"]
    assert [r for call in graphs.calls_of(config) for r in call] == [["q", 0, 0], ["v", 1, 0]]
    assert node["kwargs"]["training"] is False
    plain = {"inbound_nodes": [[["q", 0, 0, {"mask": None}]]]}
    graphs.tensors_by_keyword(plain)
    assert plain == {"inbound_nodes": [[["q", 0, 0, {"mask": None}]]]}


def test_layers_come_in_the_order_of_the_data():
    names = {"c": "b", "a": None, "b": "a", "loop": "loop"}
    layers = [
        {**layer("ReLU", name=name), "inbound_nodes": [[[fed, 0, 0, {}]]] if fed else []}
        for name, fed in names.items()
    ]
    config = {"class_name": "Functional", "config": {"layers": layers}}
    graphs.sort_layers(config)
    found = [inner["config"]["name"] for inner in config["config"]["layers"]]
    assert found.index("a") < found.index("b") < found.index("c") and len(found) == 4
