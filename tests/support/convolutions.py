"""A model with convolutions of every kind that kernels are read of; its input's size is open."""

from __future__ import annotations

from typing import Any

import numpy as np


def build() -> Any:
    """Colours -> two classes; `first` and what follows it read feature maps, the others the colours."""
    import keras

    layers = keras.layers
    inputs = keras.Input((None, None, 3))
    branches = [
        layers.Conv2D(4, 3, padding="same", name="plain"),
        layers.Conv2D(3, (2, 4), padding="same", dilation_rate=2, name="dilated"),
        layers.Conv2D(3, 3, padding="same", groups=3, name="grouped"),
        layers.Conv2D(2, 5, strides=2, padding="same", name="strided"),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise"),
        layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, name="separable"),
        layers.Conv2DTranspose(2, 3, padding="same", name="transposed"),
    ]
    pooled = [layers.GlobalAveragePooling2D()(branch(inputs)) for branch in branches]
    deep = layers.Conv2D(9, 3, padding="same", name="first")(inputs)
    inner = keras.Sequential([keras.Input((None, None, 9)), layers.Conv2D(2, 3, name="conv")], name="block")
    deepwise = layers.DepthwiseConv2D(3, name="deepwise")(deep)
    pooled += [layers.GlobalAveragePooling2D()(x) for x in (inner(deep), deepwise)]
    model = keras.Model(inputs, layers.Dense(2, name="head")(layers.Concatenate()(pooled)))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype(np.float32) for w in model.get_weights()])
    return model
