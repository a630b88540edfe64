"""References between the layers of functional models: passes that repair them, and inserting layers.

Each pass changes a layer in place and tells whether it did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from xai_cam.models.loading.shape import MODELS, Config, is_reference, name_of


def sort_layers(layer: Config) -> bool:
    """Layers in the order of the data flow, as Keras writes them and builds them fastest."""
    if layer["class_name"] != "Functional":
        return False
    layers = layer["config"]["layers"]
    layer["config"]["layers"] = in_order(layers)
    return layer["config"]["layers"] != layers


def names_without_slash(layer: Config) -> bool:
    """Keras 3 allows no `/` in the name of a layer, of which tf.keras' DenseNet is full."""
    config, changed = layer["config"], False
    if "/" in (config.get("name") or ""):
        config["name"] = plain_name(config["name"])
        changed = True
    if layer["class_name"] != "Functional":
        return changed
    ends = (config.get("input_layers"), config.get("output_layers"))
    inbound = (inner.get("inbound_nodes") for inner in config["layers"])
    for reference in references_in([*ends, *inbound]):
        changed |= "/" in reference[0]
        reference[0] = plain_name(reference[0])
    for inner in config["layers"]:
        changed |= inner.get("name") != name_of(inner)
        inner["name"] = name_of(inner)
    return changed


def plain_name(name: str) -> str:
    """The name of a layer of Keras 2 as Keras 3 allows it."""
    return name.replace("/", "_")


def tensors_by_keyword(layer: Config) -> bool:
    """Keras 2 referred to a tensor given by keyword (`attention(x, value=y)`) among the numbers and flags."""
    nodes, changed = layer.get("inbound_nodes") or [], False
    for i, node in enumerate(nodes):
        call = node[0] if isinstance(node, list) and len(node) == 1 else None
        given = call[3] if isinstance(call, list) and len(call) > 3 else None
        if call is None or not isinstance(given, dict) or not any(map(is_reference, given.values())):
            continue
        keywords = {k: tensor_of(v) if is_reference(v) else v for k, v in given.items()}
        nodes[i] = {"args": [tensor_of(call)], "kwargs": keywords}
        changed = True
    return changed


def tensor_of(reference: list[Any]) -> Config:
    """A reference as Keras 3 writes it; the shape is looked up where it points."""
    config = {"shape": [None], "dtype": "float32", "keras_history": list(reference[:3])}
    return {"class_name": "__keras_tensor__", "config": config}


def single_ends(layer: Config) -> bool:
    """Keras 2 lists even a single input or output, which Keras 3 takes for a structure of one."""
    if layer["class_name"] != "Functional":
        return False
    changed = False
    for key in ("input_layers", "output_layers"):
        ends = layer["config"].get(key)
        if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
            layer["config"][key] = ends[0]
            changed = True
    return changed


def count_nodes_from_zero(layer: Config) -> bool:
    """Keras 2 counted the calls of a nested model from 1, since building it was its call 0.

    Keras 3 expects that in `output_layers` alone, and there only for functional models: `CALLS` has the
    four cases.
    """
    if layer["class_name"] != "Functional":
        return False
    config = layer["config"]
    inbound = [r for inner in config["layers"] for r in references_in(inner.get("inbound_nodes"))]
    outputs = list(references_in([config.get("output_layers")]))
    changed = False
    for nested in config["layers"]:
        if nested["class_name"] not in MODELS:
            continue
        here, ends = ([r for r in found if r[0] == name_of(nested)] for found in (inbound, outputs))
        calls = len(nested.get("inbound_nodes") or [])
        from_one = calls > 0 and max((r[1] for r in here + ends), default=0) >= calls
        changed |= CALLS[nested["class_name"], from_one](here, ends, calls)
    return changed


References = list[list[Any]]


def _functional_from_one(here: References, _ends: References, _calls: int) -> bool:
    """Of two calls, inbound ["n", 1, 0], ["n", 2, 0] -> ["n", 0, 0], ["n", 1, 0]; the output keeps its 2."""
    return _shift(here, -1)


