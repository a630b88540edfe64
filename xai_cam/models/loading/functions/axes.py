"""What goes along axes: reductions, sorting, other shapes."""

from __future__ import annotations

import math
from typing import Any

from xai_cam.models.loading.functions.arithmetic import DIFFERENCE, PRODUCT, made
from xai_cam.models.loading.functions.calls import (
    CORE,
    MATH,
    NN,
    Call,
    Counterpart,
    Open,
    Translate,
    are_whole,
    is_number,
    is_whole,
    layer,
    operation,
)

# --- Fewer numbers -----------------------------------------------------------------------------------


def _reduction(class_name: str, module: str = "keras.src.ops.numpy", **fixed: Any) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        axis, kept = call.get("axis"), call.get("keepdims", False)
        fits = call.takes("axis", "keepdims", *fixed) and (axis is None or are_whole(axis))
        if not fits or not isinstance(kept, bool) or any(call.get(k, v) != v for k, v in fixed.items()):
            return None
        return operation(class_name, {"axis": axis, "keepdims": kept}, call.first, module=module)

    return translate


def _norm(call: Call) -> Counterpart | None:
    """The length of vectors: Euclid's, of absolute values, or the largest of them."""
    order, axis, kept = call.get("ord", "euclidean"), call.get("axis"), call.get("keepdims", False)
    vector = axis is None or is_whole(axis) or order in ("euclidean", "fro")
    if not call.takes("ord", "axis", "keepdims") or not (axis is None or are_whole(axis)) or not vector:
        return None
    config = {"axis": axis, "keepdims": bool(kept)}
    if order in ("euclidean", "fro") or order == 2:
        return operation("Sqrt", {}, operation("Sum", config, operation("Square", {}, call.first)))
    names = {1: "Sum", float("inf"): "Max"}
    absolute = operation("Absolute", {}, call.first)
    return operation(names[order], config, absolute) if is_number(order) and order in names else None


