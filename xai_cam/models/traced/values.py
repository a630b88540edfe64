"""The numbers in a traced graph that do not depend on the images: constants, weights, sizes."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

MAX_ELEMENTS = 100_000
"""Larger arrays are of no interest here: no axis, size, scale or index is told by so many numbers."""

ASKING = frozenset(("Shape", "ShapeN", "Size", "Rank"))
"""Operations that ask for no number of their input."""

Key = tuple[int, str]


def key_of(tensor: Any) -> Key:
    """What tells a tensor from all others, of functions that the graph calls too."""
    return id(tensor.graph), tensor.name


class Values:
    """Looks up, or computes, what a tensor of a traced function holds whatever the images are.

    Parameters
    ----------
    concrete : traced function
        Its captured weights are read when they are asked for.
    """

    def __init__(self, concrete: Any) -> None:
        graph = concrete.graph
        variables = {id(variable.handle): variable for variable in graph.variables}
        self._captured = {
            key_of(inside): variables.get(id(outside), outside) for outside, inside in graph.captures
        }
        self._known: dict[Key, np.ndarray | None] = {}
        self._forget_images(graph, {key_of(one) for one in graph.inputs} - self._captured.keys())

    def _forget_images(self, graph: Any, images: set[Key]) -> None:
        """Know of all that is made of the images that it has no value: looking for one goes far back."""
        for operation in graph.get_operations():
            if operation.type not in ASKING and any(key_of(one) in images for one in operation.inputs):
                images |= {key_of(one) for one in operation.outputs}
        self._known |= dict.fromkeys(images)

    def within(self, body: Any, given: list[Any], repeated: bool = False) -> None:
        """Let the arguments of a function that the graph calls have the values of the tensors `given`.

        Of one that is `repeated`, as in a loop, only those that stay the same are known.
        """
        values = [self.find(outside) for outside in given]
        if repeated:
            values = [value if stays(body, i) else None for i, value in enumerate(values)]
        self._known = {key: value for key, value in self._known.items() if key[0] != id(body)}
        for inside, outside, value in zip(body.inputs, given, values, strict=True):
            if key_of(outside) in self._captured:
                self._captured[key_of(inside)] = self._captured[key_of(outside)]
            else:
                self._captured.pop(key_of(inside), None)
                self._known[key_of(inside)] = value
        open_ones = {key_of(inside) for inside in body.inputs} - self._captured.keys()
        self._forget_images(body, {key for key in open_ones if self._known[key] is None})

    def find(self, tensor: Any) -> np.ndarray | None:
        """The tensor's value; None where it depends on the images, or is large."""
        key = key_of(tensor)
        if key not in self._known:
            self._known[key] = self._compute(tensor)
        return self._known[key]

    def ints(self, tensor: Any) -> list[int] | None:
        """The tensor's value as a list of integers."""
        value = self.find(tensor)
        return None if value is None else [int(one) for one in np.ravel(value)]

    def shape(self, tensor: Any) -> tuple[int, ...] | None:
        """A tensor's shape, also where the graph only says how it is computed."""
        if tensor.shape.is_fully_defined():
            return tuple(tensor.shape)
        if tensor.op.type in ("Fill", "BroadcastTo"):
            sizes = self.ints(tensor.op.inputs[0 if tensor.op.type == "Fill" else 1])
            return None if sizes is None else tuple(sizes)
        shapes = (
            [self.shape(one) for one in tensor.op.inputs] if tensor.op.type in ("Mul", "Cast", "Add") else []
        )
        return max((shape for shape in shapes if shape is not None), key=len, default=None)

    def is_weight(self, tensor: Any) -> bool:
        """Whether a tensor is made of a variable of the model."""
        if tensor.op.type == "Placeholder":
            return hasattr(self._captured.get(key_of(tensor)), "handle")
        return any(self.is_weight(one) for one in tensor.op.inputs)

    def run(self, operation: Any, first: np.ndarray) -> np.ndarray | None:
        """What an operation makes of `first` in place of its first input."""
        others = [self.find(one) for one in operation.inputs[1:]]
        known = [one for one in others if one is not None]
        return _run(operation, [first, *known], 0) if len(known) == len(others) else None

    def _compute(self, tensor: Any) -> np.ndarray | None:
        import tensorflow as tf

        operation = tensor.op
        if tensor.dtype.name == "variant":  # a list of tensors
            return None
        if tensor.shape.num_elements() is None or tensor.shape.num_elements() > MAX_ELEMENTS:
            return None
        if operation.type == "ReadVariableOp":
            held = self._captured.get(key_of(operation.inputs[0]))
            return None if held is None else _as_numbers(held)
        if operation.type in ("Placeholder", "Const"):
            held = self._captured.get(key_of(tensor))
            if held is not None:
                return _as_numbers(held)
            return tf.get_static_value(tensor) if operation.type == "Const" else None
        if operation.type in ASKING:
            return _as_numbers(tf.get_static_value(tensor))
        inputs = [self.find(one) for one in operation.inputs]
        known = [one for one in inputs if one is not None]
        if len(known) < len(inputs) or not inputs or operation.op_def.is_stateful:
            return None
        return _run(operation, known, tensor.value_index)


def stays(body: Any, number: int) -> bool:
    """Whether an argument of a loop's body is handed on as it is."""
    end = body.outputs[number]
    while end.op.type == "Identity":
        end = end.op.inputs[0]
    return end is body.inputs[number]


def _as_numbers(held: Any) -> np.ndarray | None:
    value = held.numpy() if hasattr(held, "numpy") else held
    return np.asarray(value) if value is not None else None


def _run(operation: Any, inputs: list[np.ndarray], index: int) -> np.ndarray | None:
    """What an operation makes of these inputs, outside of the graph."""
    import tensorflow as tf

    function = getattr(tf.raw_ops, operation.type, None)
    if function is None:
        return None
    waiting, implied = list(inputs), set[str]()
    arguments: dict[str, Any] = {}
    for argument in operation.op_def.input_arg:
        implied |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
        if argument.number_attr:
            count = operation.get_attr(argument.number_attr)
            arguments[argument.name], waiting = waiting[:count], waiting[count:]
        else:
            arguments[argument.name], waiting = waiting[0], waiting[1:]
    for attribute in operation.op_def.attr:
        if attribute.name not in implied:
            arguments[attribute.name] = operation.get_attr(attribute.name)
    takes = inspect.signature(function).parameters
    named = {
        name if name in takes else "axis": value for name, value in arguments.items()
    }  # as some are renamed
    try:
        with tf.init_scope():
            found = function(**named)
    except (TypeError, ValueError, LookupError, tf.errors.OpError):
        return None
    outputs = found if isinstance(found, (list, tuple)) else [found]
    return np.asarray(outputs[index])