def _sequential_from_one(here: References, ends: References, _calls: int) -> bool:
    """Of two calls, inbound and output ["n", 1, 0], ["n", 2, 0] -> ["n", 0, 0], ["n", 1, 0]."""
    return _shift(here + ends, -1)


def _functional_from_zero(_here: References, ends: References, calls: int) -> bool:
    """Of one call, inbound ["n", 0, 0] stays; the output ["n", 0, 0] -> ["n", 1, 0], as Keras 3 counts."""
    return _shift([r for r in ends if r[1] < calls], 1)


def _sequential_from_zero(_here: References, _ends: References, _calls: int) -> bool:
    """Of one call, inbound and output ["n", 0, 0] are as Keras 3 counts."""
    return False


CALLS = {
    ("Functional", True): _functional_from_one,
    ("Sequential", True): _sequential_from_one,
    ("Functional", False): _functional_from_zero,
    ("Sequential", False): _sequential_from_zero,
}
"""Class of a nested model, and whether the file counts its calls from 1 -> what mends references to it."""


def _shift(references: References, by: int) -> bool:
    """Add to the call that each reference means; whether there is one."""
    for reference in references:
        reference[1] += by
    return bool(references)


def references_in(nodes: Any) -> Iterator[list[Any]]:
    """Every `[layer, node, tensor, ...]` in inbound nodes; Keras 3 calls them `keras_history`."""
    if isinstance(nodes, dict):
        for node in nodes.values():
            yield from references_in(node)
    elif isinstance(nodes, list):
        if is_reference(nodes):
            yield nodes
        else:
            for node in nodes:
                yield from references_in(node)


def calls_of(layer: Config) -> list[list[list[Any]]]:
    """The references of every call of a layer of a functional model; they may be changed in place."""
    return [list(references_in([node])) for node in layer.get("inbound_nodes") or []]


def unused_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, with as many underscores appended as make it a new name."""
    while wanted in taken:
        wanted += "_"
    return wanted


def in_order(layers: list[Config]) -> list[Config]:
    """Layers ordered so that each comes after its inputs; those in a cycle come last.

    The order is that of going over the list again and again, taking each layer that has all its inputs, but
    it is found in one go: `rounds` says in which of them a layer would be taken.
    """
    places = {name_of(layer): i for i, layer in enumerate(layers)}
    feeds = [{r[0] for call in calls_of(layer) for r in call} - {name_of(layer)} for layer in layers]
    after: dict[str, list[int]] = defaultdict(list)
    for i, names in enumerate(feeds):
        for name in names:
            after[name].append(i)
    missing = [len(names) for names in feeds]
    rounds: dict[int, int] = {i: 0 for i, count in enumerate(missing) if not count}
    ready = list(rounds)
    while ready:
        name = name_of(layers[at := ready.pop()])
        for i in after[name] if places[name] == at else ():
            missing[i] -= 1
            if not missing[i]:
                rounds[i] = max(rounds[places[n]] + (places[n] > i) for n in feeds[i])
                ready.append(i)
    taken = sorted(rounds, key=lambda i: (rounds[i], i))
    return [layers[i] for i in [*taken, *(i for i in range(len(layers)) if i not in rounds)]]


def insert_before(model: Config, layer: Config, new: Config) -> None:
    """Put a layer with one input before `layer`, which has one input too, at all its calls."""
    layers = model["config"]["layers"]
    name = unused_name(name_of(new), {name_of(other) for other in layers})
    new["config"]["name"] = name
    if model["class_name"] == "Functional":
        new |= {"name": name, "inbound_nodes": []}
        for i, call in enumerate(calls_of(layer)):
            for reference in call[:1]:
                new["inbound_nodes"].append([[*reference[:3], {}]])
                reference[:3] = [name, i, 0]
    layers.insert(next(i for i, other in enumerate(layers) if other is layer), new)
