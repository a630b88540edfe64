"""What one trace tells of a model: its layers and operations, where their maps lie, and which come last."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_cam.models.layers import LayerInfo
from xai_cam.models.observing import tensors_of
from xai_cam.models.traced.ends import deciding, last_maps, leading, owners
from xai_cam.models.traced.front import Front, front_of
from xai_cam.models.traced.geometry import Geometry, image_layout
from xai_cam.models.traced.layout import Layout
from xai_cam.models.traced.moves import WINDOWS
from xai_cam.models.traced.nodes import is_block, is_graph
from xai_cam.models.traced.placement import placement_of, token_layout
from xai_cam.models.traced.trace import Call, Trace
from xai_cam.models.traced.values import Key, Values, key_of


@dataclass(frozen=True)
class Anatomy:
    """A traced model, read.

    Parameters
    ----------
    trace : Trace
        On images of a known size, a known number of them.
    channels_first : bool
        Whether the images are (n, c, H, W).
    reshape : (int, int), optional
        Rows and columns (and planes) that the tokens of a transformer form, where that cannot be told.
    """

    trace: Trace
    channels_first: bool = False
    reshape: tuple[int, ...] | None = None

    @cached_property
    def values(self) -> Values:
        """The numbers in the graph that do not depend on the images."""
        return Values(self.trace.concrete)

    @cached_property
    def geometry(self) -> Geometry:
        """Where each tensor lies in the picture."""
        return Geometry(self.trace.concrete, self._start, self.values, self._given)

    @cached_property
    def exact_geometry(self) -> Geometry:
        """The same where the border counts that windows without padding leave out."""
        shape = tuple(self.trace.concrete.inputs[0].shape)
        start = image_layout(shape, self.channels_first, exact=True)
        return Geometry(self.trace.concrete, start, self.values)

    @cached_property
    def _start(self) -> Layout:
        return image_layout(tuple(self.trace.concrete.inputs[0].shape), self.channels_first)

    @cached_property
    def _given(self) -> dict[Key, Layout]:
        """The layouts of all tokens of the grid that the caller has told."""
        if self.reshape is None:
            return {}
        tensors = [call.tensor for call in self.trace.calls if call.tensor is not None]
        known = [one for one in tensors if one.shape.is_fully_defined()]
        layouts = {key_of(one): token_layout(self._start, tuple(one.shape), self.reshape) for one in known}
        return {key: layout for key, layout in layouts.items() if layout is not None}

    @property
    def grid_fits(self) -> bool:
        """Whether some layer has tokens of the grid that the caller has told; True where none was."""
        return self.reshape is None or bool(self._given)

    @cached_property
    def front(self) -> Front | None:
        """What the model does to pixels before its first trained layer."""
        return front_of(self.trace, self.values, self.channels_first)

    @cached_property
    def calls(self) -> list[LayerInfo]:
        """Every call of every layer and operation, in their order."""
        times = Counter(call.path for call in self.trace.calls)
        return [self._info(call, times[call.path]) for call in self.trace.calls]

    def _info(self, call: Call, times: int) -> LayerInfo:
        """A call; of one that gives several tensors, that with the most maps."""
        numbered = (call.path, call.node, None, call.order, times, call.number)
        if call.tensor is not None:
            placement = placement_of(self.geometry.of(call.tensor))
            return replace(LayerInfo(*numbered), shape=tuple(call.tensor.shape)[1:], placement=placement)
        placed = [placement_of(self.geometry.of(one)) for one in tensors_of(call.output)]
        found = [(placement.shape[-1], -i, placement) for i, placement in enumerate(placed) if placement]
        if not found:
            return LayerInfo(*numbered)
        _, place, placement = max(found, key=lambda one: one[:2])
        return replace(LayerInfo(*numbered), shape=placement.shape, placement=placement, place=-place)

    def layers(self, number: int | None = None) -> list[LayerInfo]:
        """Each layer and operation once: at that call of it where it has so many, else at its last."""
        chosen: dict[str, LayerInfo] = {}
        for info in self.calls:
            if info.path not in chosen or info.number <= (number or info.number):
                chosen[info.path] = info
        return sorted(chosen.values(), key=lambda info: info.order)

    @property
    def reads_places(self) -> bool:
        """Whether the first convolution or pooling runs over rows and columns of the picture as laid out."""
        for operation in (one for graph in self.trace.graphs for one in graph.get_operations()):
            if operation.type in WINDOWS:
                layout = self.geometry.of(operation.outputs[0])
                return layout is not None and _spreads(layout)
        return True

    @cached_property
    def ends(self) -> list[LayerInfo]:
        """The calls whose maps are the last before the spatial dimensions end, the very last at the end.

        Where the model has no such maps, or the grid of its tokens was given: the last tokens that form a
        grid and still matter to the output.
        """
        convolutions = [info.order for info in self.calls if info.is_convolution]
        found: list[LayerInfo] = []
        if convolutions and self.reshape is None:
            candidates = self._candidates(self._is_stack, min(convolutions))
            found = owners(last_maps(self.trace, self._is_map), candidates, self._is_map)
        return sorted(found, key=lambda info: info.order) or self._last_tokens()

    @property
    def deepest(self) -> LayerInfo | None:
        """Of a model whose output is a map itself: the last call on its smallest grid, the bottleneck.

        The last convolution, which makes the output, does not count, nor what is behind it. A grid with
        a side of one cell, or on which no window larger than a place runs, as of pooled context, counts only
        where there is no other.
        """
        ways = leading(self.trace)
        convolutions = [i.order for i in self.calls if i.is_convolution and key_of(self._tensor(i)) in ways]
        if not convolutions:
            return None
        inner = [
            info
            for key, info in self._candidates(self._is_stack, min(convolutions)).items()
            if key in ways and info.order < max(convolutions) and not info.is_padding
        ]
        grids = {_grid(info) for info in inner if info.has_window and min(_grid(info)) > 1}
        coarse = [info for info in inner if _grid(info) in grids] or inner
        return min(coarse, key=lambda info: (math.prod(_grid(info)), -info.order), default=None)

    def _last_tokens(self) -> list[LayerInfo]:
        candidates = self._candidates(lambda info: info.placement is not None and not self._is_stack(info))
        tensors = [self._tensor(info) for info in candidates.values()]
        return [candidates[key_of(one)] for one in deciding(self.trace, self.geometry, tensors)[-1:]]

    def _candidates(self, accepts: Callable[[LayerInfo], bool], first: int = 0) -> dict[Key, LayerInfo]:
        """The calls that may be the default, by what they put out: none inside of another block's maps."""
        accepted = [info for info in self.calls if accepts(info)]
        blocks = [info.path + "/" for info in accepted if is_block(info.layer)]
        found: dict[Key, LayerInfo] = {}
        for info in accepted:
            key = key_of(self._tensor(info))
            inside = any(info.path.startswith(block) for block in blocks)
            if info.order >= first and not inside and (key not in found or not is_graph(info.layer)):
                found[key] = info
        return found

    def _tensor(self, info: LayerInfo) -> Any:
        return tensors_of(self.trace.calls[info.order].output)[info.place or 0]

    def _is_stack(self, info: LayerInfo) -> bool:
        return info.placement is not None and info.placement.tokens is None

    def _is_map(self, tensor: Any) -> bool:
        return placement_of(self.geometry.of(tensor), tokens=False) is not None


def _grid(info: LayerInfo) -> tuple[int, ...]:
    """The cells of its maps along each direction of the picture."""
    return info.maps_shape[:-1] if info.maps_shape else ()


def _spreads(layout: Layout) -> bool:
    """Whether an axis of a tensor runs over each direction: rows, columns, and planes of a volume."""
    return sum(bool(layout.whole(axis)) for axis in range(len(layout.axes))) == len(layout.directions)
