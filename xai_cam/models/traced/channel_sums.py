"""Sums, products and clips of a tensor that is a sum over the channels of the input, with constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from xai_cam.models.traced.affine import MIXED, Affine
from xai_cam.models.traced.values import Values

ARITHMETIC = frozenset(
    (
        *("Add", "AddV2", "AddN", "BiasAdd", "Sub", "Mul", "RealDiv", "Div", "Neg", "MatMul"),
        *("Maximum", "Minimum", "ClipByValue", "DivNoNan"),
    )
)


def arithmetic(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Affine | None:
    known = [one for one in inputs if one is not None]
    kind, first = operation.type, known[0]
    if kind == "Neg":
        return first.changed(operation, -first.matrix, -first.offset)
    if kind == "MatMul":
        return _product(operation, inputs, values)
    if len(known) > 1:
        return _sum(operation, known) if len(known) == len(inputs) else None
    constants = [
        values.find(one) for one, found in zip(operation.inputs, inputs, strict=True) if found is None
    ]
    if any(one is None for one in constants):
        return None
    if kind in ("Maximum", "Minimum", "ClipByValue"):
        return _cut_off(kind, first, [float(np.mean(one)) for one in constants if one is not None])
    vector = _of_channels(constants[0], first, kind == "BiasAdd")
    return None if vector is None else _with_constant(operation, inputs[0] is None, first, vector)


def _with_constant(operation: Any, constant_first: bool, x: Affine, vector: np.ndarray) -> Affine | None:
    kind, column = operation.type, vector[:, None]
    if kind in ("Add", "AddV2", "AddN", "BiasAdd"):
        return x.changed(operation, x.matrix + 0 * column, x.offset + vector)
    if kind == "Sub":
        sign = -1 if constant_first else 1
        return x.changed(operation, sign * x.matrix + 0 * column, sign * (x.offset - vector))
    if kind == "Mul":
        return x.changed(operation, x.matrix * column, x.offset * vector)
    if constant_first or not vector.all():
        return None
    return x.changed(operation, x.matrix / column, x.offset / vector)


def _of_channels(constant: np.ndarray | None, x: Affine, is_bias: bool) -> np.ndarray | None:
    """One number a channel; of a constant that differs from place to place the mean over these."""
    if constant is None:
        return None
    value, count = np.asarray(constant, np.float64), len(x.offset)
    if value.size == 1:
        return np.full(count, value.item())
    if x.axis == MIXED or value.ndim > x.rank:
        return None
    if is_bias:
        return value if len(value) == count else None
    value = value.reshape((1,) * (x.rank - value.ndim) + value.shape)
    others = tuple(axis for axis in range(x.rank) if axis != x.axis)
    value = value.mean(axis=others)
    if len(value) not in (1, count) and count != 1:
        return None
    return np.broadcast_to(value, (max(count, len(value)),))


def _sum(operation: Any, terms: Sequence[Affine]) -> Affine | None:
    alike = len({(len(one.offset), one.axis, one.rank) for one in terms}) == 1
    if operation.type not in ("Add", "AddV2", "AddN", "Sub") or not alike:
        return None
    signs = [1, -1] if operation.type == "Sub" else [1] * len(terms)
    matrix = sum(sign * one.matrix for sign, one in zip(signs, terms, strict=True))
    offset = sum(sign * one.offset for sign, one in zip(signs, terms, strict=True))
    steps = tuple(dict.fromkeys(step for one in terms for step in one.steps))
    return replace(terms[0], steps=steps).changed(operation, np.asarray(matrix), np.asarray(offset))


def _cut_off(kind: str, x: Affine, ends: list[float]) -> Affine:
    """Behind a clip; it says what the input may be while the numbers still are the input's."""
    if not x.is_identity:
        return x
    low, high = x.bounds or (-np.inf, np.inf)
    if kind == "ClipByValue":
        low, high = max(low, ends[0]), min(high, ends[1])
    elif kind == "Maximum":
        low = max(low, ends[0])
    else:
        high = min(high, ends[0])
    return replace(x, bounds=(low, high))


def _product(operation: Any, inputs: Sequence[Affine | None], values: Values) -> Affine | None:
    """A product with constants, as for grey out of colours; with trained weights it is a layer's."""
    x, weights = inputs[0], operation.inputs[1]
    if x is None or x.axis != x.rank - 1 or operation.get_attr("transpose_a") or values.is_weight(weights):
        return None
    kernel = values.find(weights)
    if kernel is None:
        return None
    kernel = kernel.T if operation.get_attr("transpose_b") else kernel
    return (
        x.changed(operation, kernel.T @ x.matrix, kernel.T @ x.offset)
        if len(kernel) == len(x.offset)
        else None
    )
