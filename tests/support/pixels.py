"""Gradients at the input by TensorFlow's own tape, one image and one class at a time."""

from __future__ import annotations

from typing import Any

import numpy as np


def logits_of(model: Any) -> Any:
    """The model up to its logits, by the layers of `build_tiny`."""
    import keras

    head = model.layers[-1]
    logits = keras.layers.Dense(head.units, name="logits")
    found = keras.Model(model.inputs, logits(head.input))
    logits.set_weights(head.get_weights())
    return found


def scored(model: Any, x: np.ndarray, target_class: int) -> tuple[float, np.ndarray]:
    """The logit of a class of one input (H, W, c), and its gradient."""
    import tensorflow as tf

    cut, given = logits_of(model), tf.constant(x[None])
    with tf.GradientTape() as tape:
        tape.watch(given)
        score = cut(given)[0, target_class]
    return float(score), tape.gradient(score, given)[0].numpy()


def gradients_of(model: Any, x: np.ndarray, target_class: int) -> np.ndarray:
    """The gradient alone."""
    return scored(model, x, target_class)[1]
