"""Functions of numbers that a file holds, or that are told by the shapes of its tensors: computed at once.

`tf.reshape(x, [tf.shape(x)[0], -1])` has four of them on its graph, none of which is there for images.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from xai_cam.models.loading.functions.calls import Call, Open, are_whole, is_number, is_whole

MOST = 4_096
"""How many numbers one call may take and give: what is computed of shapes is as long as these."""

LARGEST = 2**53


def computed(function: str, call: Call) -> Any:
    """What a function gives of numbers, in lists in lists; None where it is none of these, or gives too many.

    Several results are a `tuple`.
    """
    compute = FUNCTIONS.get(function)
    if compute is None or not _is_known(call.first):
        return None
    try:
        found = compute(call)
    except (ArithmeticError, IndexError, TypeError, ValueError):  # of what no tf.keras wrote
        return None
    results = found if isinstance(found, tuple) else (found,)
    return None if any(result is None or not _is_small(result) for result in results) else found


def _is_known(value: Any) -> bool:
    leaves = _leaves(value)
    return len(leaves) <= MOST and all(is_number(leaf) or isinstance(leaf, Open) for leaf in leaves)


def _leaves(value: Any) -> list[Any]:
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        else:
            found.append(item)
    return found


def _is_small(value: Any) -> bool:
    leaves = _leaves(value)
    values = [leaf.value if isinstance(leaf, Open) else leaf for leaf in leaves]
    return len(values) <= MOST and all(value is None or abs(value) < LARGEST for value in values)


def _array(value: Any) -> Any:
    return np.array(value, dtype=object)


def _together(*values: Any) -> list[Any]:
    """Values as arrays, which are not too large where each is spread over the sides of the others."""
    arrays = [_array(value) for value in values]
    if math.prod(np.broadcast_shapes(*(array.shape for array in arrays))) > MOST:
        raise ValueError("more numbers than a shape has")
    return arrays


def _of_two(compute: Callable[[Any, Any], Any], by: str = "y") -> Callable[[Call], Any]:
    def of(call: Call) -> Any:
        other = call.get(by)
        if not call.has_only(by) or not _is_known(other):
            return None
        found = compute(*_together(call.first, other))
        return found.tolist() if isinstance(found, np.ndarray) else found

    return of


def _cast(call: Call) -> Any:
    dtype = call.get("dtype")
    if not call.has_only("dtype") or not isinstance(dtype, str):
        return None
    kind: Callable[[Any], Any] = float if "float" in dtype else int
    if dtype == "bool":
        return None
    return _each(lambda n: _as(kind, n), call.first)


def _as(kind: Callable[[Any], Any], number: Any) -> Any:
    if isinstance(number, Open):
        return Open(None if number.value is None else kind(number.value))
    return kind(number)


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    return [_each(change, inner) for inner in value] if isinstance(value, list) else change(value)


def _index(part: Any) -> Any:
    if isinstance(part, dict) and set(part) == {"start", "stop", "step"}:
        return slice(part["start"], part["stop"], part["step"])
    if part == {"class_name": "__ellipsis__"}:
        return Ellipsis
    if part is None or is_whole(part):
        return part
    raise TypeError("an index that is none")


def _get_item(call: Call) -> Any:
    spec = call.arguments.get("slice_spec")
    found = _array(call.first)[tuple(map(_index, spec if isinstance(spec, list) else [spec]))]
    return found.tolist() if isinstance(found, np.ndarray) else found


def _strided_slice(call: Call) -> Any:
    begin, end, steps = call.get("begin"), call.get("end"), call.get("strides")
    if not call.has_only("begin", "end", "strides") or not are_whole(begin) or not are_whole(end):
        return None
    steps = steps or [1] * len(begin)
    return _array(call.first)[tuple(map(slice, begin, end, steps))].tolist()


def _slice(call: Call) -> Any:
    begin, size = call.get("begin"), call.get("size")
    if not call.has_only("begin", "size") or not are_whole(begin) or not are_whole(size):
        return None
    ends = [None if side == -1 else start + side for start, side in zip(begin, size, strict=True)]
    return _array(call.first)[tuple(map(slice, begin, ends))].tolist()


def _stack(call: Call) -> Any:
    axis = call.get("axis", 0)
    return _array(call.first).tolist() if call.has_only("axis") and axis == 0 else None


def _concatenate(call: Call) -> Any:
    if not call.has_only("axis") or call.get("axis", 0) not in (0, -1):
        return None
    rows = [row for row in call.first if row != []]
    if not all(isinstance(row, list) and not any(isinstance(n, list) for n in row) for row in rows):
        return None
    return [number for row in rows for number in row]


def _unstack(call: Call) -> Any:
    plain = call.has_only("num", "axis") and call.get("axis", 0) in (0, -1)
    return tuple(call.first) if plain and isinstance(call.first, list) else None


def _split(call: Call) -> Any:
    count = call.get("num_or_size_splits")
    rows = call.first
    if not call.has_only("num_or_size_splits", "axis", "num") or call.get("axis", 0) not in (0, -1):
        return None
    if not isinstance(rows, list) or not is_whole(count) or count < 1 or len(rows) % count:
        return None
    step = len(rows) // count
    return tuple(rows[i : i + step] for i in range(0, len(rows), step))


def _product(call: Call) -> Any:
    whole = call.get("axis") in (None, 0, -1, [0], [-1])
    if not call.has_only("axis", "keepdims") or not whole or not isinstance(call.first, list):
        return None
    found: Any = 1
    for number in _leaves(call.first):
        found = found * number
        if not _is_small(found):
            return None
    return [found] if call.get("keepdims") else found


def _gather(call: Call) -> Any:
    indices = call.get("indices")
    if call.get("axis", 0) != 0 or call.get("batch_dims") or not are_whole(indices):
        return None
    rows, chosen = _array(call.first), np.array(indices)
    if rows.size // max(len(rows), 1) * chosen.size > MOST:
        return None
    found = rows[chosen]
    return found.tolist() if isinstance(found, np.ndarray) else found


def _expand(call: Call) -> Any:
    axis = call.get("axis")
    return np.expand_dims(_array(call.first), axis).tolist() if is_whole(axis) else None


def _squeeze(call: Call) -> Any:
    return np.squeeze(_array(call.first)).tolist() if call.get("axis") in (None, 0, [0]) else None


def _tile(call: Call) -> Any:
    times = call.get("multiples")
    rows = _array(call.first)
    if not call.has_only("multiples") or not isinstance(times, list) or not are_whole(times):
        return None
    many = rows.size * int(np.prod([max(t, 0) for t in times], dtype=float))
    return np.tile(rows, times).tolist() if 0 < many <= MOST else None


def _reshape(call: Call) -> Any:
    shape = call.get("shape")
    return _array(call.first).reshape(shape).tolist() if call.has_only("shape") and are_whole(shape) else None


def _greater(a: Any, b: Any) -> Any:
    return np.array(np.vectorize(lambda x, y: int(x > y), otypes=[object])(a, b))


def _where(call: Call) -> Any:
    both = [call.get("x"), call.get("y")]
    if not call.has_only("x", "y") or not all(map(_is_known, both)):
        return None
    condition, *values = _together(call.first, *both)
    return np.where(condition.astype(bool), *values).tolist()


def _ones_like(call: Call) -> Any:
    return _each(lambda _: 1, call.first) if call.has_only("optimize", "dtype", "layout") else None


def _same(call: Call) -> Any:
    return call.first if call.has_only() else None


_SUM = _of_two(lambda a, b: a + b)
_DIFFERENCE = _of_two(lambda a, b: a - b)
_PRODUCT = _of_two(lambda a, b: a * b)
_WHOLE_QUOTIENT = _of_two(lambda a, b: a // b)
_QUOTIENT = _of_two(lambda a, b: a / b)

FUNCTIONS: dict[str, Callable[[Call], Any]] = {
    **dict.fromkeys(("math.add", "add", "__operators__.add"), _SUM),
    **dict.fromkeys(("math.subtract", "subtract", "__operators__.sub"), _DIFFERENCE),
    **dict.fromkeys(("math.multiply", "multiply", "__operators__.mul"), _PRODUCT),
    **dict.fromkeys(("floor_div", "math.floordiv", "floordiv"), _WHOLE_QUOTIENT),
    **dict.fromkeys(("math.truediv", "math.divide", "divide", "realdiv"), _QUOTIENT),
    **dict.fromkeys(("math.floormod", "math.mod", "mod"), _of_two(lambda a, b: a % b)),
    **dict.fromkeys(("math.reduce_prod", "reduce_prod"), _product),
    **{"math.greater": _of_two(_greater), "where": _where, "ones_like": _ones_like},
    **{"cast": _cast, "identity": _same, "stop_gradient": _same, "convert_to_tensor": _same},
    **{"__operators__.getitem": _get_item, "strided_slice": _strided_slice, "slice": _slice},
    **{"stack": _stack, "concat": _concatenate, "unstack": _unstack, "split": _split, "gather": _gather},
    **{"expand_dims": _expand, "squeeze": _squeeze, "tile": _tile, "reshape": _reshape},
}
"""Name of a function in TensorFlow -> what it gives of numbers."""
