"""Products of matrices, and what normalises."""

from __future__ import annotations

from typing import Any

from xai_cam.models.loading.functions.arithmetic import (
    DIFFERENCE,
    MAXIMUM,
    POWER,
    PRODUCT,
    QUOTIENT,
    SUM,
    made,
)
from xai_cam.models.loading.functions.calls import (
    MATH,
    Call,
    Counterpart,
    Translate,
    are_whole,
    is_number,
    is_tensor,
    is_whole,
    layer,
    numbers_of,
    operand,
    operation,
    rescaling,
)


def _matmul(call: Call) -> Counterpart | None:
    turned = [call.get(f"transpose_{name}", False) for name in "ab"]
    both = [operand(call.first), operand(call.arguments.get("b"))]
    if not call.has_only("b", "transpose_a", "transpose_b", "a_is_sparse", "b_is_sparse"):
        return None
    if None in both or not any(map(is_tensor, both)) or any(map(is_number, both)):
        return None
    sides = [_swapped(value) if turn else value for value, turn in zip(both, turned, strict=True)]
    return operation("Matmul", {}, *sides)


def _swapped(value: Any) -> Counterpart:
    return operation("Swapaxes", {"axis1": -2, "axis2": -1}, value)


def _tensordot(call: Call) -> Counterpart | None:
    axes, both = call.get("axes"), [operand(call.first), operand(call.arguments.get("b"))]
    pairs = isinstance(axes, list) and len(axes) == 2 and all(map(are_whole, axes))
    if not call.has_only("b", "axes") or None in both or not any(map(is_tensor, both)):
        return None
    return operation("Tensordot", {"axes": axes}, *both) if pairs or is_whole(axes) else None


def _bias_add(call: Call) -> Counterpart | None:
    bias = numbers_of(call.get("bias"))
    last = call.get("data_format", "NHWC") in ("NHWC", "channels_last", "N...C")
    fits = call.takes("bias", "data_format") and last
    if fits and is_tensor(call.get("bias")):
        return made(SUM, call.first, call.get("bias"))
    return rescaling(call.first, offset=bias) if fits and bias is not None else None


def _squares(call: Call, axis: Any) -> Counterpart:
    return operation("Sum", {"axis": axis, "keepdims": True}, operation("Square", {}, call.first))


def _clip_by_norm(call: Call) -> Counterpart | None:
    most, axes = call.get("clip_norm"), call.get("axes")
    fits = call.takes("clip_norm", "axes") and is_number(most) and (axes is None or are_whole(axes))
    if not fits:
        return None
    length = operation("Sqrt", {}, _squares(call, axes))
    return made(QUOTIENT, made(PRODUCT, call.first, most), made(MAXIMUM, length, most))


def _unit_length(call: Call) -> Counterpart | None:
    axis, least = call.get("axis"), call.get("epsilon", 1e-12)
    if not call.takes("axis", "epsilon") or not (axis is None or are_whole(axis)) or not is_number(least):
        return None
    if axis is not None and least == 1e-12:
        return layer("UnitNormalization", {"axis": axis}, call.first)
    return made(
        PRODUCT, call.first, operation("Rsqrt", {}, made(MAXIMUM, _squares(call, axis), least), module=MATH)
    )


def _batch_normalization(call: Call) -> Counterpart | None:
    names, least = ("scale", "offset", "mean", "variance"), call.get("variance_epsilon")
    if not call.takes(*names, "variance_epsilon") or not is_number(least):
        return None
    values = [
        operand(call.get(name, usual)) for name, usual in zip(names, (1.0, 0.0, None, None), strict=True)
    ]
    if None in values:
        return None
    scale, offset, mean, variance = values
    if not is_tensor(variance):
        return _by_numbers(call, names, least)
    factor = operation("Rsqrt", {}, made(SUM, variance, least), module=MATH)
    return made(SUM, made(PRODUCT, made(DIFFERENCE, call.first, mean), made(PRODUCT, factor, scale)), offset)


def _fused_batch_norm(call: Call) -> Counterpart | None:
    """With statistics that lie in the file; those of the batch are for training."""
    names, least = ("scale", "offset", "mean", "variance"), call.get("epsilon", 1e-3)
    known = call.takes(*names, "epsilon", "data_format", "is_training", "exponential_avg_factor")
    last = call.get("data_format", "NHWC") == "NHWC"
    if not known or call.get("is_training", True) or not last or not is_number(least):
        return None
    return _by_numbers(call, names, least)


def _by_numbers(call: Call, names: tuple[str, ...], least: float) -> Counterpart | None:
    """The scale and offset that statistics come to."""
    usual = ([1.0], [0.0], None, None)
    rows = [numbers_of(call.get(name, row)) for name, row in zip(names, usual, strict=True)]
    if not all(isinstance(row, list) for row in rows):
        return None
    length = max(map(len, rows))
    if any(len(row) not in (1, length) for row in rows):
        return None
    by, offset, mean, variance = (row * (length // len(row)) for row in rows)
    if min(variance) + least <= 0:
        return None
    scale = [b / (v + least) ** 0.5 for b, v in zip(by, variance, strict=True)]
    return rescaling(call.first, scale, [o - m * s for o, m, s in zip(offset, mean, scale, strict=True)])


def _local_response(call: Call) -> Counterpart | None:
    """x / (bias + alpha * squares of the channels around) ** beta: pooling along the channels."""
    names = {"depth_radius": 5, "bias": 1.0, "alpha": 1.0, "beta": 0.5}
    radius, bias, alpha, beta = (call.get(name, usual) for name, usual in names.items())
    if not call.takes(*names) or not is_whole(radius) or not all(map(is_number, (bias, alpha, beta))):
        return None
    pairs = [[0, 0], [0, 0], [0, 0], [radius, radius], [0, 0]]
    rows = operation("ExpandDims", {"axis": -1}, operation("Square", {}, call.first))
    rows = operation("Pad", {"pad_width": pairs, "mode": "constant"}, rows, constant_values=0)
    window = {"pool_size": [1, 1, 2 * radius + 1], "strides": 1, "padding": "valid"}
    around = layer("AveragePooling3D", {**window, "data_format": "channels_last"}, rows)
    squares = made(PRODUCT, operation("Squeeze", {"axis": -1}, around), alpha * (2 * radius + 1))
    return made(QUOTIENT, call.first, made(POWER, made(SUM, squares, bias), beta))


def _unchanged(*ignored: str) -> Translate:
    return lambda call: layer("Identity", {}, call.first) if call.takes(*ignored) else None


PRODUCTS: dict[str, Translate] = {
    **{"linalg.matmul": _matmul, "matmul": _matmul, "tensordot": _tensordot, "linalg.tensordot": _tensordot},
    **{"nn.bias_add": _bias_add, "keras.backend.bias_add": _bias_add, "clip_by_norm": _clip_by_norm},
    **{f"{module}.l2_normalize": _unit_length for module in ("math", "nn", "linalg", "keras.backend")},
    **{"nn.batch_normalization": _batch_normalization, "nn.fused_batch_norm": _fused_batch_norm},
    **{f"nn.{name}": _local_response for name in ("local_response_normalization", "lrn")},
    **{"debugging.check_numerics": _unchanged("message"), "ensure_shape": _unchanged("shape")},
    "grad_pass_through": _unchanged(),
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
