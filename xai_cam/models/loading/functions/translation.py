"""Functions of TensorFlow on a graph become layers and operations of Keras; none is called by its name.

tf.keras 2.4 to 2.15 wrote `x / 255.` or `tf.reshape(x, [tf.shape(x)[0], -1])` as layers that call functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.calls import CALLED, LAYERS, Call, Constant, Counterpart
from xai_cam.models.loading.functions.nodes import NODE
from xai_cam.models.loading.functions.numbers import computed
from xai_cam.models.loading.functions.table import counterpart, plain_name
from xai_cam.models.loading.functions.tensors import Tensors
from xai_cam.models.loading.graph import in_order, tensor_of, unused_name
from xai_cam.models.loading.operations import BY_NAME, has_operation
from xai_cam.models.loading.references import TENSOR
from xai_cam.models.loading.shape import Config, damaged, is_reference, layers_in, name_of

CONSTANT = "_CONSTANT_VALUE"

LOST = {
    "einsum": "what it is called on",
    "__operators__.eq": "what it compares with",
    "__operators__.ne": "what it compares with",
}
"""Functions of which tf.keras itself does not write down all arguments."""


def calls_as_arguments(layer: Config) -> bool:
    """tf.keras wrote the arguments of a function beside the first tensor; Keras 3 lists them.

    `["x", 0, 0, {"y": 2.0}]` is a call, or lists of these; a constant has `_CONSTANT_VALUE` for the layer.
    """
    if layer["class_name"] not in BY_NAME or layer["class_name"] == NODE:
        return False
    name, function = layer["config"].get("name"), layer["config"].get("function")
    calls = [_call(node) for node in layer.get("inbound_nodes") or []]
    if not isinstance(function, str) or None in calls or not calls:
        raise damaged(f"the operation {name!r} has no function, or invalid calls")
    layer["inbound_nodes"] = calls
    return True


def _call(node: Any) -> Config | None:
    leaves = list(_leaves(node))
    if not leaves or None in leaves:
        return None
    return {"args": [_first(node)], "kwargs": _written(leaves[0][3])}


def _leaves(node: Any) -> Iterator[Any]:
    if is_reference(node):
        yield node if len(node) > 3 and isinstance(node[3], dict) else None
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner)
    else:
        yield None


def _first(node: Any) -> Any:
    if is_reference(node):
        return _written(node[2]) if node[0] == CONSTANT else tensor_of(node)
    return [_first(inner) for inner in node]


def _written(value: Any) -> Any:
    """An argument with references as Keras 3 writes them."""
    if is_reference(value):
        return tensor_of(value)
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    return [_written(inner) for inner in value] if isinstance(value, list) else value


def functions_as_layers(layer: Config) -> bool:
    """Functions of TensorFlow become the layers and operations of Keras that compute the same."""
    if not any(inner["class_name"] in BY_NAME for inner in layers_in(layer)):
        return False
    if layer["class_name"] != "Functional":
        raise damaged(f"an operation of TensorFlow in a {layer['class_name']}, which has no graph")
    layer["config"]["layers"] = _Translation(layer["config"]["layers"]).layers()
    return True


class _Translation:
    """The layers of one model, in the order of the data flow."""

    def __init__(self, layers: list[Config]) -> None:
        self._order = in_order(layers)
        self._layers = {name_of(layer): layer for layer in layers}
        self._tensors = Tensors(self._layers)
        self._numbers: dict[tuple[str, int, int], Any] = {}

    def layers(self) -> list[Config]:
        made: list[Config] = []
        for layer in self._order:
            made += self._translated(layer) if layer["class_name"] in BY_NAME else [layer]
        return made

    def _translated(self, layer: Config) -> list[Config]:
        """What takes the place of a function; nothing for one of numbers, which are known afterwards."""
        name, function = name_of(layer), plain_name(layer["config"]["function"])
        calls = [self._read(node) for node in layer["inbound_nodes"]]
        numbers = [self._computed(function, call) for call in calls]
        if None not in numbers:
            for i, found in enumerate(numbers):
                results = found if isinstance(found, tuple) else (found,)
                self._numbers |= {(name, i, k): result for k, result in enumerate(results)}
            del self._layers[name]
            return []
        made = [found for call in calls if (found := counterpart(function, call))]
        placed = _Placed(name, self._layers).layers(made) if len(made) == len(calls) else None
        new = [_called(layer, calls)] if placed is None else placed
        self._layers |= {name_of(one): one for one in new}
        return new

    def _read(self, node: Config) -> Call:
        arguments = {key: self._value(value) for key, value in node["kwargs"].items()}
        return Call(self._value(node["args"][0]), arguments, self._tensors.look)

    def _value(self, value: Any) -> Any:
        """An argument: tensors as references, or the numbers that have been computed for them."""
        if isinstance(value, dict) and value.get("class_name") == TENSOR:
            inner = value.get("config")
            history = inner.get("keras_history") if isinstance(inner, dict) else None
            if not isinstance(history, list) or not is_reference(history):
                raise damaged("an operation takes for a tensor what is none")
            reference = list(history[:3])
            return (
                self._numbers.get(tuple(reference), reference) if isinstance(reference[2], int) else reference
            )
        if isinstance(value, dict):
            return {key: self._value(inner) for key, inner in value.items()}
        return [self._value(inner) for inner in value] if isinstance(value, list) else value

    def _computed(self, function: str, call: Call) -> Any:
        if function not in ("shape", "size", "rank", "keras.backend.shape"):
            return computed(function, call)
        shape = call.shape() if call.takes("out_type") else None
        if shape is None or function.endswith("shape"):
            return shape
        return len(shape) if function == "rank" else computed("reduce_prod", Call(shape, {}))


class _Placed:
    """Counterparts of the calls of one function, as layers of a model that has others."""

    def __init__(self, name: str, taken: dict[str, Config]) -> None:
        self._name, self._taken = name, {*taken}
        self._layers: dict[int, Config] = {}

    def layers(self, made: list[Counterpart]) -> list[Config] | None:
        """The layers, the last of the function's name; None where the calls differ, or Keras has no such."""
        orders = [list(_in_order(one)) for one in made]
        if any(len(order) != len(orders[0]) for order in orders):
            return None
        names: dict[int, str] = {}
        layers: list[Config] = []
        for k, first in enumerate(orders[0]):
            several = [order[k] for order in orders]
            if any(
                (one.module, one.class_name, one.config) != (first.module, first.class_name, first.config)
                for one in several
            ):
                return None
            if first.module != LAYERS and not has_operation(first.module, first.class_name):
                return None
            last = k == len(orders[0]) - 1
            name = (
                self._name if last else unused_name(f"{self._name}_{first.class_name.lower()}", self._taken)
            )
            self._taken.add(name)
            names |= {id(one): name for one in several}
            layers.append(_layer(name, several, names))
        return layers


