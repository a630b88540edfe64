"""The last maps of a model: where its spatial dimensions end, and whose output these maps are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xai_cam.models.traced.geometry import Geometry
from xai_cam.models.traced.layout import runs
from xai_cam.models.traced.moves import PADDINGS, POOLINGS, SHAPE_ONLY
from xai_cam.models.traced.rules import einsum_letters
from xai_cam.models.traced.trace import Trace
from xai_cam.models.traced.values import Key, key_of

SLICES = frozenset(["StridedSlice", "Slice", "Gather", "GatherV2", "Split", "SplitV", "Unpack"])
"""Operations that take some of the tokens and leave the others."""


def last_maps(trace: Trace, is_map: Callable[[Any], bool]) -> list[Any]:
    """The tensors from which a way leads to the model's output on which there are no more maps.

    They are in the order of the graph. A pooling or a padding is passed over: what it takes counts.

    Parameters
    ----------
    trace : Trace
        Of the model.
    is_map : callable
        Whether a tensor is a stack of maps larger than 1 x 1.
    """
    free = _free(trace, is_map)
    found: dict[Key, Any] = {}
    for operation in trace.concrete.graph.get_operations():
        for tensor in operation.outputs:
            if key_of(tensor) in free and is_map(tensor):
                unpooled = _unpooled(tensor, is_map)
                found[key_of(unpooled)] = unpooled
    return sorted(found.values(), key=lambda tensor: trace.place(tensor.op))


def _free(trace: Trace, is_map: Callable[[Any], bool]) -> set[Key]:
    """Tensors from which a way leads to an output, over tensors that are no maps; outputs are free."""
    free = {key_of(one) for one in trace.outputs}
    for operation in reversed(trace.concrete.graph.get_operations()):
        if operation.type in SHAPE_ONLY:
            continue
        if any(key_of(one) in free and not is_map(one) for one in operation.outputs):
            free |= {key_of(one) for one in operation.inputs}
    return free


def _unpooled(tensor: Any, is_map: Callable[[Any], bool]) -> Any:
    """What a last pooling or padding takes; a tensor behind anything else as it is."""
    before = tensor
    while before.op.type in ("Identity", "Transpose", *POOLINGS, *PADDINGS):
        inputs = [one for one in before.op.inputs if is_map(one)]
        if before.op.type in (*POOLINGS, *PADDINGS) and inputs:
            if inputs[0].shape[1:-1] == before.shape[1:-1]:
                return tensor
            return _unpooled(inputs[0], is_map)
        if not inputs:
            return tensor
        before = inputs[0]
    return tensor


def owners(tensors: list[Any], candidates: Mapping[Key, Any], is_map: Callable[[Any], bool]) -> list[Any]:
    """The candidates whose output the tensors are, or which lie nearest before them, each once."""
    found: dict[int, Any] = {}
    for tensor in tensors:
        waiting, known = [tensor], {key_of(tensor)}
        while waiting:
            one = waiting.pop(0)
            if key_of(one) in candidates:
                candidate = candidates[key_of(one)]
                found[id(candidate)] = candidate
                continue
            inputs = [i for i in one.op.inputs if is_map(i) and key_of(i) not in known]
            known |= {key_of(i) for i in inputs}
            waiting += inputs
    return list(found.values())


def leading(trace: Trace) -> set[Key]:
    """All tensors from which a way leads to an output."""
    found = {key_of(one) for one in trace.outputs}
    for operation in reversed(trace.concrete.graph.get_operations()):
        if operation.type not in SHAPE_ONLY and any(key_of(one) in found for one in operation.outputs):
            found |= {key_of(one) for one in operation.inputs}
    return found


def deciding(trace: Trace, geometry: Geometry, tensors: list[Any]) -> list[Any]:
    """Of tensors of tokens those whose grid still matters to the output, in the order of the graph.

    Behind the last attention of a transformer that is read at its class token the other tokens matter no
    more: what is taken there has nothing of them.
    """
    reaching = {key_of(one) for one in trace.outputs}
    deciding = set[Key]()
    for operation in reversed(trace.concrete.graph.get_operations()):
        if operation.type in SHAPE_ONLY or not any(key_of(one) in reaching for one in operation.outputs):
            continue
        reaching |= {key_of(one) for one in operation.inputs}
        kept = any(key_of(one) in deciding for one in operation.outputs)
        for i, one in enumerate(operation.inputs):
            if _spatial(geometry, one) and (kept or _mixes(operation, i, geometry)):
                deciding.add(key_of(one))
    found = [tensor for tensor in tensors if key_of(tensor) in deciding]
    return sorted(found, key=lambda tensor: trace.place(tensor.op))


def _spatial(geometry: Geometry, tensor: Any) -> bool:
    layout = geometry.of(tensor)
    return layout is not None and layout.spatial


def _mixes(operation: Any, place: int, geometry: Geometry) -> bool:
    """Whether an operation sums over the places of one of its inputs."""
    layout = geometry.of(operation.inputs[place])
    assert layout is not None
    if operation.type in ("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "MatMul"):
        turned = operation.get_attr(
            ("adj_x", "adj_y")[place] if "Batch" in operation.type else f"transpose_{'ab'[place]}"
        )
        summed = layout.axes[-2 if bool(place) != turned else -1]
        return runs(summed)
    if operation.type == "Einsum":
        inputs, output = einsum_letters(operation)
        letters = zip(inputs[place], layout.axes, strict=False)
        return any(letter not in output and runs(axis) for letter, axis in letters)
    return operation.type not in SLICES and not any(_spatial(geometry, one) for one in operation.outputs)
