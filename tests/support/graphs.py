"""Functions of logits, traced as a model's end is."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.models.output.final_activation import FinalActivation, find_activation


def found_in(tail: Any, z: np.ndarray) -> tuple[FinalActivation, np.ndarray, np.ndarray]:
    """What is found behind `tail` of logits z (n, units): as it is, and its logits and values as numbers."""
    kept: list[FinalActivation] = []

    def run(x: Any) -> Any:
        kept.append(find_activation(tail(x), []))
        return kept[0].logits, kept[0].values

    traced = tf.function(run, autograph=False).get_concrete_function(tf.TensorSpec((None, z.shape[1])))
    logits, values = traced(tf.constant(z, tf.float32))
    return kept[0], np.asarray(logits).reshape(z.shape), np.asarray(values).reshape(z.shape)


def traced(function: Any, *shapes: tuple[int | None, ...]) -> Any:
    """What a function makes of placeholders of these shapes, in a graph."""
    with tf.Graph().as_default():
        return function(*(tf.compat.v1.placeholder(tf.float32, shape) for shape in shapes))
