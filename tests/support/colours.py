"""A model that judges the mean colour of a picture: its answers are worked out here without Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE = 8
NAMES = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay", "koi", "lynx"]
"""Of the classes, as many as there are."""


def weights(classes: int, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """(channels, units) and (units,): every class has a colour that it likes, all are indifferent to grey."""
    kernel = np.random.default_rng(classes).normal(0, 6, (channels, classes)).astype(np.float32)
    return kernel, -kernel.sum(axis=0) / 2


def build(units: int = 3, activation: str | None = "softmax", channels: int = 3) -> Any:
    """The model, with a convolution that changes nothing, so that it can be explained."""
    import keras

    inputs = keras.Input((SIDE, SIDE, channels))
    x = keras.layers.Conv2D(channels, 1, name="conv")(inputs)
    outputs = keras.layers.Dense(units, activation, name="head")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    same = np.eye(channels, dtype=np.float32)[None, None]
    model.set_weights([same, np.zeros(channels), *weights(units, channels)])
    return model


def answer(
    path: Path, units: int = 3, activation: str | None = "softmax", channels: int = 3, scale: float = 255
) -> tuple[list[float], int]:
    """Scores of the classes and the class predicted for a picture that was fed divided by `scale`."""
    pixels = np.asarray(Image.open(path).convert("RGB" if channels == 3 else "L"), float) / scale
    kernel, bias = (w.astype(float) for w in weights(units, channels))
    z = pixels.reshape(-1, channels).mean(axis=0) @ kernel + bias
    if units == 1:
        z = np.array([-z[0], z[0]])
        scores = z if activation == "relu" else 1 / (1 + np.exp(-z))
        return scores.tolist(), int(z[1] >= 0)
    if activation == "sigmoid":
        scores = 1 / (1 + np.exp(-z))
    elif activation == "relu":
        scores = np.maximum(z, 0)
    else:
        scores = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    return scores.tolist(), int(np.argmax(scores if activation == "relu" else z))


def paint(path: Path, seed: int) -> Path:
    """A picture of one seeded colour with some noise, of the model's own size."""
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(20, 235, 3) + rng.normal(0, 10, (SIDE, SIDE, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def paint_folders(top: Path, classes: int, each: int = 6, **options: Any) -> dict[Path, int]:
    """Pictures in folders of classes, most of them where the model would put them -> their classes."""
    truth = {}
    for seed in range(classes * each):
        path = paint(top / "new.png", seed)
        said = answer(path, **options)[1]
        actual = said if seed % 3 else seed % classes
        moved = top / NAMES[actual] / f"{seed:02}.png"
        moved.parent.mkdir(exist_ok=True)
        truth[path.rename(moved)] = actual
    return dict(sorted(truth.items()))


def mistakes(top: Path) -> list[Path]:
    """The pictures in folders of classes that the model of three classes gets wrong."""
    truths = {path: NAMES.index(path.parent.name) for path in sorted(top.rglob("*.png"))}
    return [path for path, truth in truths.items() if answer(path)[1] != truth]
