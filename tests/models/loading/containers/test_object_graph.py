"""Objects of a checkpoint and the layers that they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.checkpoint_files import FLOAT, GRAPH, Written, graph_of, write_checkpoint
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers import object_graph
from xai_cam.models.loading.containers.checkpoint import read_checkpoint
from xai_cam.models.loading.containers.object_graph import ObjectGraph, read_graph
from xai_cam.models.loading.limits import Limits

KERNEL, BIAS = np.arange(6.0, dtype="f4").reshape(2, 3), np.ones(3, "f4")

Nodes = list[tuple[dict[str, int], str | None]]

DENSE: Nodes = [
    ({"layer-0": 1, "layer-1": 2, "layer_with_weights-0": 2, "optimizer": 5}, None),
    ({}, None),
    ({"kernel": 3, "bias": 4, "keras_api": 6, "variables": 6}, None),
    ({}, "k"),
    ({}, "b"),
    ({"step": 7}, None),
    ({"0": 3, "1": 4}, None),
    ({}, "s"),
]
"""A dense layer behind an input, and an optimizer."""


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name, **config}}


CONFIG = layer(
    "Functional", "m", layers=[layer("InputLayer", "in"), layer("Dense", "a/dense")], input_layers=[]
)


def graph(folder: Path, nodes: Nodes, tensors: dict[str, np.ndarray] | None = None) -> ObjectGraph:
    tensors = tensors or {"k": KERNEL, "b": BIAS, "s": np.zeros(4, "f4")}
    checkpoint = read_checkpoint(write_checkpoint(folder / "cp", tensors, graph_of(nodes)).prefix, Limits())
    found = read_graph(checkpoint)
    assert found is not None
    return ObjectGraph(found, checkpoint)


def names(layers: object_graph.NamedLayers) -> dict[str, list[tuple[str, str]]]:
    return {name: [("/".join(w.path), w.name) for w in weights] for name, weights in layers}


def test_weights_by_layer_each_once(tmp_path: Path):
    layers = graph(tmp_path, DENSE).layers(CONFIG)
    assert names(layers) == {"in": [], "a_dense": [("a_dense", "kernel"), ("a_dense", "bias")]}
    np.testing.assert_array_equal(layers[1][1][0].read(), KERNEL)


def test_a_model_that_a_checkpoint_was_given_by_name(tmp_path: Path):
    shifted: Nodes = [({"net": 1, "step": 8}, None)]
    shifted += [({name: child + 1 for name, child in children.items()}, key) for children, key in DENSE]
    assert "a_dense" in names(graph(tmp_path, shifted).layers(CONFIG))


@pytest.mark.parametrize("listed", [True, False])
def test_the_input_of_a_sequential_counts_or_not(tmp_path: Path, listed: bool):
    without: Nodes = [({"layer-0": 2}, None), *DENSE[1:]]
    inputs = [layer("InputLayer", "in")] if listed else []
    config = layer("Sequential", "m", layers=[*inputs, layer("Dense", "d")])
    for nodes in (DENSE, without):
        assert names(graph(tmp_path, nodes).layers(config))["d"] == [("d", "kernel"), ("d", "bias")]


def test_models_inside_of_models(tmp_path: Path):
    nodes: Nodes = [({"layer-0": 1, "layer-1": 2}, None), ({}, None), ({"layer-0": 3, "layer-1": 4}, None)]
    nodes += [({}, None), ({"kernel": 5, "bias": 6}, None), ({}, "k"), ({}, "b")]
    inner = layer("Functional", "inner", layers=[layer("InputLayer", "i"), layer("Dense", "d")])
    config = layer("Functional", "m", layers=[layer("InputLayer", "in"), inner])
    assert names(graph(tmp_path, nodes).layers(config))["inner"] == [
        ("inner/d", "kernel"),
        ("inner/d", "bias"),
    ]


def test_layers_inside_of_layers_go_by_attribute(tmp_path: Path):
    nodes: Nodes = [({"layer-0": 1}, None), ({"layer": 2, "forward_layer": 2, "backward_layer": 3}, None)]
    nodes += [({"cell": 4}, None), ({"cell": 5, "_random_generator": 6}, None)]
    nodes += [({"kernel": 6}, None), ({"kernel": 7}, None), ({}, "k"), ({}, "b")]
    nodes[5] = ({"kernel": 7}, None)
    nodes[3] = ({"cell": 5, "_random_generator": 8}, None)
    nodes += [({"_state_var": 9}, None), ({}, "s")]
    config = layer("Sequential", "m", layers=[layer("Bidirectional", "two")])
    assert names(graph(tmp_path, nodes).layers(config))["two"] == [
        ("two/forward_layer/cell", "kernel"),
        ("two/backward_layer/cell", "kernel"),
    ]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_another_number_of_layers(tmp_path: Path, count: int):
    config = layer("Functional", "m", layers=[layer("Dense", f"d{i}") for i in range(count)], input_layers=[])
    with pytest.raises(ModelError, match=rf"it has {count} layers where the checkpoint has 2"):
        graph(tmp_path, DENSE).layers(config)


def test_no_graph_is_none(tmp_path: Path):
    checkpoint = read_checkpoint(write_checkpoint(tmp_path / "cp", {"k": KERNEL}).prefix, Limits())
    assert read_graph(checkpoint) is None


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([({"layer-0": 9}, None)], "leads nowhere"),
        ([], "leads nowhere"),
        ([*DENSE[:3], ({}, "gone"), *DENSE[4:]], "gone is missing, or holds no numbers"),
        ([*DENSE[:3], ({}, GRAPH), *DENSE[4:]], "is missing, or holds no numbers"),
    ],
)
def test_a_graph_that_lies(tmp_path: Path, nodes: Nodes, reason: str):
    with pytest.raises(ValueError, match=reason):
        graph(tmp_path, nodes).layers(CONFIG)


def test_a_graph_that_is_no_text(tmp_path: Path):
    written: Written = write_checkpoint(tmp_path / "cp", {"k": KERNEL}, graph_of(DENSE))
    entry = written.entries[GRAPH]
    written.change(GRAPH, dtype=FLOAT, shape=(entry.size // 4,), size=entry.size // 4 * 4)
    with pytest.raises(ValueError, match="is no text"):
        read_graph(read_checkpoint(written.prefix, Limits()))


def test_circles_end(tmp_path: Path):
    """An object that owns itself, and a model that is its own layer."""
    nodes: Nodes = [*DENSE[:2], ({"kernel": 3, "bias": 4, "self": 2, "root": 0}, None), *DENSE[3:]]
    assert len(graph(tmp_path, nodes).layers(CONFIG)[1][1]) == 3, "the optimizer's step is below the root"
    inner: dict[str, Any] = layer("Sequential", "m", layers=[layer("Dense", "d")])
    for _ in range(object_graph.MAX_NESTED + 5):
        inner = layer("Sequential", "m", layers=[inner])
    with pytest.raises(ValueError, match="lie in one another"):
        graph(tmp_path, [({"layer-0": 0}, None)]).layers(inner)


def test_one_tensor_for_a_thousand_layers_is_refused(tmp_path: Path):
    nodes: Nodes = [({f"layer-{i}": 1 for i in range(1000)}, None), ({"kernel": 2}, None), ({}, "k")]
    config = layer("Sequential", "m", layers=[layer("Dense", f"d{i}") for i in range(1000)])
    with pytest.raises(ValueError, match=r"share .* bytes until they are 20,000,000"):
        graph(tmp_path, nodes, {"k": np.zeros(5000, "f4")}).layers(config)


def test_more_objects_than_any_model_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(object_graph, "MAX_NODES", 7)
    with pytest.raises(ValueError, match="more than 7 objects"):
        graph(tmp_path, DENSE)


def test_objects_that_many_layers_share_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    children = {f"x{i}": 2 for i in range(50)}
    nodes: Nodes = [({f"layer-{i}": 1 for i in range(50)}, None), (children, None), ({}, "k")]
    config = layer("Sequential", "m", layers=[layer("Dense", f"d{i}") for i in range(50)])
    graph(tmp_path, nodes).layers(config)
    monkeypatch.setattr(object_graph, "MAX_STEPS", 2000)
    with pytest.raises(ValueError, match="more than 2,000 objects"):
        graph(tmp_path, nodes).layers(config)
    monkeypatch.setattr(object_graph, "MAX_STEPS", 10**6)
    monkeypatch.setattr(object_graph, "MAX_WEIGHTS", 20)
    with pytest.raises(ValueError, match="more than 20 weights"):
        graph(tmp_path, nodes).layers(config)


def test_several_models_in_one_checkpoint(tmp_path: Path):
    nodes: Nodes = [({"generator": 1, "critic": 2}, None), ({"layer-0": 3}, None), ({"layer-0": 4}, None)]
    nodes += [({"kernel": 5}, None), ({"kernel": 5}, None), ({}, "k")]
    config = layer("Sequential", "m", layers=[layer("Dense", "d")])
    with pytest.raises(ModelError, match=r"several models in it \(generator, critic\)"):
        graph(tmp_path, nodes).layers(config)


def test_operations_of_keras_3_own_nothing(tmp_path: Path):
    """`a + b` is no layer, and so has a place in the list and no object."""
    nodes: Nodes = [({"_operations": 1}, None), ({"0": 2, "2": 3}, None), ({}, None), ({"_kernel": 4}, None)]
    nodes += [({}, "k")]
    operation = layer("Add", "add") | {"module": "keras.src.ops.numpy"}
    config = layer(
        "Functional", "m", layers=[layer("InputLayer", "in"), operation, layer("Dense", "d")], input_layers=[]
    )
    assert names(graph(tmp_path, nodes).layers(config))["d"] == [("d", "kernel")]
    config["config"]["layers"][1] = layer("Dense", "e")
    with pytest.raises(ModelError, match="it has 3 layers where the checkpoint has 2"):
        graph(tmp_path, nodes).layers(config)
