"""Arithmetic and comparisons, among tensors and with numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xai_cam.models.loading.functions.calls import (
    CORE,
    LAYERS,
    MATH,
    NN,
    Call,
    Counterpart,
    Translate,
    is_tensor,
    layer,
    numbers_of,
    one,
    operand,
    operation,
    rescaling,
)

DTYPES = ("float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool")

Scaled = Callable[[Any, Any, bool], Counterpart | None]
"""What a tensor and numbers are; the flag tells whether the tensor comes first."""


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    return [change(n) for n in value] if isinstance(value, list) else change(value)


def _of_two(
    class_name: str, merging: str | None = None, scaled: Scaled | None = None, by: str = "y"
) -> Translate:
    """A function of two: of tensors a merging layer or an operation, with numbers what `scaled` makes."""

    def translate(call: Call) -> Counterpart | None:
        both = [call.first, call.arguments.get(by)]
        tensors = [value for value in both if is_tensor(value)]
        operands = [operand(value) for value in both]
        if not call.has_only(by) or not tensors or None in operands:
            return None
        if len(tensors) == 2:
            return layer(merging, {}, *both) if merging else operation(class_name, {}, *both)
        first = is_tensor(both[0])
        numbers = numbers_of(both[1] if first else both[0])
        made = scaled(tensors[0], numbers, first) if scaled and numbers is not None else None
        return made or operation(class_name, {}, *operands)

    return translate


def _difference(tensor: Any, numbers: Any, tensor_first: bool) -> Counterpart:
    if tensor_first:
        return rescaling(tensor, offset=_each(lambda n: -n, numbers))
    return rescaling(tensor, -1.0, numbers)


def _quotient(tensor: Any, numbers: Any, tensor_first: bool) -> Counterpart | None:
    if not tensor_first or not all(numbers if isinstance(numbers, list) else [numbers]):
        return None
    return rescaling(tensor, _each(lambda n: 1 / n, numbers))


SUM = _of_two("Add", "Add", lambda x, n, _: rescaling(x, offset=n))
DIFFERENCE = _of_two("Subtract", "Subtract", _difference)
PRODUCT = _of_two("Multiply", "Multiply", lambda x, n, _: rescaling(x, n))
QUOTIENT = _of_two("TrueDivide", None, _quotient)
MAXIMUM = _of_two("Maximum", "Maximum")
MINIMUM = _of_two("Minimum", "Minimum")
POWER = _of_two("Power")


def made(translate: Translate, first: Any, second: Any) -> Counterpart:
    """What a function of two is of these, one of which is a tensor.

    Raises
    ------
    TypeError
        They are no tensors and numbers.
    """
    found = translate(Call(first, {"y": second}))
    if found is None:
        raise TypeError(f"no tensors and numbers: {first!r}, {second!r}")
    return found


def _squared_difference(call: Call) -> Counterpart | None:
    inner = DIFFERENCE(call)
    return inner and operation("Square", {}, inner)


def _product_or_zero(call: Call) -> Counterpart | None:
    product = PRODUCT(call)
    y = operand(call.arguments.get("y"))
    return (
        product and operation("Where", {}, operation("Equal", {}, y, 0), 0.0, product)
        if is_tensor(y)
        else None
    )


def _scalar_product(call: Call) -> Counterpart | None:
    return PRODUCT(Call(call.first, {"y": call.get("x")})) if call.has_only("x") else None


def _like(class_name: str) -> Translate:
    """A tensor of one number, as large as another."""

    def translate(call: Call) -> Counterpart | None:
        filled, dtype = operation(class_name, {}, call.first), call.get("dtype")
        if not call.takes("dtype", "optimize", "layout") or dtype not in (None, *DTYPES):
            return None
        return operation("Cast", {"dtype": dtype}, filled, module=CORE) if dtype else filled

    return translate


def _cast(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        dtype = call.get("dtype")
        known = call.takes("dtype") and dtype in DTYPES
        return operation(class_name, {"dtype": dtype}, call.first, module=CORE) if known else None

    return translate


def _where(call: Call) -> Counterpart | None:
    values = [operand(call.arguments.get(name)) for name in ("x", "y")]
    fits = call.takes("x", "y") and None not in values
    return operation("Where", {}, call.first, *values) if fits else None


def _clip(call: Call) -> Counterpart | None:
    low, high = (operand(call.get(f"clip_value_{end}")) for end in ("min", "max"))
    if not call.takes("clip_value_min", "clip_value_max") or low is None or high is None:
        return None
    if isinstance(low, int | float) and isinstance(high, int | float):
        return operation("Clip", {"x_min": low, "x_max": high}, call.first)
    return operation("Maximum", {}, operation("Minimum", {}, call.first, high), low)


_UNARY = {
    **{"abs": "Absolute", "negative": "Negative", "sqrt": "Sqrt", "square": "Square", "exp": "Exp"},
    **{"log": "Log", "log1p": "Log1p", "expm1": "Expm1", "floor": "Floor", "ceil": "Ceil", "sign": "Sign"},
    **{"round": "Round", "rint": "Round", "reciprocal": "Reciprocal", "logical_not": "LogicalNot"},
    **{"sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Arcsin", "acos": "Arccos", "atan": "Arctan"},
    **{"sinh": "Sinh", "cosh": "Cosh", "asinh": "Arcsinh", "acosh": "Arccosh", "atanh": "Arctanh"},
    **{"is_nan": "Isnan", "is_inf": "Isinf", "is_finite": "Isfinite"},
}

_BINARY = {
    **{"floordiv": "FloorDivide", "floor_div": "FloorDivide", "floormod": "Mod", "mod": "Mod"},
    **{"truncatemod": "Fmod", "divide_no_nan": "DivideNoNan", "greater": "Greater", "less": "Less"},
    **{"greater_equal": "GreaterEqual", "less_equal": "LessEqual", "equal": "Equal"},
    **{"not_equal": "NotEqual", "logical_and": "LogicalAnd", "logical_or": "LogicalOr"},
    **{"logical_xor": "LogicalXor"},
}

_IN_MATH: dict[str, Translate] = {
    **dict.fromkeys(("add", "add_v2"), SUM),
    **dict.fromkeys(("subtract", "sub"), DIFFERENCE),
    **dict.fromkeys(("multiply", "mul"), PRODUCT),
    **dict.fromkeys(("truediv", "divide", "realdiv", "div"), QUOTIENT),
    **{"maximum": MAXIMUM, "minimum": MINIMUM, "pow": POWER},
    **{name: _of_two(class_name) for name, class_name in _BINARY.items()},
    **{name: one(class_name) for name, class_name in _UNARY.items()},
    **{"rsqrt": one("Rsqrt", MATH), "erf": one("Erf", MATH), "erfc": one("Erfc", MATH)},
    **{"log_sigmoid": one("LogSigmoid", NN), "atan2": _of_two("Arctan2", by="x")},
    **{"squared_difference": _squared_difference, "multiply_no_nan": _product_or_zero},
    "scalar_mul": _scalar_product,
}
"""Functions that TensorFlow has in `tf.math`, and under the same names elsewhere."""

ARITHMETIC: dict[str, Translate] = {
    **{f"{module}{name}": made for module in ("math.", "") for name, made in _IN_MATH.items()},
    **{"__operators__.add": SUM, "__operators__.sub": DIFFERENCE, "__operators__.mul": PRODUCT},
    "__operators__.truediv": QUOTIENT,
    **{"zeros_like": _like("ZerosLike"), "ones_like": _like("OnesLike"), "where": _where, "where_v2": _where},
    **{"clip_by_value": _clip, "cast": _cast("Cast"), "dtypes.saturate_cast": _cast("SaturateCast")},
    **{"identity": one("Identity", LAYERS), "stop_gradient": one("StopGradient", CORE)},
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
