"""The graph of objects in a checkpoint, held against a configuration: which tensor is which layer's weight.

tf.keras keeps the layers of a model under `layer-0`, `layer-1`, ... in the order of its configuration, those
of a model inside of it likewise, and what a layer owns under the names of the layer's attributes. Keras 3, in
a `tf.train.Checkpoint`, keeps them in a list.
"""

from __future__ import annotations

import math
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xai_cam.errors import ModelError, shortened
from xai_cam.models.loading.containers.checkpoint import DTYPES, STRING, Checkpoint
from xai_cam.models.loading.containers.protobuf import fields, messages, text, whole
from xai_cam.models.loading.graph import plain_name
from xai_cam.models.loading.shape import layers_in
from xai_cam.models.loading.stored import FileWeight, NamedLayers
from xai_cam.models.loading.weights import mismatch

KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"

MAX_NODES = 200_000
MAX_STEPS = 3_000_000
"""Objects that are looked at in all; one may be looked at from many others."""

MAX_WEIGHTS = 100_000

MAX_NESTED = 50
"""Models, one inside the other."""

MAX_SHARED = 10
SMALL = 16 * 2**20
"""How often layers may share what is stored; and bytes up to which it does not matter."""

OTHER_VIEWS = frozenset(
    {"keras_api", "variables", "trainable_variables", "non_trainable_variables", "regularization_losses"}
    | {"_layers", "_operations", "_tracked", "_trainable_variables", "_non_trainable_variables"}
)
"""Children of a layer that lead to its weights a second time, or to what training needs."""

STATES = ("_random", "_rng", "_generator", "seed_generator", "_seed_generator")
"""What the children begin with that hold the state of a generator of random numbers."""

FUNCTIONAL = "_functional"
"""The model that a Sequential of Keras 3 makes of itself."""

LISTS = ("_operations", "_layers")
"""Where Keras 3 keeps the layers of a model."""

NAMES = {"adapt_mean": "mean", "adapt_variance": "variance", "w": "kernel", "b": "bias"}
"""Attribute that holds a variable -> the variable's name, where they differ."""


@dataclass(frozen=True)
class Node:
    """An object: what it leads to by name, and the key of its tensor if it is a variable."""

    children: dict[str, int]
    key: str | None


def read_graph(checkpoint: Checkpoint) -> list[Node] | None:
    """The objects of a checkpoint, the root first; None where it has none, as of TensorFlow 1.

    Raises
    ------
    ValueError
        It is damaged.
    OSError
    """
    tensor = checkpoint.tensors.get(KEY)
    if tensor is None:
        return None
    if tensor.dtype != STRING or tensor.shape:
        raise ValueError(f"{KEY} is no text")
    data = memoryview(tensor.text())
    nodes: list[Node] = []
    for message in messages(data, 1):
        if len(nodes) >= MAX_NODES:
            raise ValueError(f"it has more than {MAX_NODES:,} objects")
        nodes.append(_node(message))
    if not nodes or any(child >= len(nodes) for node in nodes for child in node.children.values()):
        raise ValueError("an object in it leads nowhere")
    return nodes


def _node(message: memoryview) -> Node:
    children = {}
    for child in messages(message, 1):
        found = dict(fields(child))
        children[text(found.get(2, memoryview(b"")))] = whole(found.get(1, 0))
    key = None
    for attribute in messages(message, 2):
        found = dict(fields(attribute))
        if text(found.get(1, memoryview(b""))) == VALUE:
            key = text(found.get(3, memoryview(b"")))
    return Node(children, key)


