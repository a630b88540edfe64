"""Gradients of pooling: each output's gradient goes back to its window, to the largest input or to all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.openvino.rules.placing import overlaid
from xai_cam.cam.engines.openvino.rules.shapes import sides_of, static_sides

MOST_PLACES = 64
"""Of a window whose maximum is looked for: there are as many tensors of the size of the output at once."""


@dataclass(frozen=True)
class Window:
    """The windows along one axis.

    Attributes
    ----------
    axis, size, stride : int
    before : int
        Cells of padding before the first input.
    inputs, outputs : int
        Cells along that axis.
    """

    axis: int
    size: int
    stride: int
    before: int
    inputs: int
    outputs: int

    @property
    def after(self) -> int:
        """Cells that the windows reach beyond the last input, or leave out of the inputs if negative."""
        return (self.outputs - 1) * self.stride + self.size - self.before - self.inputs

    @property
    def counts(self) -> np.ndarray:
        """How many inputs each window has."""
        starts = np.arange(self.outputs) * self.stride - self.before
        return np.minimum(starts + self.size, self.inputs) - np.maximum(starts, 0)


def maximum(operation: Any, values: Any, pooled: Any, gradients: Any) -> Any:
    """To the first of the largest inputs of each window.

    Raises
    ------
    RuntimeError
        The windows are too large: each of their places is a tensor of its own.
    """
    windows = _windows(operation, [None, *static_sides(values)], pooled)
    if math.prod(window.size for window in windows) > MOST_PLACES:
        raise RuntimeError("its windows are too large")
    pads = [(0, 0)] * len(values.shape)
    for window in windows:
        pads[window.axis] = (window.before, max(window.after, 0))
    padded = tf.pad(values, pads, constant_values=values.dtype.min)
    free, shares = tf.ones_like(pooled, tf.bool), {}
    for offsets in product(*(range(window.size) for window in windows)):
        first = (_seen(padded, windows, offsets) == pooled) & free
        free &= ~first
        shares[offsets] = tf.where(first, gradients, tf.zeros_like(gradients))
    for number in reversed(range(len(windows))):
        shares = _joined(shares, windows[number])
    return shares[()]


def average(operation: Any, shape: Any, gradients: Any) -> Any:
    """To all inputs of a window alike; what lies beyond the image does not count."""
    windows = _windows(operation, sides_of(shape), gradients)
    for window in windows:
        counts = window.counts.reshape([-1 if i == window.axis else 1 for i in range(len(gradients.shape))])
        gradients = gradients / tf.constant(counts, gradients.dtype)
        gradients = _spread([gradients] * window.size, window)
    return gradients


def _windows(operation: Any, sides: Sequence[int | None], pooled: Any) -> list[Window]:
    """The windows along each axis that is pooled.

    Raises
    ------
    RuntimeError
        The size of the input is open there.
    """
    found = []
    padding, outputs = operation.get_attr("padding"), [None, *static_sides(pooled)]
    sizes, strides = operation.get_attr("ksize"), operation.get_attr("strides")
    for axis, (size, stride, inputs) in enumerate(zip(sizes, strides, sides, strict=True)):
        if size == stride == 1:
            continue
        count = outputs[axis]
        if inputs is None or count is None:
            raise RuntimeError("it pools along an axis of unknown length")
        before = 0
        if padding == b"SAME":
            before = max((count - 1) * stride + size - inputs, 0) // 2
        elif padding == b"EXPLICIT":
            before = operation.get_attr("explicit_paddings")[2 * axis]
        found.append(Window(axis, size, stride, before, inputs, count))
    return found


def _seen(padded: Any, windows: Sequence[Window], offsets: Sequence[int]) -> Any:
    """What stands at an offset of each window."""
    cut = [slice(None)] * len(padded.shape)
    for window, offset in zip(windows, offsets, strict=True):
        last = offset + (window.outputs - 1) * window.stride + 1
        cut[window.axis] = slice(offset, last, window.stride)
    return padded[tuple(cut)]


def _joined(shares: dict[tuple[int, ...], Any], window: Window) -> dict[tuple[int, ...], Any]:
    """Shares by their offsets along all axes but the last, that of the window."""
    groups: dict[tuple[int, ...], list[Any]] = {}
    for offsets, share in shares.items():
        groups.setdefault(offsets[:-1], []).append(share)
    return {offsets: _spread(group, window) for offsets, group in groups.items()}


def _spread(shares: Sequence[Any], window: Window) -> Any:
    """The sum of what each offset of the windows gives to the inputs along one axis."""
    return overlaid(shares, window.axis, window.stride, -window.before, window.inputs)
