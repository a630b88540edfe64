"""Where every tensor of a traced model lies in the picture, followed from operation to operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from xai_cam.models.traced.layout import COLUMNS, DIRECTIONS, PLANES, ROWS, Extent, Layout, axis_of, other
from xai_cam.models.traced.loops import LOOPS
from xai_cam.models.traced.moves import CONVOLUTIONS, SHAPE_ONLY, is_unknown, layouts_behind
from xai_cam.models.traced.rules import words_of
from xai_cam.models.traced.values import Key, Values, key_of
from xai_cam.models.traced.walk import Walk


def image_layout(shape: tuple[int, ...], channels_first: bool = False, exact: bool = False) -> Layout:
    """The layout of the images that a model is given, (n, [D,] H, W, c) or (n, c, [D,] H, W).

    Whether it is `exact` holds for all that is made of it: what windows without padding leave out counts.
    """
    sides = shape[2:] if channels_first else shape[1:-1]
    directions = DIRECTIONS[-len(sides) :]
    places = [axis_of(along, side) for along, side in zip(directions, sides, strict=True)]
    batch, channels = other(shape[0]), other(shape[1] if channels_first else shape[-1])
    axes = (batch, channels, *places) if channels_first else (batch, *places, channels)
    extents = {
        along: Extent(0, side, side, exact=exact) for along, side in zip(directions, sides, strict=True)
    }
    return Layout(axes, extents[ROWS], extents[COLUMNS], planes=extents.get(PLANES))


class Geometry(Walk[Layout]):
    """The layouts of the tensors of a traced function of images; None where one does not run over them.

    Behind an operation of which nothing is known, places are lost. They are found again, with a doubt, in a
    stack of as many rows and columns, and in what the first convolution takes.

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
        super().__init__(values, {key_of(concrete.inputs[0]): start, **(given or {})}, self._layouts_behind)
        self._convolved = False
        self.follow(concrete.graph)

    def _layouts_behind(self, operation: Any, layouts: Sequence[Layout | None]) -> list[Layout | None]:
        if operation.type in LOOPS and any(one and one.planes for one in layouts):
            return self.around(operation)  # over frames; one over the rows of a picture mixes its columns
        lost = next((one for one in layouts if one and one.lost), None)
        known = [None if one is None or one.lost else one for one in layouts]
        found = layouts_behind(operation, known, self._values)
        self._convolved = self._convolved or (operation.type in CONVOLUTIONS and any(found))
        if not any(one and one.spatial for one in known):
            return [] if lost is None else self._found_again(operation, lost)
        if lost is not None:
            return [one.doubted(lost.doubt) if one else None for one in found]
        if not any(found) and is_unknown(operation):
            first = next(one for one in known if one and one.spatial)
            return [replace(first, axes=()).doubted(words_of(operation.type))] * len(operation.outputs)
        return found

    def _found_again(self, operation: Any, lost: Layout) -> list[Layout | None]:
        """What comes behind a tensor that places were lost in."""
        if operation.type in SHAPE_ONLY:
            return []
        if operation.type in CONVOLUTIONS and not self._convolved:
            stack = _stack(operation.inputs[0], lost)
            found = layouts_behind(operation, [stack], self._values) if stack else []
            self._convolved = any(found)
            return found or [lost]
        stacks = [_stack(output, lost) for output in operation.outputs]
        return [one if one and one.cells == lost.cells else lost for one in stacks]


def _stack(tensor: Any, lost: Layout) -> Layout | None:
    """The layout of (n, h, w, c) as a stack of maps that covers what is covered before places were lost."""
    rank = 2 + len(lost.directions)
    if tensor.shape.rank != rank or None in tensor.shape[1:] or min(tensor.shape[1:-1]) < 2:
        return None
    batch, *sides, channels = tensor.shape
    found, places = lost, []
    for along, side in zip(lost.directions, sides, strict=True):
        found = found.with_extent(along, lost.extent(along).resampled(side))
        places.append(axis_of(along, side))
    return replace(found, axes=(other(batch or 1), *places, other(channels)))
