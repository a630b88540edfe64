"""Operations of a TensorFlow graph read backwards: what leaves a model's class scores in their order.

Softmax and sigmoid are known as operations and as they are written by hand: exp(x) over its sum,
1 / (1 + exp(-x)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

KEEPS_VALUES = frozenset(
    {"Identity", "Reshape", "Squeeze", "ExpandDims", "Cast", "EnsureShape", "Snapshot", "CheckNumerics"}
)
"""Operations that hand on the numbers of their first input."""

CUTS = frozenset({"Maximum", "Minimum", "ClipByValue"})
"""Operations that cut numbers off at constants."""

DEPTH = 200
"""Operations to go back at most."""


@dataclass(frozen=True)
class Step:
    """One operation backwards: its input, and `slope * input + offset` where it changes numbers."""

    input: Any
    slope: float = 1.0
    offset: float = 0.0
    keeps: bool = True
    logarithm: bool = False


def step_back(tensor: Any) -> Step | None:
    """The input of an operation that changes all numbers alike, and leaves them in their order."""
    operation, inputs = tensor.op.type, list(tensor.op.inputs)
    if operation in KEEPS_VALUES:
        return Step(inputs[0])
    if operation == "IdentityN":
        return Step(inputs[tensor.value_index])
    if (operation == "Transpose" and is_vector(tensor)) or _is_new_axis(tensor):
        return Step(inputs[0])
    if operation == "Neg":
        return Step(inputs[0], -1.0, keeps=False)
    if operation in ("Log", "Exp"):
        return Step(inputs[0], keeps=False, logarithm=operation == "Log")
    if operation == "ClipByValue" and None not in map(constant, inputs[1:]):
        return Step(inputs[0], keeps=False)
    return _step_of_two(operation, *inputs) if len(inputs) == 2 else None


def _is_new_axis(tensor: Any) -> bool:
    """Whether `x[..., None]` or `x[:, 0]` of one number an image hands on all numbers, in their order."""
    if tensor.op.type != "StridedSlice" or size_of(tensor) is None:
        return False
    strides = constant_array(tensor.op.inputs[3])
    return (
        strides is not None and bool((strides > 0).all()) and size_of(tensor) == size_of(tensor.op.inputs[0])
    )


def _step_of_two(operation: str, left: Any, right: Any) -> Step | None:
    number = constant(right)
    if number is not None:
        changed = {
            "Mul": (number, 0.0),
            "RealDiv": (1 / number if number else math.inf, 0.0),
            "AddV2": (1.0, number),
            "Add": (1.0, number),
            "Sub": (1.0, -number),
            "Maximum": (1.0, 0.0),
            "Minimum": (1.0, 0.0),
        }.get(operation)
        return Step(left, *changed, keeps=False) if changed and changed[0] else None
    if constant(left) is None:
        return None
    if operation == "Sub":
        return Step(right, -1.0, constant(left) or 0.0, keeps=False)
    return _step_of_two(operation, right, left) if operation != "RealDiv" else None


def constant(tensor: Any) -> float | None:
    """The number that a constant tensor holds, if all of its entries are the same."""
    values = constant_array(tensor)
    if values is None or values.size == 0 or values.dtype.kind not in "fiub":
        return None
    first = float(values.flat[0])
    return first if math.isfinite(first) and (values == values.flat[0]).all() else None


def constant_array(tensor: Any) -> np.ndarray | None:
    import tensorflow as tf

    while tensor.op.type in ("Identity", "Cast"):
        tensor = tensor.op.inputs[0]
    if tensor.op.type == "Placeholder":  # a constant that was made outside of the trace
        graph = tensor.graph
        insides = getattr(graph, "internal_captures", ())
        outer: Any = next(
            (graph.external_captures[i] for i, one in enumerate(insides) if one is tensor), None
        )
        known = hasattr(outer, "numpy") and outer.dtype.is_numpy_compatible
        return np.asarray(outer.numpy()) if known else None
    values = tf.get_static_value(tensor)
    return None if values is None else np.asarray(values)


# --- Shapes ------------------------------------------------------------------------------------------


def size_of(tensor: Any) -> int | None:
    """Numbers for each image; None where the graph does not tell."""
    shape = tensor.shape
    if shape.rank is None or shape.rank == 0 or None in shape.as_list()[1:]:
        return None
    return math.prod(shape.as_list()[1:])


def is_vector(tensor: Any) -> bool:
    """Whether each image has a list of numbers: no more than one side is longer than 1."""
    return tensor.shape.rank is None or sum(side != 1 for side in tensor.shape.as_list()[1:]) <= 1


# --- Softmax and sigmoid -----------------------------------------------------------------------------


def softmax_or_sigmoid(tensor: Any) -> tuple[str, Any] | None:
    """The name of the function whose result this is, and the tensor that it was applied to.

    `ones` is a softmax over a single number.
    """
    operation, inputs = tensor.op.type, list(tensor.op.inputs)
    if operation in ("Softmax", "LogSoftmax"):
        if inputs[0].shape.rank is not None and inputs[0].shape[-1] == 1:
            return "ones", inputs[0]
        return {"Softmax": "softmax", "LogSoftmax": "log_softmax"}[operation], inputs[0]
    if operation == "Sigmoid":
        return "sigmoid", inputs[0]
    if operation in ("RealDiv", "Reciprocal", "Inv"):
        found = _quotient(*inputs) if len(inputs) == 2 else _quotient(None, inputs[0])
        return found or _hard_sigmoid(tensor)
    if operation == "Exp":
        found = _log_softmax(inputs[0])
        return None if found is None else ("softmax", found)
    if operation == "Sub":
        found = _log_softmax(tensor)
        return None if found is None else ("log_softmax", found)
    below = _kept(inputs[1]) if operation == "Mul" else None
    if below is not None and below.op.type in ("Reciprocal", "Inv"):
        return _quotient(inputs[0], below.op.inputs[0])
    return _hard_sigmoid(tensor) if operation in ("Mul", *CUTS) else None


def _quotient(above: Any | None, below: Any) -> tuple[str, Any] | None:
    """exp(x) / sum(exp(x)), exp(x) / (1 + exp(x)), 1 / (1 + exp(-x))."""
    power = None if above is None else _input_of("Exp", above)
    if power is not None:
        if size_of(below) == 1 and _is_sum_of_exp(below, power):
            return "softmax", _without_shift(power)
        return ("sigmoid", power) if _one_plus_exp(below) is power else None
    if above is not None and constant(above) != 1:
        return None
    falling = _one_plus_exp(below)
    opposite = None if falling is None else _input_of("Neg", falling)
    return None if opposite is None else ("sigmoid", opposite)


def _is_sum_of_exp(tensor: Any, power: Any) -> bool:
    total = _input_of("Sum", tensor, changed=True)
    summed = None if total is None else _input_of("Exp", total)
    return summed is not None and _without_shift(summed) is _without_shift(power)


def _one_plus_exp(tensor: Any) -> Any | None:
    """x of 1 + exp(x)."""
    tensor = _kept(tensor)
    step = step_back(tensor) if tensor.op.type in ("AddV2", "Add") else None
    if step is None or (step.slope, step.offset) != (1, 1):
        return None
    return _input_of("Exp", step.input)


def _log_softmax(tensor: Any) -> Any | None:
    """x of x - log(sum(exp(x))), with whatever was taken off x before and put back."""
    tensor = _kept(tensor)
    if tensor.op.type != "Sub":
        return None
    x, taken = _kept(tensor.op.inputs[0]), tensor.op.inputs[1]
    total = _find(taken, "Log", lambda log: _input_of("Sum", log.op.inputs[0]))
    power = None if total is None else _input_of("Exp", total)
    same = power is not None and _without_shift(power) is _without_shift(x)
    return _without_shift(x) if same and size_of(taken) == 1 and size_of(x) != 1 else None


def _hard_sigmoid(tensor: Any) -> tuple[str, Any] | None:
    """x of relu6(x + 3) / 6, and of x / 6 + 0.5 or x / 5 + 0.5 cut off at 0 and 1."""
    if tensor.op.type in ("RealDiv", "Mul"):
        step = step_back(tensor)
        inner = None if step is None or not _is(step.slope, 1 / 6) else _input_of("Relu6", step.input)
        shift = None if inner is None else step_back(inner)
        rising = shift is not None and (shift.slope, shift.offset) == (1, 3)
        return ("hard_sigmoid", shift.input) if shift is not None and rising else None
    ends: set[float] = set()
    while tensor.op.type in CUTS:
        step = step_back(tensor)
        if step is None:
            return None
        ends |= {float(end) for one in tensor.op.inputs if (end := constant(one)) is not None}
        tensor = _kept(step.input)
    if ends != {0.0, 1.0}:
        return None
    shift = step_back(tensor) if tensor.op.type in ("AddV2", "Add") else None
    slope = None if shift is None or shift.offset != 0.5 else step_back(_kept(shift.input))
    if slope is None or not (_is(slope.slope, 1 / 6) or _is(slope.slope, 0.2)):
        return None
    return "hard_sigmoid", slope.input


def _is(number: float, other: float) -> bool:
    return math.isclose(number, other, rel_tol=1e-3)


def _without_shift(tensor: Any) -> Any:
    """x of x - max(x): the same number taken off all classes of an image changes no softmax."""
    tensor = _kept(tensor)
    while tensor.op.type == "Sub" and size_of(tensor.op.inputs[1]) == 1 and size_of(tensor) != 1:
        tensor = _kept(tensor.op.inputs[0])
    return tensor


def _kept(tensor: Any) -> Any:
    """The tensor whose numbers are handed on."""
    for _ in range(DEPTH):
        step = step_back(tensor)
        if step is None or not step.keeps:
            break
        tensor = step.input
    return tensor


def _input_of(operation: str, tensor: Any, changed: bool = False) -> Any | None:
    """What went into an operation of this kind whose result the tensor is, kept or `changed` alike."""
    for _ in range(DEPTH):
        if tensor.op.type == operation:
            return _kept(tensor.op.inputs[0])
        step = step_back(tensor)
        if step is None or not (step.keeps or (changed and step.slope == 1)):
            return None
        tensor = step.input
    return None


def _find(tensor: Any, operation: str, answer: Callable[[Any], Any]) -> Any | None:
    """The first answer of an operation of this kind before a tensor that has one number an image."""
    waiting = [tensor]
    for _ in range(DEPTH):
        if not waiting:
            return None
        tensor = waiting.pop()
        found = answer(tensor) if tensor.op.type == operation else None
        if found is not None:
            return found
        waiting += [one for one in tensor.op.inputs if size_of(one) == 1]
    return None
