"""A traced function of images, split in two: up to a layer, and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf

KINDS = {"float32", "float16", "int32", "int64", "bool"}
"""Kinds of numbers that NumPy has, so that they can be handed over."""


class Split:
    """The split is right after the layer's output, and through any branch that bypasses the layer.

    Parameters
    ----------
    concrete : traced function
        (images, ...) -> answers, the first of them what the layer puts out.

    Attributes
    ----------
    early : list of int
        Which of its inputs lead to the layer: the images, 0, and others that the model joins before it.
    first, rest : traced functions
        The two parts: (early inputs) -> edge, and (*edge, other inputs) -> answers. The edge are the tensors
        that are cut through: all that the second part needs to know of the early ones.

    Raises
    ------
    RuntimeError
        It cannot be cut there.
    """

    def __init__(self, concrete: Any) -> None:
        inputs = concrete.inputs[: len(concrete.inputs) - len(concrete.captured_inputs)]
        answers = [_before(answer, "Identity") for answer in concrete.outputs]
        operations = concrete.graph.get_operations()
        check_constant(concrete)
        layer = _before(answers[0], "Cast")
        leads = [layer.name in _reached(operations, [tensor]) for tensor in inputs]
        self.early = [number for number, early in enumerate(leads) if early or not number]
        early = [inputs[number] for number in self.early]
        late = [tensor for number, tensor in enumerate(inputs) if number not in self.early]
        edge = _edge(answers, layer, early, late)
        odd = {tensor.dtype.name for tensor in edge} - KINDS
        if odd:
            raise RuntimeError(f"it computes in {', '.join(sorted(odd))}")
        try:
            self.first = _part(concrete.graph, early, edge)
            self.rest = _part(concrete.graph, [*edge, *late], answers)
        except (ValueError, TypeError, LookupError, tf.errors.OpError) as error:
            raise RuntimeError(f"it cannot be split after the layer: {error}") from error
        if any(_calls(operation.node_def) for operation in self.first.graph.get_operations()):
            raise RuntimeError("it branches or loops before the layer")


def check_constant(concrete: Any) -> None:
    """Refuse a traced function whose answers depend on how often it was called.

    Raises
    ------
    RuntimeError
    """
    if any(operation.type.startswith("Assign") for operation in concrete.graph.get_operations()):
        raise RuntimeError("it changes its own variables when it is called")


def _before(tensor: Any, kind: str) -> Any:
    """The input of the operation that made the tensor, if it is of that kind; else the tensor."""
    return tensor.op.inputs[0] if tensor.op.type == kind else tensor


def _edge(answers: Sequence[Any], layer: Any, early: Sequence[Any], late: Sequence[Any]) -> list[Any]:
    """The tensors that depend on the early inputs alone and that the second part needs."""
    needed, _ = _between(answers, set())  # a tape leaves some behind that nothing is made of
    operations = [operation for operation in layer.graph.get_operations() if operation.name in needed]
    behind = _reached(operations, [layer, *late]) - {layer.name}
    before = _reached(operations, early) - behind
    edge = {layer.name: layer}
    for operation in operations:
        if any(output.name in behind for output in operation.outputs):
            edge |= {tensor.name: tensor for tensor in operation.inputs if tensor.name in before}
    edge |= {answer.name: answer for answer in answers if answer.name in before}
    return list(edge.values())


def _reached(operations: Iterable[Any], starts: Iterable[Any]) -> set[str]:
    """Names of all tensors that depend on the given ones; operations come in the order in which they run."""
    found = {tensor.name for tensor in starts}
    for operation in operations:
        if any(tensor.name in found for tensor in operation.inputs):
            found.update(output.name for output in operation.outputs)
    return found


def _part(graph: Any, given: Sequence[Any], answers: Sequence[Any]) -> Any:
    """The operations between the given tensors and the results, as a traced function of their own."""
    outside = {inside.name: value for value, inside in graph.captures}
    operations, used = _between(answers, {tensor.name for tensor in given} | outside.keys())
    definition = _definition(graph, operations)
    handles = {id(outside[name]) for name in used if name in outside}
    variables = [variable for variable in graph.variables if id(variable.handle) in handles]

    def run(*tensors: Any) -> list[Any]:
        here = tf.compat.v1.get_default_graph()
        for variable in variables:
            here.watch_variable(variable)
        known = dict(zip((tensor.name for tensor in given), tensors, strict=True))
        inputs = {name: known[name] if name in known else here.capture(outside[name]) for name in used}
        names = [answer.name for answer in answers if answer.name not in known]
        made = tf.graph_util.import_graph_def(definition, inputs, names, name="")
        known.update(zip(names, made, strict=True))
        return [known[answer.name] for answer in answers]

    # Named by their order, which is all that is left of it in a graph that another engine made of this.
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype, f"given_{i}") for i, tensor in enumerate(given)]
    return tf.function(run, signature, autograph=False).get_concrete_function()


def _between(answers: Sequence[Any], known: set[str]) -> tuple[set[str], list[str]]:
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
    part = tf.compat.v1.GraphDef(versions=whole.versions)
    for node in whole.node:
        if node.name in operations:
            here = part.node.add()
            here.CopyFrom(node)
            here.attr.pop("_class", None)  # which device it shares, perhaps with one that is left out
            inputs = [name for name in node.input if name[0] != "^" or name[1:] in operations]
            here.ClearField("input")
            here.input.extend(inputs)
    if any(map(_calls, part.node)):
        part.library.CopyFrom(whole.library)
    return part


def _calls(node: Any) -> bool:
    """Whether an operation calls a function: a branch, a loop."""
    return any(value.HasField("func") or value.list.func for value in node.attr.values())
