"""Parts of tensors, and several tensors made one or one made several."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

from xai_cam.models.loading.functions.calls import (
    CORE,
    NN,
    Call,
    Counterpart,
    Open,
    Translate,
    are_whole,
    constant,
    is_number,
    is_tensor,
    is_whole,
    layer,
    operation,
)


def _get_item(call: Call) -> Counterpart | None:
    spec = call.arguments.get("slice_spec")
    parts = spec if isinstance(spec, list) else [spec]
    return taken(call.first, parts) if call.takes("slice_spec") and parts else None


def taken(tensor: Any, parts: list[Any]) -> Counterpart | None:
    """The part of a tensor at some indices, as tf.keras writes these."""
    found = [_part(part) for part in parts]
    return None if any(part is False for part in found) else operation("GetItem", {}, tensor, found)


def _part(part: Any) -> Any:
    """One index as Keras 3 writes it; False for one that it cannot write."""
    if part is None or is_whole(part):
        return part
    if part == {"class_name": "__ellipsis__"}:
        return {"class_name": "__ellipsis__", "config": {}}
    if not isinstance(part, dict) or set(part) != {"start", "stop", "step"}:
        return False
    whole = all(bound is None or is_whole(bound) for bound in part.values())
    return {"class_name": "__slice__", "config": dict(part)} if whole else False


def between(start: int | None, stop: int | None, step: int | None = None) -> dict[str, Any]:
    """A slice as tf.keras writes it."""
    return {"start": start, "stop": stop, "step": step}


def _slice(call: Call) -> Counterpart | None:
    begin: Any = call.get("begin")
    size: Any = call.get("size")
    if not call.takes("begin", "size") or not isinstance(begin, list) or not isinstance(size, list):
        return None
    if not begin or len(begin) != len(size):
        return None
    own: list[Any] = [*(call.shape() or []), *[None] * len(begin)]
    whole = zip(begin, size, own, strict=False)
    sides = [-1 if not first and side == have != Open(None) else side for first, side, have in whole]
    if not are_whole(begin) or not are_whole(sides):
        return None
    ends = [None if side == -1 else start + side for start, side in zip(begin, sides, strict=True)]
    return taken(call.first, [between(*bounds) for bounds in zip(begin, ends, strict=True)])


def _strided_slice(call: Call) -> Counterpart | None:
    begin: Any = call.get("begin")
    usual = [1] * len(begin) if isinstance(begin, list) else None
    bounds: list[Any] = [begin, call.get("end"), call.get("strides", usual)]
    if not call.takes("begin", "end", "strides") or not all(isinstance(b, list) and b for b in bounds):
        return None
    if len({len(bound) for bound in bounds}) > 1 or not all(map(are_whole, bounds)):
        return None
    return taken(call.first, [between(*bound) for bound in zip(*bounds, strict=True)])


def _gather(call: Call) -> Counterpart | None:
    indices, axis = call.get("indices"), call.get("axis", 0)
    fits = call.takes("indices", "axis", "batch_dims", "validate_indices") and is_whole(axis)
    if not fits or call.get("batch_dims"):
        return None
    if not is_tensor(indices):
        if not are_whole(indices) or min(indices if isinstance(indices, list) else [indices]) < 0:
            return None
        indices = constant(indices, "int32")
    return operation("Take", {"axis": axis}, call.first, indices)


def _one_hot(call: Call) -> Counterpart | None:
    depth, axis, dtype = call.get("depth"), call.get("axis", -1), call.get("dtype", "float32")
    on, off = call.get("on_value", 1), call.get("off_value", 0)
    known = is_whole(depth) and is_whole(axis) and is_number(on) and is_number(off)
    if not call.takes("depth", "on_value", "off_value", "axis", "dtype") or not known:
        return None
    if dtype not in ("float32", "float16", "int32", "int64", "uint8", "int8", "bool"):
        return None
    config = {"num_classes": depth, "axis": axis, "dtype": dtype}
    found = operation("OneHot", config, call.first, module=NN)
    if (on, off) == (1, 0):
        return found
    return operation("Add", {}, operation("Multiply", {}, found, on - off), off)


def _joined(translate: Callable[[list[Any], int], Counterpart]) -> Translate:
    """A function of a list of tensors and an axis."""

    def one(call: Call) -> Counterpart | None:
        axis = call.get("axis", 0)
        several = isinstance(call.first, list) and bool(call.first) and all(map(is_tensor, call.first))
        fits = several and call.has_only("axis") and is_whole(axis)
        return translate(call.first, axis) if fits else None

    return one


def concatenated(tensors: list[Any], axis: int) -> Counterpart:
    """Tensors one after the other along an axis."""
    if len(tensors) == 1:
        return layer("Identity", {}, *tensors)
    return layer("Concatenate", {"axis": axis}, *tensors)


def _split(call: Call) -> Counterpart | None:
    sizes, axis = call.get("num_or_size_splits"), call.get("axis", 0)
    if not call.takes("num_or_size_splits", "axis", "num") or not is_whole(axis) or not are_whole(sizes):
        return None
    if not isinstance(sizes, list):
        return operation("Split", {"indices_or_sections": sizes, "axis": axis}, call.first)
    if -1 in sizes:
        own = call.sides()
        side = own[axis] if own and -len(own) <= axis < len(own) else None
        if side is None or sizes.count(-1) > 1:
            return None
        sizes = [side - sum(sizes) - 1 if size == -1 else size for size in sizes]
    cuts = list(accumulate(sizes))[:-1]
    return operation("Split", {"indices_or_sections": cuts or 1, "axis": axis}, call.first)


def _unstack(call: Call) -> Counterpart | None:
    num, axis = call.get("num"), call.get("axis", 0)
    fits = call.takes("num", "axis") and is_whole(axis) and (num is None or is_whole(num))
    return operation("Unstack", {"num": num, "axis": axis}, call.first, module=CORE) if fits else None


def _sum_of(tensors: list[Any], _: int) -> Counterpart:
    return layer("Add", {}, *tensors) if len(tensors) > 1 else layer("Identity", {}, *tensors)


PARTS: dict[str, Translate] = {
    **{"__operators__.getitem": _get_item, "slice": _slice, "strided_slice": _strided_slice},
    **{"gather": _gather, "one_hot": _one_hot, "split": _split, "unstack": _unstack},
    "concat": _joined(concatenated),
    "stack": _joined(lambda tensors, axis: operation("Stack", {"axis": axis}, tensors)),
    **dict.fromkeys(("math.add_n", "add_n", "math.accumulate_n"), _joined(_sum_of)),
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
