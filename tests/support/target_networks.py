"""Tiny networks of every kind of output, made once."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
from keras import layers

from xai_cam.models.network import Network

X = np.random.default_rng(11).uniform(0, 1, (3, 12, 12, 3)).astype(np.float32)
AGES = np.array([[0.5], [1.5], [-1.0]], np.float32)


@cache
def model(kind: str) -> Any:
    """`classes`, `labels`, `values`, `places`, `embedding`, or `several` (an image and an age go in)."""
    keras.utils.set_random_seed(21)
    image = keras.Input((12, 12, 3), name="photo")
    maps = layers.Conv2D(6, 3, padding="same", activation="relu", name="maps")(image)
    pooled = layers.GlobalAveragePooling2D()(maps)
    if kind == "several":
        age = keras.Input((1,), name="age")
        joined = layers.Concatenate()([pooled, age])
        ends = [
            layers.Dense(4, activation="softmax", name="kind")(joined),
            layers.Dense(1, name="amount")(joined),
            layers.Conv2D(2, 1, activation="softmax", name="mask")(maps),
        ]
        return _spread(keras.Model([image, age], ends))
    last = {
        "classes": lambda: layers.Dense(5, activation="softmax", name="end")(pooled),
        "labels": lambda: layers.Dense(5, activation="sigmoid", name="end")(pooled),
        "values": lambda: layers.Dense(2, name="end")(pooled),
        "places": lambda: layers.Conv2D(3, 1, activation="softmax", name="end")(maps),
        "embedding": lambda: layers.UnitNormalization(name="unit")(layers.Dense(7, name="end")(pooled)),
    }[kind]()
    return _spread(keras.Model(image, last))


def _spread(found: Any) -> Any:
    """Larger last kernels: outputs of images differ."""
    for layer in found.layers:
        if layer.name in ("end", "kind", "amount", "mask"):
            kernel, bias = layer.get_weights()
            layer.set_weights([8 * kernel, bias])
    return found


@cache
def network(kind: str, *outputs: str) -> Network:
    """The same as a network."""
    return Network(model(kind), head="regression" if kind == "values" else "auto", outputs=outputs)
