"""One trace of a model: its graph, and which layer or operation made which part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_cam.models.activations import Largest, largest_activations
from xai_cam.models.observing import Activation, observing
from xai_cam.models.traced.values import Key


@dataclass(frozen=True)
class Call:
    """One call of a layer or an operation of a model.

    `order` counts the calls from the input on, in the order in which they end, `number` those of the same
    node from 1 on. `output` is what it gave, `operations` the part of the `graph` that it made: of the
    model's own, or of a function that it calls.
    """

    path: str
    node: Any
    order: int
    number: int
    output: Any
    graph: Any
    operations: range

    @property
    def tensor(self) -> Any:
        """The one tensor that it gave; None for several."""
        return self.output if hasattr(self.output, "op") else None


@dataclass(frozen=True)
class Trace:
    """A model's graph on images of one size.

    Attributes
    ----------
    concrete : traced function
        (images) -> outputs.
    outputs : list of tensors
        What the model gives, as far as it is looked at.
    calls : list of Call
        Of every layer and operation, in the order in which they ended.
    activations : list of Activation
        The passes through an activation function that a layer has.
    """

    concrete: Any
    outputs: list[Any]
    calls: list[Call]
    activations: list[Activation]

    def maker(self, operation: Any) -> Call | None:
        """The innermost call that made an operation."""
        place = self._places.get((id(operation.graph), operation.name))
        inside = [
            call
            for call in self.calls
            if place is not None and call.graph is operation.graph and place in call.operations
        ]
        return min(inside, key=lambda call: len(call.operations), default=None)

    def place(self, operation: Any) -> int:
        """The place of an operation in its graph, which is one of those that the model was traced into."""
        return self._places[id(operation.graph), operation.name]

    @cached_property
    def largest(self) -> tuple[Largest, Largest]:
        """The largest tensor that is made of the images, and the largest that is made of nothing."""
        images = self.concrete.inputs[0]
        return largest_activations(self.concrete.graph, [images], int(images.shape[0]))

    @property
    def largest_by_name(self) -> tuple[Largest, Largest]:
        """The same, with names of layers in place of operations."""

        def named(one: Largest) -> Largest:
            operation, at = (None if each is None else self.where(each) for each in (one.operation, one.at))
            return replace(one, operation=operation, at=at)

        of_images, of_nothing = self.largest
        return named(of_images), named(of_nothing)

    def where(self, operation: Any) -> str:
        """The layer that made an operation, by path; else the operation's own name."""
        call = self.maker(operation)
        return call.path if call else str(operation.name)

    @cached_property
    def graphs(self) -> list[Any]:
        """The graph of the model, and those of functions in which its layers were called."""
        met = (self.concrete.graph, *(call.graph for call in self.calls))
        return list({id(graph): graph for graph in met}.values())

    @cached_property
    def _places(self) -> dict[Key, int]:
        return {
            (id(graph), operation.name): place
            for graph in self.graphs
            for place, operation in enumerate(graph.get_operations())
        }


def trace(run: Any, shape: Sequence[int | None], nodes: dict[str, Any]) -> Trace:
    """Trace a model once.

    Parameters
    ----------
    run : callable
        (images) -> the model's output tensors, one or a list.
    shape : sequence of int or None
        (n, H, W, c) of the images.
    nodes : dict of str to layer or operation
        By path: all that are to be observed.
    """
    import tensorflow as tf

    paths = {id(node): path for path, node in nodes.items()}
    starts: list[int] = []
    calls: list[Call] = []
    counts: dict[int, int] = {}
    kept: list[tuple[list[Any], list[Activation]]] = []

    def entered(_: Any) -> None:
        starts.append(int(_graph().num_operations()))

    def seen(node: Any, output: Any) -> Any:
        counts[id(node)] = counts.get(id(node), 0) + 1
        graph = _graph()
        made = range(starts.pop(), int(graph.num_operations()))
        calls.append(Call(paths[id(node)], node, len(calls), counts[id(node)], output, graph, made))
        return output

    def call(images: Any) -> Any:
        layers = list(nodes.values())
        with observing(layers, layers, seen, entered) as activations:
            found = run(images)
        outputs = list(found) if isinstance(found, list | tuple) else [found]
        kept.append((outputs, activations))
        return outputs

    images = tf.TensorSpec(tuple(shape), tf.float32)
    concrete = tf.function(call, autograph=False).get_concrete_function(images)
    outputs, activations = kept[-1]
    return Trace(concrete, outputs, calls, activations)


def _graph() -> Any:
    """The graph that is being traced."""
    import tensorflow as tf

    return tf.compat.v1.get_default_graph()
