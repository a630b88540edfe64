"""How functional models refer to their layers: the passes that mend it, and new layers in between."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

Config = dict[str, Any]

MODELS = ("Functional", "Sequential")


def sort_layers(layer: Config) -> None:
    """Layers in the order of the data, which Keras is quickest to build; it writes them so."""
    if layer["class_name"] == "Functional":
        layer["config"]["layers"] = in_order(layer["config"]["layers"])


def names_without_slash(layer: Config) -> None:
    """Keras 3 allows no `/` in the name of a layer, of which tf.keras' DenseNet is full."""
    config = layer["config"]
    if isinstance(config.get("name"), str):
        config["name"] = plain_name(config["name"])
    if layer["class_name"] != "Functional":
        return
    ends = (config.get("input_layers"), config.get("output_layers"))
    inbound = (inner.get("inbound_nodes") for inner in config["layers"])
    for reference in _references([*ends, *inbound]):
        reference[0] = plain_name(reference[0])
    for inner in config["layers"]:
        inner["name"] = inner["config"]["name"]


def plain_name(name: str) -> str:
    """The name under which a layer of Keras 2 is known here."""
    return name.replace("/", "_")


def tensors_by_keyword(layer: Config) -> None:
    """Keras 2 referred to a tensor given by keyword (`attention(x, value=y)`) among the numbers and flags."""
    nodes = layer.get("inbound_nodes") or []
    for i, node in enumerate(nodes):
        call = node[0] if isinstance(node, list) and len(node) == 1 else None
        if not isinstance(call, list) or len(call) < 4 or not any(map(is_reference, call[3].values())):
            continue
        keywords = {k: _tensor(v) if is_reference(v) else v for k, v in call[3].items()}
        nodes[i] = {"args": [_tensor(call)], "kwargs": keywords}


def is_reference(value: Any) -> bool:
    """Whether a value is Keras 2's `[layer, node, tensor, ...]`."""
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _tensor(reference: list[Any]) -> Config:
    """A reference as Keras 3 writes it; the shape is looked up where it points."""
    config = {"shape": [None], "dtype": "float32", "keras_history": list(reference[:3])}
    return {"class_name": "__keras_tensor__", "config": config}


def single_ends(layer: Config) -> None:
    """Keras 2 lists even a single input or output, which Keras 3 takes for a structure of one."""
    if layer["class_name"] != "Functional":
        return
    for key in ("input_layers", "output_layers"):
        ends = layer["config"].get(key)
        if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
            layer["config"][key] = ends[0]


def count_nodes_from_zero(layer: Config) -> None:
    """Keras 2 counted the calls of a nested model from 1, since building it was its call 0.

    Keras 3 expects that in `output_layers` alone, and there only for functional models.
    """
    if layer["class_name"] != "Functional":
        return
    config = layer["config"]
    nested = {c["name"]: c["class_name"] for c in config["layers"] if c["class_name"] in MODELS}
    references = [r for c in config["layers"] for r in _references(c.get("inbound_nodes"))]
    outputs = list(_references([config.get("output_layers")]))
    for name, class_name in nested.items():
        calls = next(len(c["inbound_nodes"]) for c in config["layers"] if c["name"] == name)
        here = [r for r in references if r[0] == name]
        ends = [r for r in outputs if r[0] == name]
        if calls == 0 or max((r[1] for r in here + ends), default=0) < calls:
            here, ends = [], [r for r in ends if class_name == "Functional" and r[1] < calls]
            for reference in ends:
                reference[1] += 1
            continue
        for reference in here + (ends if class_name == "Sequential" else []):
            reference[1] -= 1


def _references(nodes: Any) -> Iterator[list[Any]]:
    """Every `[layer, node, tensor, ...]` in inbound nodes; Keras 3 calls them `keras_history`."""
    if isinstance(nodes, dict):
        for node in nodes.values():
            yield from _references(node)
    elif isinstance(nodes, list):
        if is_reference(nodes):
            yield nodes
        else:
            for node in nodes:
                yield from _references(node)


def calls_of(layer: Config) -> list[list[list[Any]]]:
    """The references of every call of a layer of a functional model; they may be changed in place."""
    return [list(_references([node])) for node in layer.get("inbound_nodes") or []]


def unused_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, with as many underscores behind it as make it a new name."""
    while wanted in taken:
        wanted += "_"
    return wanted


def in_order(layers: list[Config]) -> list[Config]:
    """Layers so that each comes after those it is fed from; what is in a circle comes last."""
    feeds = {
        id(layer): {r[0] for call in calls_of(layer) for r in call} - {layer["config"]["name"]}
        for layer in layers
    }
    done: set[str] = set()
    ordered: list[Config] = []
    pending = layers
    while pending:
        waiting = []
        for layer in pending:
            if feeds[id(layer)] <= done:
                ordered.append(layer)
                done.add(layer["config"]["name"])
            else:
                waiting.append(layer)
        if len(waiting) == len(pending):
            return ordered + waiting
        pending = waiting
    return ordered


def insert_before(model: Config, layer: Config, new: Config) -> None:
    """Put a layer with one input before `layer`, which has one input too, at all its calls."""
    layers = model["config"]["layers"]
    taken = {other["config"]["name"] for other in layers}
    new["config"]["name"] = unused_name(new["config"]["name"], taken)
    if model["class_name"] == "Functional":
        name = new["config"]["name"]
        new |= {"name": name, "inbound_nodes": []}
        for i, call in enumerate(calls_of(layer)):
            for reference in call[:1]:
                new["inbound_nodes"].append([[*reference[:3], {}]])
                reference[:3] = [name, i, 0]
    layers.insert(next(i for i, other in enumerate(layers) if other is layer), new)
