"""The front of a model: what it does to pixels up to its first convolution or other trained layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from xai_cam.models.layers import LayerInfo
from xai_cam.models.traced.affine import Affine
from xai_cam.models.traced.channel_orders import REGROUPING
from xai_cam.models.traced.channel_sums import ARITHMETIC, arithmetic
from xai_cam.models.traced.trace import Call, Trace
from xai_cam.models.traced.values import Values, key_of
from xai_cam.models.traced.walk import Walk

KEEPING = frozenset(
    (
        *("Identity", "StopGradient", "PreventGradient", "EnsureShape", "CheckNumerics", "Snapshot"),
        *("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea", "ScaleAndTranslate"),
        *("Roll", "ImageProjectiveTransformV3", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars"),
    )
)
"""Operations that leave the numbers nearly as they are, or let pixels go elsewhere."""

TRAINED = frozenset(
    ("Conv2D", "DepthwiseConv2dNative", "Conv3D", "MatMul", "BatchMatMulV2", "Einsum", "_FusedConv2D")
)
"""Operations of trained layers, which take what the front makes of pixels."""


@dataclass(frozen=True)
class Front:
    """What comes between the pixels and the first trained layer.

    Attributes
    ----------
    affine : Affine
        The numbers that this layer takes.
    steps : tuple of Call
        The layers and operations that changed the numbers.
    statistics : Call, optional
        A BatchNormalization that comes first: it knows the mean and the variance of what it takes.
    first : Call, optional
        The first trained layer, and `normalization` a BatchNormalization that takes what it gives.
    """

    affine: Affine
    steps: tuple[Call, ...]
    statistics: Call | None = None
    first: Call | None = None
    normalization: Call | None = None

    @property
    def names(self) -> list[str]:
        """The steps by their paths, each once."""
        return list(dict.fromkeys(call.path for call in self.steps))


class _ReachedError(Exception):
    """The first trained layer was met."""

    def __init__(self, affine: Affine, statistics: Call | None = None, first: Call | None = None) -> None:
        self.affine, self.statistics, self.first = affine, statistics, first


def front_of(trace: Trace, values: Values, channels_first: bool) -> Front | None:
    """The front of a traced model; None where its first trained layer takes no sums of pixels.

    A fixed filter is passed over: what stands behind it was trained without it.
    """
    images = trace.concrete.inputs[0]
    rank = len(images.shape)
    axis = 1 if channels_first else rank - 1
    begin = Affine.start(rank, axis, images.shape[axis])

    def behind(operation: Any, inputs: Sequence[Affine | None]) -> Sequence[Affine | None]:
        first = next(one for one in inputs if one is not None)
        call = _maker(trace, walk, operation)
        if call is not None and type(call.node).__name__ == "BatchNormalization":
            raise _ReachedError(first, call)
        found = affine_behind(operation, inputs, values)
        if found is not None or operation.type not in TRAINED:
            return found or ()
        if call is not None and LayerInfo(call.path, call.node, None, 0).fixed_filter:
            return [first]
        raise _ReachedError(first, first=call)

    walk = Walk(values, {key_of(images): begin}, behind)
    try:
        walk.follow(trace.concrete.graph)
    except _ReachedError as reached:
        makers = [_maker(trace, walk, step) for step in reached.affine.steps]
        steps = tuple(call for call in makers if call is not None)
        behind_first = _normalization_of(trace, reached.first)
        return Front(reached.affine, steps, reached.statistics, reached.first, behind_first)
    return None


def _maker(trace: Trace, walk: Walk[Affine], operation: Any) -> Call | None:
    """The innermost call that made an operation, or that called the function which it stands in."""
    makers = (trace.maker(one) for one in walk.callers(operation))
    return next((call for call in makers if call is not None), None)


def _normalization_of(trace: Trace, call: Call | None) -> Call | None:
    """The BatchNormalization that takes just what a layer gives, before anything else is made of it."""
    if call is None or call.tensor is None:
        return None
    key = key_of(call.tensor)
    for other in trace.calls:
        if type(other.node).__name__ == "BatchNormalization":
            inside = other.graph.get_operations()[other.operations.start : other.operations.stop]
            if any(key_of(one) == key for operation in inside for one in operation.inputs):
                return other
    return None


def affine_behind(
    operation: Any, inputs: Sequence[Affine | None], values: Values
) -> Sequence[Affine | None] | None:
    """What the outputs of an operation are; None where they are no sums over the channels."""
    kind, x = operation.type, inputs[0]
    if kind in KEEPING:
        return None if x is None else [x]
    if kind == "Cast":
        makes_whole = operation.outputs[0].dtype.is_integer
        return None if x is None else [replace(x, whole=x.whole or (x.is_identity and makes_whole))]
    rule = arithmetic if kind in ARITHMETIC else REGROUPING.get(kind)
    found = rule(operation, inputs, values) if rule else None
    return found if found is None or isinstance(found, list) else [found]