def _in_order(made: Counterpart) -> Iterator[Counterpart]:
    """A counterpart after those that it is called on, each once."""
    seen: set[int] = set()

    def inner(one: Counterpart) -> Iterator[Counterpart]:
        for value in (*one.inputs, *(v for group in one.inputs if isinstance(group, list) for v in group)):
            if isinstance(value, Counterpart) and id(value) not in seen:
                yield from inner(value)
        seen.add(id(one))
        yield one

    yield from inner(made)


def _layer(name: str, calls: list[Counterpart], names: dict[int, str]) -> Config:
    """The configuration of a layer or an operation that is called as counterparts are."""
    first = calls[0]
    layer: Config = {
        "module": first.module,
        "class_name": first.class_name,
        "config": {"name": name, **first.config},
    }
    layer |= {"registered_name": None if first.module == LAYERS else first.class_name, "name": name}
    inputs = [[_tensor(value, i, names) for value in one.inputs] for i, one in enumerate(calls)]
    if first.module == LAYERS:
        nodes: list[Any] = [[[*tensor[:3], {}] for tensor in one] for one in inputs]
    else:
        nodes = [
            {"args": [_argument(value) for value in values], "kwargs": dict(one.keywords)}
            for values, one in zip(inputs, calls, strict=True)
        ]
    return {**layer, "inbound_nodes": nodes}


def _tensor(value: Any, call: int, names: dict[int, str]) -> Any:
    """What a counterpart is called on, with references to the counterparts among it."""
    if isinstance(value, Counterpart):
        return [names[id(value)], call, 0]
    if isinstance(value, list) and not is_reference(value):
        return [_tensor(inner, call, names) for inner in value]
    return value


def _argument(value: Any) -> Any:
    """An argument of an operation of Keras 3: references as tensors, also in a list; the rest as it is."""
    if is_reference(value):
        return tensor_of(value)
    if isinstance(value, Constant):
        return value.written()
    return [_argument(inner) for inner in value] if isinstance(value, list) else value


def _called(layer: Config, calls: list[Call]) -> Config:
    """What calls the function itself, which the user has to allow.

    Raises
    ------
    ModelError
        It cannot be called with what the file says.
    """
    name, function = name_of(layer), plain_name(layer["config"]["function"])
    if function in LOST:
        raise ModelError(
            f"Layer {name!r} is the function tf.{function} of TensorFlow, and the file does not say "
            f"{LOST[function]}: tf.keras leaves it out. Rebuild the model with layers of Keras in its place."
        )
    nodes = [{"args": [_written(call.first)], "kwargs": _written(call.arguments)} for call in calls]
    if "Open(" in repr(nodes):
        raise ModelError(
            f"Layer {name!r} is the function tf.{function} of TensorFlow, which is called with the number of "
            "images or a side that is open. Rebuild the model with layers of Keras in its place."
        )
    config = {"name": name, "function": layer["config"]["function"]}
    made = {"module": None, "class_name": CALLED, "registered_name": CALLED, "config": config, "name": name}
    return {**made, "inbound_nodes": nodes}
