"""A traced function in operations that another engine has, and in none that its results do not need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from xai_cam.cam.engines.openvino.parts import between, calls, check_constant, part

Rule = Callable[..., Any]
"""(operation, *its inputs in the new graph) -> its outputs by other operations: one tensor, or several."""


def rewritten(concrete: Any, rules: Mapping[str, Rule]) -> Any:
    """The same traced function with operations said as the rules for their kinds say them.

    A tape differentiates by all that the model is made of, weights too. Only what the results need is left.
    One that calls functions stays as it is: OpenVINO's reader needs their traces, which a copy has not.

    Raises
    ------
    RuntimeError
        A rule does not hold here, or an operation changes a variable.
    """
    check_constant(concrete)
    graph, inputs = concrete.graph, own_inputs(concrete)
    known = {tensor.name for tensor in inputs} | {inside.name for _, inside in graph.captures}
    needed, _ = between(concrete.outputs, known)
    operations = [operation for operation in graph.get_operations() if operation.name in needed]
    try:
        if any(calls(operation.node_def) for operation in operations):
            return concrete
        if not any(operation.type in rules for operation in operations):
            return part(graph, inputs, concrete.outputs, names_of(inputs))
        return _rebuilt(concrete, operations, rules)
    except (ValueError, TypeError, LookupError, tf.errors.OpError) as error:
        raise RuntimeError(f"it cannot be rewritten: {error}") from error


def own_inputs(concrete: Any) -> list[Any]:
    """The inputs of a traced function without the weights that it captures."""
    return list(concrete.inputs[: len(concrete.inputs) - len(concrete.captured_inputs)])


def names_of(inputs: Sequence[Any]) -> list[str]:
    """What the inputs of a traced function are called."""
    return [tensor.op.name for tensor in inputs]


def _rebuilt(concrete: Any, operations: Sequence[Any], rules: Mapping[str, Rule]) -> Any:
    """The operations one by one, each as it is or by its rule."""
    graph, inputs = concrete.graph, own_inputs(concrete)
    outside = {inside.name: value for value, inside in graph.captures}

    def run(*given: Any) -> list[Any]:
        here = tf.compat.v1.get_default_graph()
        for variable in graph.variables:
            here.watch_variable(variable)
        known = dict(zip((tensor.name for tensor in inputs), given, strict=True))

        def found(tensor: Any) -> Any:
            if tensor.name not in known:
                known[tensor.name] = here.capture(outside[tensor.name])
            return known[tensor.name]

        for operation in operations:
            made = _made(here, operation, [found(tensor) for tensor in operation.inputs], rules)
            for tensor, new in zip(operation.outputs, made, strict=False):
                new.set_shape(tensor.shape)  # what the model's code has told of it is not in the operation
                known[tensor.name] = new
        return [found(tensor) for tensor in concrete.outputs]

    specs = zip(inputs, names_of(inputs), strict=True)
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype, name) for tensor, name in specs]
    return tf.function(run, signature, autograph=False).get_concrete_function()


def _made(graph: Any, operation: Any, inputs: Sequence[Any], rules: Mapping[str, Rule]) -> Sequence[Any]:
    if operation.type in rules:
        made = rules[operation.type](operation, *inputs)
        return made if isinstance(made, (list, tuple)) else [made]
    kinds = [tensor.dtype for tensor in operation.outputs]
    attributes = {name: value for name, value in operation.node_def.attr.items() if name != "_class"}
    copy = graph.create_op(
        *(operation.type, inputs, kinds), name=operation.name, attrs=attributes, op_def=operation.op_def
    )
    return list(copy.outputs)
