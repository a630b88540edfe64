"""A training that takes a second: pictures of noise with a bright corner that tells the class."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(3)
Y = np.arange(24) % 2
X = RNG.random((24, 16, 16, 3)).astype(np.float32) / 2
X[Y == 1, :6, :6] += 0.5
X[Y == 0, 10:, 10:] += 0.5


def build(policy: str = "float32", eager: bool = True) -> Any:
    """A model with all that behaves differently while it trains: dropout, batch normalisation.

    Of a training this short, making the graph takes most of the time.
    """
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv_1", dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.Dropout(0.3, dtype=policy),
            layers.Conv2D(6, 3, activation="relu", name="conv_2", dtype=policy),
            layers.GlobalAveragePooling2D(dtype=policy),
            layers.Dropout(0.3, dtype=policy),
            layers.Dense(2, activation="softmax", dtype="float32"),
        ]
    )
    return compiled(model, eager)


def compiled(model: Any, eager: bool = True) -> Any:
    """The model, ready for `train`."""
    import keras

    loss, optimizer = "sparse_categorical_crossentropy", keras.optimizers.Adam(0.01)
    model.compile(optimizer, loss, metrics=["accuracy"], run_eagerly=eager)
    return model


def train(model: Any, callbacks: list[Any], epochs: int = 2, first: int = 0) -> Any:
    """Train from a seed; what `fit` returns."""
    import keras

    keras.utils.set_random_seed(5)
    options = {"epochs": epochs, "initial_epoch": first, "batch_size": 8, "verbose": 0}
    return model.fit(X, Y, callbacks=callbacks, **options)
