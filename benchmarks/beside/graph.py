"""A functional Keras model as plain data: nodes in the order in which they run, and arrays."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Node:
    """A layer that is called once: its class, its config as Keras tells it, and whose outputs it takes."""

    name: str
    kind: str
    config: dict[str, Any]
    inputs: list[str] = field(default_factory=list)


def describe(model: Any) -> tuple[list[Node], dict[str, np.ndarray]]:
    """Nodes of a functional model of single calls, and its arrays as `layer/number` -> array.

    Raises
    ------
    ValueError
        The model has layers that are called several times, or more than one input or output.
    """
    config = model.get_config()
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(f"{model.name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs.")
    nodes, arrays = [], {}
    for told in config["layers"]:
        name, calls = told["name"], told["inbound_nodes"]
        if len(calls) > 1:
            raise ValueError(f"Layer {name} is called {len(calls)} times.")
        kept = {key: value for key, value in told["config"].items() if _is_plain(value)}
        nodes.append(Node(name, told["class_name"], kept, _sources(calls)))
        for number, weight in enumerate(model.get_layer(name).get_weights()):
            arrays[f"{name}/{number}"] = weight
    last = model.outputs[0]._keras_history.operation.name
    if nodes[-1].name != last:
        raise ValueError(f"{model.name} ends in {last}, but its last layer is {nodes[-1].name}.")
    return nodes, arrays


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict)


def _sources(told: Any) -> list[str]:
    """The names of the layers whose tensors appear in a call's arguments."""
    if isinstance(told, dict):
        if told.get("class_name") == "__keras_tensor__":
            return [told["config"]["keras_history"][0]]
        return [name for value in told.values() for name in _sources(value)]
    if isinstance(told, list | tuple):
        return [name for value in told for name in _sources(value)]
    return []


def write_graph(nodes: list[Node], arrays: dict[str, np.ndarray], folder: Path) -> None:
    """Write both into a folder, for processes that have no Keras."""
    (folder / "graph.json").write_text(json.dumps([asdict(node) for node in nodes]), encoding="utf-8")
    np.savez(folder / "arrays.npz", **arrays)


def read_graph(folder: Path) -> tuple[list[Node], dict[str, np.ndarray]]:
    """Read what `write_graph` wrote."""
    nodes = [Node(**told) for told in json.loads((folder / "graph.json").read_text(encoding="utf-8"))]
    with np.load(folder / "arrays.npz") as found:
        return nodes, {name: found[name] for name in found.files}
