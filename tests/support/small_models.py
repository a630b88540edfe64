"""Small models that tests build and save, and the folders of real ones beside the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import ROOT

SHARED = ROOT.parent / "shared"


def shared(part: str) -> Path:
    """A folder of real models or images beside the project; the test is skipped where there is none."""
    path = SHARED / part
    if not path.exists():
        pytest.skip(f"needs {part} in a folder `shared` beside the project")
    return path


def save_model(model: Any, folder: Path, name: str = "model") -> tuple[Path, Path]:
    """Write `model` as architecture JSON and Keras 3 weights; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    architecture, weights = folder / f"{name}.json", folder / f"{name}.weights.h5"
    architecture.write_text(model.to_json(), encoding="utf-8")
    model.save_weights(weights)
    return architecture, weights


def build_tiny(units: int = 3, activation: str | None = "softmax", channels: int = 3, seed: int = 0) -> Any:
    """A functional model of two convolutions, 16 x 16 input, with seeded weights that tell classes apart."""
    import keras

    inputs = keras.Input((16, 16, channels))
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv_1")(inputs)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_2")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    outputs = keras.layers.Dense(units, activation=activation, name="head")(x)
    model = keras.Model(inputs, outputs, name="tiny")
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


def build_held(seed: int = 3) -> Any:
    """A functional model of an image (16, 16, 3) and a number `age`, which sways the classes."""
    import keras

    image, age = keras.Input((16, 16, 3), name="image"), keras.Input((1,), name="age")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv_1")(image)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    x = keras.layers.Dense(5, activation="tanh")(keras.layers.Concatenate()([x, age]))
    model = keras.Model([image, age], keras.layers.Dense(3, activation="softmax", name="head")(x))
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    return model
