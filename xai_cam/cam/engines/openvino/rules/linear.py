"""Gradients of what is linear in the image: resizing, padding, slices, convolutions of single channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.openvino.rules.placing import along, interleaved, padded
from xai_cam.cam.engines.openvino.rules.shapes import known_value, sides_of, static_sides

RESIZING = {
    "ResizeBilinearGrad": "ResizeBilinear",
    "ResizeNearestNeighborGrad": "ResizeNearestNeighbor",
    "ResizeBicubicGrad": "ResizeBicubic",
}
"""Gradient -> what it is the gradient of."""


def resizing(operation: Any, gradients: Any, original: Any) -> Any:
    """By the matrices that resize each axis, which are what TensorFlow makes of single cells."""
    sizes = list(known_value(original)) if original.dtype.is_integer else static_sides(original)[:2]
    forward = getattr(tf.raw_ops, RESIZING[operation.type])
    options = {name: operation.get_attr(name) for name in ("align_corners", "half_pixel_centers")}
    for axis, (small, large) in enumerate(zip(sizes, static_sides(gradients)[:2], strict=True), 1):
        with tf.init_scope():
            cells = tf.eye(int(small))[None, :, None, :]
            matrix = forward(images=cells, size=(large, 1), **options).numpy()[0, :, 0]
        gradients = along(axis, matrix.T, gradients)
    return gradients


def mirror_padding(operation: Any, gradients: Any, paddings: Any) -> Any:
    """What was mirrored goes back to where it came from.

    Raises
    ------
    RuntimeError
        Images are padded along their number.
    """
    mode = operation.get_attr("mode").decode().lower()
    first, *pads = known_value(paddings).tolist()
    if any(first):
        raise RuntimeError("it pads beside the images")
    for axis, (side, (before, after)) in enumerate(zip(static_sides(gradients), pads, strict=True), 1):
        if before or after:
            inner = side - before - after
            origins = np.pad(np.arange(inner), (before, after), mode)
            gradients = along(axis, np.eye(inner)[:, origins], gradients)
    return gradients


def strided_slice(operation: Any, shape: Any, begin: Any, end: Any, steps: Any, gradients: Any) -> Any:
    """Zeros, with the gradients where the slice was cut.

    Raises
    ------
    RuntimeError
        Some images are cut out of all.
    """
    every, *sides = sides_of(shape)
    whole, *cut = _cut(operation, len(sides) + 1, *map(known_value, (begin, end, steps)))
    lengths = [side for side in sides if side is not None]
    if every is not None or whole != slice(None) or len(lengths) < len(sides):
        raise RuntimeError("it cuts along an axis of unknown length")
    spans = [range(side)[part] for side, part in zip(lengths, cut, strict=True)]
    gradients = tf.reshape(gradients, (-1, *map(len, spans)))
    for axis, (side, span) in enumerate(zip(lengths, spans, strict=True), 1):
        if span.step < 0:
            gradients = tf.reverse(gradients, [axis])
        start, step = min(span, default=0), abs(span.step)
        gradients = interleaved([gradients], axis, step)
        gradients = padded(gradients, axis, start, side - start - gradients.shape[axis])
    return gradients


def _cut(operation: Any, rank: int, begin: np.ndarray, end: np.ndarray, steps: np.ndarray) -> list[slice]:
    """A slice for each axis of what is cut."""

    def marked(name: str) -> list[bool]:
        return [bool(operation.get_attr(f"{name}_mask") >> i & 1) for i in range(len(begin))]

    free = zip(*map(marked, ("begin", "end")), strict=True)
    kinds = list(zip(*map(marked, ("ellipsis", "new_axis", "shrink_axis")), strict=True))
    named = sum(not (dots or new) for dots, new, _ in kinds)
    cut: list[slice] = []
    for first, last, step, (from_start, to_end), (dots, new, single) in zip(
        begin.tolist(), end.tolist(), steps.tolist(), free, kinds, strict=True
    ):
        if dots:
            cut += [slice(None)] * (rank - named)
        elif single and not new:
            cut.append(slice(first, first + 1 or None))  # the last one has no number behind it
        elif not new:
            cut.append(slice(None if from_start else first, None if to_end else last, step))
    cut = [slice(None) if one == slice(None, None, 1) else one for one in cut]
    return cut + [slice(None)] * (rank - len(cut))


def space_to_batch(operation: Any, values: Any, blocks: Any, paddings: Any) -> Any:
    """The same, where gradients of a dilated convolution pass; else the operation as it is.

    OpenVINO takes it together with a convolution behind it for one that is dilated, and also where that
    is the gradient of one, which it then computes wrongly.
    """
    if not any(one.type.endswith("BackpropInput") for one in operation.outputs[0].consumers()):
        return tf.raw_ops.SpaceToBatchND(input=values, block_shape=blocks, paddings=paddings)
    steps = known_value(blocks).tolist()
    for axis, (before, after) in enumerate(known_value(paddings).tolist(), 1):
        values = padded(values, axis, before, after)
    sides = static_sides(values)
    cells = [(side // step, step) for side, step in zip(sides, steps, strict=False)]
    apart = tf.reshape(values, (-1, *(side for pair in cells for side in pair), *sides[len(steps) :]))
    inner = [2 * i + 1 for i in range(len(steps))]
    order = [*(axis + 1 for axis in inner), 0, *inner, *range(2 * len(steps) + 1, len(apart.shape))]
    return tf.reshape(tf.transpose(apart, order), (-1, *(side for side, _ in cells), *sides[len(steps) :]))


def depthwise_convolution(operation: Any, shape: Any, kernels: Any, gradients: Any) -> Any:
    """The gradients, as far apart as the kernel stood, convolved by the kernel turned around.

    Raises
    ------
    RuntimeError
        The channels come first, which TensorFlow does not compute on a CPU.
    """
    if operation.get_attr("data_format") != b"NHWC":
        raise RuntimeError("its channels come first")
    sides, sizes = sides_of(shape), [int(side) for side in kernels.shape]
    for axis in (1, 2):
        side, size, count = sides[axis], sizes[axis - 1], gradients.shape[axis]
        step, apart = operation.get_attr("strides")[axis], operation.get_attr("dilations")[axis]
        if side is None or count is None:
            raise RuntimeError("it convolves images of unknown size")
        reach, padding = (size - 1) * apart, operation.get_attr("padding")
        before = 0
        if padding == b"SAME":
            before = max((count - 1) * step + reach + 1 - side, 0) // 2
        elif padding == b"EXPLICIT":
            before = operation.get_attr("explicit_paddings")[2 * axis]
        gradients = interleaved([gradients], axis, step)
        gradients = padded(gradients, axis, reach - before, side + before - gradients.shape[axis])
    channels, copies = sizes[2:]
    turned = tf.reverse(tf.reverse(kernels, [0]), [1])  # OpenVINO turns one axis at a time
    turned = tf.reshape(turned, (*sizes[:2], channels * copies, 1))
    found = tf.raw_ops.DepthwiseConv2dNative(
        input=gradients,
        filter=turned,
        strides=[1] * 4,
        padding="VALID",
        dilations=operation.get_attr("dilations"),
    )
    return found if copies == 1 else tf.reduce_sum(tf.reshape(found, (-1, *sides[1:3], channels, copies)), -1)
