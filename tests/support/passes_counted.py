"""A layer that counts what passes through it, and the tiny model with it in front."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from support.small_models import build_tiny

PASSES: list[int] = []
"""How many images passed at a time, in turn, through any such layer."""


class Counted(keras.layers.Layer):
    """Hands on what it gets, and notes it whenever it is run."""

    def call(self, x: Any) -> Any:
        with tf.control_dependencies([tf.numpy_function(_note, [tf.shape(x)[0]], [])]):
            return tf.identity(x)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def _note(count: np.ndarray) -> None:
    PASSES.append(int(count))


def counted_model() -> Any:
    """The tiny model behind a counter."""
    image = keras.Input((16, 16, 3))
    seen = Counted(name="counter")(image)
    for layer in build_tiny().layers[1:]:
        seen = layer(seen)
    return keras.Model(image, seen)
