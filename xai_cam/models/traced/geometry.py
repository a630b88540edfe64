"""Where every tensor of a traced model lies in the picture, followed from operation to operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xai_cam.models.traced.layout import COLUMNS, ROWS, Extent, Layout, Part, other
from xai_cam.models.traced.moves import layout_behind
from xai_cam.models.traced.values import Key, Values, key_of

BRANCHES = ("If", "StatelessIf")
"""Operations that run one of two functions; which, may be known."""

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
"""Operations that run a function of their own graph, as what stands under a `tf.function` does."""

ALL_ALIKE = ("Split", "SplitV", "Unpack")
"""Operations whose outputs all lie where the first lies."""


def image_layout(shape: tuple[int, ...], channels_first: bool = False) -> Layout:
    """The layout of the images that a model is given, (n, H, W, c) or (n, c, H, W)."""
    height, width = shape[2:] if channels_first else shape[1:3]
    rows, columns = (Part(ROWS, height),) if height > 1 else (), (Part(COLUMNS, width),) if width > 1 else ()
    batch, channels = other(shape[0]), other(shape[1] if channels_first else shape[3])
    axes = (batch, channels, rows, columns) if channels_first else (batch, rows, columns, channels)
    return Layout(axes, Extent(0, height, height), Extent(0, width, width))


class Geometry:
    """The layouts of the tensors of a traced function of images.

    Parameters
    ----------
    concrete : traced function
        (images) -> output; every shape known.
    start : Layout
        Of the images.
    values : Values
        Of the same function.
    given : mapping of tensor key to Layout
        Layouts that the caller knows better.
    """

    def __init__(
        self, concrete: Any, start: Layout, values: Values, given: Mapping[Key, Layout] | None = None
    ) -> None:
        self._values, self._given = values, dict(given or {})
        self._found: dict[Key, Layout | None] = {key_of(concrete.inputs[0]): start}
        self._follow(concrete.graph)

    def of(self, tensor: Any) -> Layout | None:
        """The layout of a tensor; None where it does not run over the picture."""
        return self._found.get(key_of(tensor))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._found)

    def _follow(self, graph: Any) -> None:
        for operation in graph.get_operations():
            if not operation.outputs or key_of(operation.outputs[0]) in self._found:
                continue
            layouts = [self.of(one) for one in operation.inputs]
            if any(layouts):
                for output, layout in self._behind(operation, layouts):
                    self._found[key_of(output)] = self._given.get(key_of(output), layout)
            elif self._given:
                self._found |= {k: self._given[k] for k in map(key_of, operation.outputs) if k in self._given}

    def _behind(self, operation: Any, layouts: list[Layout | None]) -> Iterator[tuple[Any, Layout | None]]:
        if operation.type == "IdentityN":
            yield from zip(operation.outputs, layouts, strict=True)
        elif operation.type in CALLS:
            yield from self._inside(operation, "f", list(operation.inputs))
        elif operation.type in BRANCHES and (condition := self._values.find(operation.inputs[0])) is not None:
            branch = "then_branch" if condition.all() else "else_branch"
            yield from self._inside(operation, branch, list(operation.inputs[1:]))
        else:
            found = layout_behind(operation, layouts, self._values)
            count = len(operation.outputs) if operation.type in ALL_ALIKE else 1
            for output in operation.outputs[:count]:
                fits = found is not None and output.shape.is_compatible_with(found.shape)
                yield output, found if fits else None

    def _inside(self, operation: Any, function: str, given: list[Any]) -> Iterator[tuple[Any, Layout | None]]:
        """Follow the function that an operation runs on the tensors `given`."""
        body = operation.graph._get_function(operation.get_attr(function).name).graph
        self._values.within(body, given)
        self._found |= {
            key_of(one): self.of(outside) for one, outside in zip(body.inputs, given, strict=True)
        }
        self._follow(body)
        for output, inside in zip(operation.outputs, body.outputs, strict=True):
            yield output, self.of(inside)