@dataclass(frozen=True)
class ObjectGraph:
    """The objects of a checkpoint and its tensors."""

    nodes: list[Node]
    checkpoint: Checkpoint
    _spent: Counter[str] = field(default_factory=Counter, compare=False)

    def _spend(self, what: str, count: int, most: int) -> None:
        self._spent[what] += count
        if self._spent[what] > most:
            raise ValueError(f"its layers share objects until there are more than {most:,} {what}")

    def layers(self, config: Any) -> NamedLayers:
        """The weights of a model, by its own layers.

        Parameters
        ----------
        config : dict
            Its configuration as it lies in the file.

        Raises
        ------
        ModelError
            The checkpoint has another number of layers.
        """
        root = self._model(config, self.nodes[0])
        found = []
        for layer, node in self._pairs(config, root):
            name = _name(layer)
            weights = list(self._weights(layer, node, (name,)))
            found.append((name, weights))
        self._check_shared(found)
        return found

    def _check_shared(self, layers: NamedLayers) -> None:
        """See that a model does not take many times what is stored."""
        stored = sum(tensor.size for tensor in self.checkpoint.tensors.values())
        needed = sum(4 * math.prod(weight.shape) for _, weights in layers for weight in weights)
        if needed > max(MAX_SHARED * stored, SMALL):
            raise ValueError(f"its layers share {stored:,} bytes until they are {needed:,}")

    def _model(self, config: Any, root: Node) -> Node:
        """The object that is the model: the root, or what a `tf.train.Checkpoint` was given by a name."""
        if self._layers_of(root) or not layers_in(config):
            return root
        inside = [self.nodes[child] for child in dict.fromkeys(root.children.values())]
        models = [node for node in inside if self._layers_of(node)]
        if len(models) > 1:
            names = [name for name, child in root.children.items() if self.nodes[child] in models]
            raise ModelError(
                f"The checkpoint has several models in it ({shortened(', '.join(names), 200)}). Load the "
                "one to be explained where they were saved, and save it with `model.save`."
            )
        return models[0] if models else root

    def _layers_of(self, model: Node) -> dict[int, Node]:
        """The objects of a model's layers by their places; none for what is no model."""
        children, form = model.children, r"layer-(\d{1,9})"
        self._spend("objects", len(children), MAX_STEPS)
        if not any(re.fullmatch(form, name) for name in children):
            model = self.nodes[children[FUNCTIONAL]] if FUNCTIONAL in children else model
            listed = next(
                (self.nodes[model.children[name]] for name in LISTS if name in model.children), None
            )
            children, form = ({} if listed is None else listed.children), r"(\d{1,9})"
            self._spend("objects", len(children), MAX_STEPS)
        found = {int(m[1]): child for name, child in children.items() if (m := re.fullmatch(form, name))}
        return {place: self.nodes[child] for place, child in found.items()}

    def _pairs(self, config: Any, node: Node) -> Iterator[tuple[dict[str, Any], Node]]:
        """The layers of a model, each with its object.

        Whether the input of a Sequential counts as a layer depends on the version, in both of them.
        """
        layers: list[Any] = list(layers_in(config))
        found = self._layers_of(node)
        if layers and not found:
            raise mismatch(["the checkpoint has no layers of a model in it"])
        count = max(found, default=-1) + 1
        if "input_layers" not in config["config"] and layers:
            listed = layers[0]["class_name"] == "InputLayer"
            if listed and count == len(layers) - 1:
                layers = layers[1:]
            elif not listed and count == len(layers) + 1:
                layers = [None, *layers]
        if count > len(layers) or not self._may_lack(layers, found):
            raise mismatch([f"it has {len(layers):,} layers where the checkpoint has {len(found):,}"])
        for place, layer in enumerate(layers):
            if layer is not None:
                yield layer, found.get(place, Node({}, None))

    @staticmethod
    def _may_lack(layers: list[Any], found: dict[int, Node]) -> bool:
        """Whether all that has no object is an operation of Keras 3 (`a + b`), which owns nothing."""
        lacking = [layer for place, layer in enumerate(layers) if place not in found]
        return all(layer and "ops" in str(layer.get("module")).split(".") for layer in lacking)

    def _weights(self, layer: Any, node: Node, path: tuple[str, ...]) -> Iterator[FileWeight]:
        """The weights of a layer and of those inside of it; each once, by the shortest way to it."""
        if len(path) > MAX_NESTED:
            raise ValueError(f"its objects lie in one another more than {MAX_NESTED} times")
        if layer is not None and layers_in(layer):
            for inner, its_node in self._pairs(layer, node):
                yield from self._weights(inner, its_node, (*path, _name(inner)))
            return
        seen: set[int] = set()
        waiting = deque([(layer, node, path)])
        while waiting:
            config, at, way = waiting.popleft()
            self._spend("objects", len(at.children), MAX_STEPS)
            for name, number in _own_children(at):
                child = self.nodes[number]
                if number in seen:
                    continue
                seen.add(number)
                inner = _inside(config, name)
                if child.key is not None:
                    yield self._weight(child.key, name, way)
                elif inner is not None and layers_in(inner):
                    yield from self._weights(inner, child, (*way, name))
                elif len(way) < MAX_NESTED:
                    waiting.append((inner, child, (*way, name)))

    def _weight(self, key: str, name: str, path: tuple[str, ...]) -> FileWeight:
        self._spend("weights", 1, MAX_WEIGHTS)
        tensor = self.checkpoint.tensors.get(key)
        if tensor is None or tensor.dtype not in DTYPES:
            raise ValueError(f"{key} is missing, or holds no numbers")
        return FileWeight(path[-1], NAMES.get(name, name).lstrip("_"), tensor, path=path)


def _own_children(node: Node) -> Iterator[tuple[str, int]]:
    twice = "layer" if "forward_layer" in node.children else None  # of Bidirectional, which copies it
    for name, number in node.children.items():
        if name not in OTHER_VIEWS and name != twice and not name.startswith(STATES):
            yield name, number


def _inside(config: Any, name: str) -> Any:
    """The configuration of what a wrapper has inside, where that is what an attribute leads to."""
    inner = config.get("config") if isinstance(config, dict) else None
    found = inner.get(name) if isinstance(inner, dict) and name in ("layer", "cell") else None
    return found if isinstance(found, dict) and "config" in found else None


def _name(layer: dict[str, Any]) -> str:
    config = layer["config"]
    name = config.get("name", layer.get("name")) if isinstance(config, dict) else layer.get("name")
    return plain_name(str(name))