def _best(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        axis, dtype = call.get("axis", call.get("dimension", 0)), call.get("output_type", "int64")
        known = dtype in ("int32", "int64", "uint16", "int16") and is_whole(axis)
        if not call.takes("axis", "dimension", "output_type") or not known:
            return None
        found = operation(class_name, {"axis": axis}, call.first)
        return operation("Cast", {"dtype": dtype}, found, module=CORE)

    return translate


def _count(call: Call) -> Counterpart | None:
    """How many numbers are not zero."""
    axis, dtype = call.get("axis"), call.get("dtype", "int64")
    fits = call.takes("axis", "dtype", "keepdims") and (axis is None or are_whole(axis))
    if not fits or call.get("keepdims") or dtype not in ("int32", "int64", "float32"):
        return None
    axes = [axis] if is_whole(axis) else axis
    return operation(
        "Cast", {"dtype": dtype}, operation("CountNonzero", {"axis": axes}, call.first), module=CORE
    )


def _cumulative(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        axis, back, before = call.get("axis", 0), call.get("reverse", False), call.get("exclusive", False)
        known = is_whole(axis) and isinstance(back, bool) and isinstance(before, bool)
        if not call.takes("axis", "exclusive", "reverse") or not known or (before and class_name != "Cumsum"):
            return None
        turned = operation("Flip", {"axis": axis}, call.first) if back else call.first
        found = operation(class_name, {"axis": axis}, turned)
        found = operation("Flip", {"axis": axis}, found) if back else found
        return made(DIFFERENCE, found, call.first) if before else found

    return translate


def _moments(call: Call) -> Counterpart | None:
    axes, kept = call.get("axes"), call.get("keepdims", False)
    fits = call.takes("axes", "keepdims", "shift") and are_whole(axes) and isinstance(kept, bool)
    if not fits or call.get("shift"):
        return None
    config = {"axes": axes if isinstance(axes, list) else [axes], "keepdims": kept}
    return operation("Moments", config, call.first, module=NN)


# --- In another order --------------------------------------------------------------------------------


def _sorted(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        axis, order = call.get("axis", -1), call.get("direction", "ASCENDING")
        known = order in ("ASCENDING", "DESCENDING") and not call.get("stable")
        if not call.takes("axis", "direction", "stable") or not is_whole(axis) or not known:
            return None
        if order == "ASCENDING":
            return operation(class_name, {"axis": axis}, call.first)
        if class_name == "Argsort":
            return operation(class_name, {"axis": axis}, made(PRODUCT, call.first, -1.0))
        return operation("Flip", {"axis": axis}, operation(class_name, {"axis": axis}, call.first))

    return translate


def _top(call: Call) -> Counterpart | None:
    k, ordered = call.get("k", 1), call.get("sorted", True)
    fits = call.takes("k", "sorted", "index_type") and is_whole(k) and isinstance(ordered, bool)
    return operation("TopK", {"k": k, "sorted": ordered}, call.first, module=MATH) if fits else None


# --- Another shape -----------------------------------------------------------------------------------


def _by_axes(class_name: str, argument: str, given: str, *unset: str, needed: bool = True) -> Translate:
    """A function of a tensor and axes or sides; `unset` are further arguments that must be false."""

    def translate(call: Call) -> Counterpart | None:
        axes = call.get(argument)
        fits = call.takes(argument, *unset) and not any(map(call.get, unset))
        fits = fits and (are_whole(axes) or (axes is None and not needed))
        return operation(class_name, {given: axes}, call.first) if fits else None

    return translate


def _reshape(call: Call) -> Counterpart | None:
    """One side may be open, whether -1 says so or it is the batch; of two, one is told by the others."""
    shape = call.get("shape")
    sides = shape if isinstance(shape, list) else [shape]
    if not call.takes("shape") or not all(is_whole(side) or isinstance(side, Open) for side in sides):
        return None
    if sum(isinstance(side, Open) or side == -1 for side in sides) > 1:
        sides = _told(sides, call.shape())
    plain = [-1 if isinstance(side, Open) else side for side in sides]
    fits = bool(plain) and plain.count(-1) <= 1
    return operation("Reshape", {"newshape": plain}, call.first) if fits else None


def _told(sides: list[Any], own: list[Any] | None) -> list[Any]:
    """The sides of a shape, with a number for the -1 among them."""
    values = [side.value if isinstance(side, Open) else side for side in sides]
    have = [side.value if isinstance(side, Open) else side for side in own or [None]]
    if None in values or None in have or values.count(-1) != 1:
        return sides
    others = -math.prod(values)
    total = math.prod(have)
    if others <= 0 or total % others:
        return sides
    return [total // others if side == -1 else side for side in sides]


def _flatten_batch(call: Call) -> Counterpart | None:
    return layer("Flatten", {"data_format": "channels_last"}, call.first) if call.takes() else None


def _broadcast(call: Call) -> Counterpart | None:
    """Repeated along the sides that are 1."""
    shape, own = call.get("shape"), call.shape()
    if not call.takes("shape") or not isinstance(shape, list) or own is None or len(shape) < len(own):
        return None
    own = [*[1] * (len(shape) - len(own)), *own]
    times = []
    for wanted, have in zip(shape, own, strict=True):
        if have == wanted and wanted != Open(None):
            times.append(1)
        elif have == 1 and is_whole(wanted) and wanted > 0:
            times.append(wanted)
        else:
            return None
    return operation("Tile", {"repeats": times}, call.first)


def _repeat(call: Call) -> Counterpart | None:
    times, axis = call.get("repeats"), call.get("axis")
    fits = call.takes("repeats", "axis") and are_whole(times) and (axis is None or is_whole(axis))
    return operation("Repeat", {"repeats": times, "axis": axis}, call.first) if fits else None


def _roll(call: Call) -> Counterpart | None:
    shift, axis = call.get("shift"), call.get("axis")
    fits = call.takes("shift", "axis") and are_whole(shift) and are_whole(axis)
    return operation("Roll", {"shift": shift, "axis": axis}, call.first) if fits else None


def _of_matrices(class_name: str, **config: int) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        fits = call.takes("k", "padding_value", "align", "conjugate") and not call.get("k")
        return operation(class_name, dict(config), call.first) if fits else None

    return translate


_REDUCTIONS = {
    **{"mean": "Mean", "sum": "Sum", "max": "Max", "min": "Min", "prod": "Prod", "any": "Any", "all": "All"},
    **{"std": "Std", "variance": "Var"},
}

_NORM = {f"{module}norm": _norm for module in ("", "linalg.")}

AXES: dict[str, Translate] = {
    **{
        f"{module}reduce_{name}": _reduction(class_name)
        for module in ("math.", "")
        for name, class_name in _REDUCTIONS.items()
    },
    **{f"{module}reduce_logsumexp": _reduction("Logsumexp", MATH) for module in ("math.", "")},
    **{f"{module}reduce_euclidean_norm": _norm for module in ("math.", "")},
    **{f"{module}argmax": _best("Argmax") for module in ("math.", "")},
    **{f"{module}argmin": _best("Argmin") for module in ("math.", "")},
    **{f"{module}count_nonzero": _count for module in ("math.", "")},
    **{f"{module}cumsum": _cumulative("Cumsum") for module in ("math.", "")},
    **{f"{module}top_k": _top for module in ("math.", "nn.")},
    **{"math.cumprod": _cumulative("Cumprod"), "nn.moments": _moments, **_NORM},
    **{"sort": _sorted("Sort"), "argsort": _sorted("Argsort")},
    **{"reshape": _reshape, "keras.backend.reshape": _reshape},
    **{"keras.backend.batch_flatten": _flatten_batch, "broadcast_to": _broadcast},
    "transpose": _by_axes("Transpose", "perm", "axes", "conjugate", needed=False),
    "expand_dims": _by_axes("ExpandDims", "axis", "axis"),
    "squeeze": _by_axes("Squeeze", "axis", "axis", needed=False),
    "reverse": _by_axes("Flip", "axis", "axis"),
    "tile": _by_axes("Tile", "multiples", "repeats"),
    **{"repeat": _repeat, "roll": _roll},
    "linalg.matrix_transpose": _of_matrices("Swapaxes", axis1=-2, axis2=-1),
    **{
        f"linalg.{name}": _of_matrices("Diagonal", axis1=-2, axis2=-1)
        for name in ("diag_part", "tensor_diag_part")
    },
    "linalg.trace": _of_matrices("Trace", axis1=-2, axis2=-1),
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
