"""Inputs made of pictures inside a graph, as `perturbed.Perturbed` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def specs_of(shape: Sequence[int | None]) -> list[Any]:
    """What inputs of that shape (H, W, c) are made of: pictures, planes and rows, a row an input.

    Pictures have their channels first: a plane is spread over them at half the cost.
    """
    *sides, channels = shape
    return [
        tf.TensorSpec((None, channels, *sides), tf.float32, name="pictures"),
        tf.TensorSpec((None, *sides), tf.float32, name="planes"),
        tf.TensorSpec((None, 5), tf.int32, name="rows"),
    ]


def perturbed(pictures: Any, planes: Any, rows: Any) -> Any:
    """The inputs (b, H, W, c)."""
    _, below, above, numbers, steps = tf.unstack(rows, axis=1)
    plane = tf.expand_dims(tf.gather(planes, numbers), 1)
    step = tf.reshape(tf.cast(steps, tf.float32), (-1, *[1] * (len(plane.shape) - 1)))
    first = tf.cast(plane < step, tf.float32)
    second = tf.where(step < 0.0, plane, 1.0 - first)  # steps below 0: `DIMMED`
    # Each is 0 or 1 but for dimmed pictures, and the sum exact: cheaper than a choice pixel by pixel.
    made = tf.gather(pictures, below) * first + tf.gather(pictures, above) * second
    return tf.transpose(made, (0, *range(2, len(made.shape)), 1))
