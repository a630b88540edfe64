"""The range of a graph's tensors that are made of softmaxes and sigmoids."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xai_cam.models.output.graph_operations import (
    DEPTH,
    Step,
    constant,
    constant_array,
    softmax_or_sigmoid,
    step_back,
)

Range = tuple[float, float]

MIXES = frozenset(
    (
        *("Add", "AddV2", "AddN", "Mul", "Sub", "Pack", "ConcatV2", "Mean", "Max", "Min"),
        *("StridedSlice", "Slice", "GatherV2", "Maximum", "Minimum", "Transpose", "Split", "Unpack"),
    )
)
"""Operations that make one tensor of several, or of a part of one."""


def range_of(tensor: Any, depth: int = DEPTH) -> Range | None:
    """The lowest and highest number in a tensor made of softmaxes and sigmoids; None for others."""
    if depth == 0:
        return None
    found = softmax_or_sigmoid(tensor)
    if found is not None:
        return (-math.inf, 0.0) if found[0] == "log_softmax" else (0.0, 1.0)
    step = step_back(tensor)
    if step is not None:
        inner = range_of(step.input, depth - 1)
        return None if inner is None else _after(tensor.op, step, inner)
    if tensor.op.type not in MIXES:
        return None
    ranges = []
    for part in tensor.op.inputs:
        known = _of_part(part, depth) if part.dtype.is_floating else ()
        if known is None:
            return None
        ranges += [known] if known else []
    return _mixed(tensor.op.type, ranges) if ranges else None


def _of_part(tensor: Any, depth: int) -> Range | None:
    values = constant_array(tensor)
    if values is None:
        return range_of(tensor, depth - 1)
    return (float(values.min()), float(values.max())) if values.size else None


def _after(operation: Any, step: Step, inner: Range) -> Range:
    """The range of the result of one operation, of that of its input."""
    low, high = inner
    numbers = [number for number in map(constant, operation.inputs) if number is not None]
    with np.errstate(all="ignore"):
        if operation.type == "Log":
            return float(np.log(max(low, 0.0))), float(np.log(max(high, 0.0)))
        if operation.type == "Exp":
            return float(np.exp(low)), float(np.exp(high))
    if operation.type == "ClipByValue":
        return min(max(low, numbers[-2]), numbers[-1]), min(max(high, numbers[-2]), numbers[-1])
    if operation.type == "Maximum":
        return max(low, numbers[0]), max(high, numbers[0])
    if operation.type == "Minimum":
        return min(low, numbers[0]), min(high, numbers[0])
    ends = sorted(step.slope * end + step.offset for end in inner)
    return _rounded(ends[0]), _rounded(ends[1])


def _mixed(operation: str, ranges: list[Range]) -> Range:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    if operation in ("Add", "AddV2", "AddN"):
        return sum(lows), sum(highs)
    if operation == "Sub":
        return lows[0] - highs[-1], highs[0] - lows[-1]
    if operation == "Mul":
        ends = [a * b for a in ranges[0] for b in ranges[-1]]
        return min(ends), max(ends)
    return min(lows), max(highs)


def _rounded(number: float) -> float:
    """Constants are float32: 0.9 + 0.1 may lie a little above 1."""
    nearest = round(number) if math.isfinite(number) else number
    return float(nearest) if abs(number - nearest) < 1e-5 else number
