"""Following something over a traced graph: from tensor to tensor, through the functions that it calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from xai_cam.models.traced.values import Key, Values, key_of

State = TypeVar("State")

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
"""Operations that run a function of their own graph, as what stands under a `tf.function` does."""

BRANCHES = ("If", "StatelessIf")
"""Operations that run one of two functions; which, may be known, or make no difference."""


class Walk(Generic[State]):
    """What is known of each tensor of a graph, found out in the order of the operations.

    Parameters
    ----------
    values : Values
        Of the same graph.
    start : mapping of tensor key to State
        What is known to begin with.
    behind : callable
        (operation, what is known of its inputs) -> the same of its outputs, or of the first of them. It is
        only asked where something is known of an input.
    """

    def __init__(
        self,
        values: Values,
        start: Mapping[Key, State],
        behind: Callable[[Any, Sequence[State | None]], Iterable[State | None]],
    ) -> None:
        self._values, self._behind = values, behind
        self._start = start
        self._found: dict[Key, State | None] = dict(start)
        self._callers: dict[int, Any] = {}

    def of(self, tensor: Any) -> State | None:
        """What is known of a tensor."""
        return self._found.get(key_of(tensor))

    def put(self, tensor: Any, state: State | None) -> None:
        """Let this be known of a tensor."""
        self._found[key_of(tensor)] = state

    def callers(self, operation: Any) -> Iterator[Any]:
        """The operation, then that which called the function it stands in, and so on outwards."""
        yield operation
        while id(operation.graph) in self._callers:
            operation = self._callers[id(operation.graph)]
            yield operation

    def follow(self, graph: Any) -> None:
        """Go over the operations of a graph."""
        for operation in graph.get_operations():
            states = [self.of(one) for one in operation.inputs]
            if operation.outputs and any(state is not None for state in states):
                found = self._through(operation, states)
                for output, state in zip(operation.outputs, found, strict=False):
                    if key_of(output) not in self._found:
                        self.put(output, state)

    def _through(self, operation: Any, states: list[State | None]) -> Iterable[State | None]:
        if operation.type == "IdentityN":
            return states
        if operation.type in CALLS:
            return self._inside(operation, "f", list(operation.inputs))
        if operation.type in BRANCHES:
            condition = self._values.find(operation.inputs[0])
            taken = [True, False] if condition is None else [bool(condition.all())]
            names = ["then_branch" if one else "else_branch" for one in taken]
            ends = [self._inside(operation, name, list(operation.inputs[1:])) for name in names]
            if all(end == ends[0] for end in ends):
                return ends[0]
        return self._behind(operation, states)

    def around(self, operation: Any) -> list[State | None]:
        """Follow the body of a loop once; of what is in it nothing is known afterwards: it is run often."""
        found = self._inside(operation, "body", list(operation.inputs), repeated=True)
        body = operation.graph._get_function(operation.get_attr("body").name).graph
        self._found = {key: state for key, state in self._found.items() if key[0] != id(body)}
        return found

    def _inside(
        self, operation: Any, function: str, given: list[Any], repeated: bool = False
    ) -> list[State | None]:
        """Follow the function that an operation runs on the tensors `given`."""
        body = operation.graph._get_function(operation.get_attr(function).name).graph
        self._values.within(body, given, repeated)
        self._callers[id(body)] = operation
        # It may have been called before, on other tensors.
        self._found = {key: state for key, state in self._found.items() if key[0] != id(body)}
        self._found |= {key: state for key, state in self._start.items() if key[0] == id(body)}
        for inside, outside in zip(body.inputs, given, strict=True):
            self.put(inside, self.of(outside))
        self.follow(body)
        return [self.of(inside) for inside in body.outputs]
