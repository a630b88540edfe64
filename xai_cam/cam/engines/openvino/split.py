"""A traced function of images, split in two: up to a layer, and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf

from xai_cam.cam.engines.openvino.parts import between, calls, check_constant, part

KINDS = {"float32", "float16", "int32", "int64", "bool"}
"""Kinds of numbers that NumPy has, so that they can be handed over."""


class Split:
    """The split is right after the layer's output, and through any branch that bypasses the layer.

    Of several layers it is after those that no other one leads to.

    Parameters
    ----------
    concrete : traced function
        (images, ...) -> answers, the first of them what the layers put out.
    layers : int
        How many.

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

    def __init__(self, concrete: Any, layers: int = 1) -> None:
        inputs = concrete.inputs[: len(concrete.inputs) - len(concrete.captured_inputs)]
        answers = [_before(answer, "Identity") for answer in concrete.outputs]
        operations = concrete.graph.get_operations()
        check_constant(concrete)
        first = _first(operations, [_before(answer, "Cast") for answer in answers[:layers]])
        names = {layer.name for layer in first}
        leads = [bool(names & _reached(operations, [tensor])) for tensor in inputs]
        self.early = [number for number, early in enumerate(leads) if early or not number]
        early = [inputs[number] for number in self.early]
        late = [tensor for number, tensor in enumerate(inputs) if number not in self.early]
        edge = _edge(answers, first, early, late)
        odd = {tensor.dtype.name for tensor in edge} - KINDS
        if odd:
            raise RuntimeError(f"it computes in {', '.join(sorted(odd))}")
        try:
            self.first = part(concrete.graph, early, edge)
            self.rest = part(concrete.graph, [*edge, *late], answers)
        except (ValueError, TypeError, LookupError, tf.errors.OpError) as error:
            raise RuntimeError(f"it cannot be split after the layer: {error}") from error
        if any(calls(operation.node_def) for operation in self.first.graph.get_operations()):
            raise RuntimeError("it branches or loops before the layer")


def _before(tensor: Any, kind: str) -> Any:
    """The input of the operation that made the tensor, if it is of that kind; else the tensor."""
    return tensor.op.inputs[0] if tensor.op.type == kind else tensor


def _first(operations: Sequence[Any], layers: Sequence[Any]) -> list[Any]:
    """Those of some tensors that none of the others leads to."""
    behind = {layer.name: _reached(operations, [layer]) - {layer.name} for layer in layers}
    return [layer for layer in layers if not any(layer.name in found for found in behind.values())]


def _edge(
    answers: Sequence[Any], layers: Sequence[Any], early: Sequence[Any], late: Sequence[Any]
) -> list[Any]:
    """The tensors that depend on the early inputs alone and that the second part needs."""
    needed, _ = between(answers, set())  # a tape leaves some behind that nothing is made of
    operations = [one for one in layers[0].graph.get_operations() if one.name in needed]
    behind = _reached(operations, [*layers, *late]) - {layer.name for layer in layers}
    before = _reached(operations, early) - behind
    edge = {layer.name: layer for layer in layers}
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
