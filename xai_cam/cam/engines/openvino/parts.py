"""The operations between some tensors of a traced function and others, as a traced function of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def part(graph: Any, given: Sequence[Any], answers: Sequence[Any], names: Sequence[str] | None = None) -> Any:
    """The operations between the given tensors and the results, as a traced function of their own.

    Its inputs are named by their order, which is all that is left of it in a graph that another engine made
    of this; or as `names` say.
    """
    outside = {inside.name: value for value, inside in graph.captures}
    operations, used = between(answers, {tensor.name for tensor in given} | outside.keys())
    definition = _definition(graph, operations)
    handles = {id(outside[name]) for name in used if name in outside}
    variables = [variable for variable in graph.variables if id(variable.handle) in handles]

    def run(*tensors: Any) -> list[Any]:
        here = tf.compat.v1.get_default_graph()
        for variable in variables:
            here.watch_variable(variable)
        known = dict(zip((tensor.name for tensor in given), tensors, strict=True))
        inputs = {name: known[name] if name in known else here.capture(outside[name]) for name in used}
        wanted = [answer.name for answer in answers if answer.name not in known]
        made = tf.graph_util.import_graph_def(definition, inputs, wanted, name="")
        known.update(zip(wanted, made, strict=True))
        return [known[answer.name] for answer in answers]

    called = names or [f"given_{i}" for i in range(len(given))]
    specs = zip(given, called, strict=True)
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype, name) for tensor, name in specs]
    return tf.function(run, signature, autograph=False).get_concrete_function()


def between(answers: Sequence[Any], known: set[str]) -> tuple[set[str], list[str]]:
    """Names of the operations from known tensors to the results; and the known tensors that are used."""
    operations, used = set[str](), dict[str, None]()
    waiting = [answer for answer in answers if answer.name not in known]
    while waiting:
        tensor = waiting.pop()
        if tensor.name in known:
            used[tensor.name] = None
        elif tensor.op.name not in operations:
            operations.add(tensor.op.name)
            waiting.extend(tensor.op.inputs)
    return operations, list(used)


def _definition(graph: Any, operations: set[str]) -> Any:
    """Those operations of a graph as TensorFlow stores them, with the functions if they call any."""
    whole = graph.as_graph_def()
    found = tf.compat.v1.GraphDef(versions=whole.versions)
    for node in whole.node:
        if node.name in operations:
            here = found.node.add()
            here.CopyFrom(node)
            here.attr.pop("_class", None)  # which device it shares, perhaps with one that is left out
            inputs = [name for name in node.input if name[0] != "^" or name[1:] in operations]
            here.ClearField("input")
            here.input.extend(inputs)
    if any(map(calls, found.node)):
        found.library.CopyFrom(whole.library)
    return found


def calls(node: Any) -> bool:
    """Whether an operation calls a function: a branch, a loop."""
    return any(value.HasField("func") or value.list.func for value in node.attr.values())


def check_constant(concrete: Any) -> None:
    """Refuse a traced function whose answers depend on how often it was called.

    Raises
    ------
    RuntimeError
    """
    if any(operation.type.startswith("Assign") for operation in concrete.graph.get_operations()):
        raise RuntimeError("it changes its own variables when it is called")
