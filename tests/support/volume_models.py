"""Small models of volumes and of films, and what their maps are by loops and a model cut by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from oracle import cams

layers = keras.layers


@dataclass(frozen=True)
class CutModel:
    """A model, and its two halves around the layer that is explained, called layer by layer.

    `front` gives the maps (n, d, h, w, k) of inputs, `back` the logits of maps; `layer` names the target.
    """

    model: Any
    layer: str
    front: Callable[[Any], Any]
    back: Callable[[Any], Any]

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Scores before the softmax, (n, classes)."""
        return np.asarray(self.back(self.front(tf.constant(inputs))))

    def gradients(self, inputs: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Maps of the layer, and the gradients of one logit with respect to them."""
        maps = self.front(tf.constant(inputs))
        with tf.GradientTape() as tape:
            tape.watch(maps)
            score = tf.reduce_sum(self.back(maps)[:, target])
        return np.asarray(maps), np.asarray(tape.gradient(score, maps))


def volumes_model() -> CutModel:
    """Two 3-D convolutions, and the mean over all places."""
    keras.utils.set_random_seed(5)
    first = layers.Conv3D(3, 2, activation="relu", name="first")
    target = layers.Conv3D(4, (2, 3, 2), strides=(1, 2, 1), padding="same", name="target")
    last = layers.Dense(3, activation="softmax")
    parts = [first, layers.MaxPool3D((1, 1, 2)), target]
    model = keras.Sequential([keras.Input((5, 7, 8, 2)), *parts, layers.GlobalAveragePooling3D(), last])

    def front(inputs: Any) -> Any:
        for part in parts:
            inputs = part(inputs)
        return inputs

    return CutModel(
        model, "target", front, lambda maps: tf.reduce_mean(maps, (1, 2, 3)) @ last.kernel + last.bias
    )


def films_model() -> CutModel:
    """A small network for each frame, whose inner convolution is explained, and a layer over all frames."""
    keras.utils.set_random_seed(7)
    conv, inner = layers.Conv2D(3, 3, activation="relu"), layers.Conv2D(4, 2, activation="tanh", name="inner")
    each = keras.Sequential([inner, layers.GlobalMaxPooling2D()], name="each")
    over, last = layers.GRU(5), layers.Dense(3, activation="softmax")
    frames = layers.TimeDistributed
    model = keras.Sequential([keras.Input((4, 7, 6, 1)), frames(conv), frames(each), over, last])

    def front(inputs: Any) -> Any:
        return tf.stack([inner(conv(inputs[:, t])) for t in range(4)], axis=1)

    def back(maps: Any) -> Any:
        each_frame = tf.stack([tf.reduce_max(maps[:, t], (1, 2)) for t in range(4)], axis=1)
        return over(each_frame) @ last.kernel + last.bias

    return CutModel(model, "inner", front, back)


def linear(values: np.ndarray, place: float) -> np.ndarray:
    """The values along the first axis at a place between them; beyond the ends those of the ends."""
    place = min(max(place, 0.0), len(values) - 1.0)
    low = min(int(place), max(len(values) - 2, 0))
    share = place - low
    return values[low] * (1 - share) + values[min(low + 1, len(values) - 1)] * share


def mask_of(cells: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """A channel (d, h, w) at `size`, trilinear with half-pixel centres, min-max scaled; place by place."""
    mask = np.zeros(size)
    for at in product(*map(range, size)):
        z, y, x = (
            (one + 0.5) * cell / side - 0.5 for one, cell, side in zip(at, cells.shape, size, strict=True)
        )
        mask[at] = linear(linear(linear(cells, z), y), x)
    return (mask - mask.min()) / (mask.max() - mask.min())


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _alone(cut: CutModel, maps: np.ndarray, target: int, near: tuple[float, ...]) -> np.ndarray:
    """Probabilities (d, h, w) with one place alone; `near`: what is left of it and beside it."""
    found = np.zeros(maps.shape[1:4])
    for at in product(*map(range, found.shape)):
        kept = np.zeros_like(maps)
        for other in product(*map(range, found.shape)):
            away = [abs(one - two) for one, two in zip(at, other, strict=True)]
            if max(away) < len(near):
                kept[(0, *other)] = maps[(0, *other)] * np.prod([near[one] for one in away])
        found[at] = softmax(np.asarray(cut.back(tf.constant(kept))))[0, target]
    return found


def maps_by_hand(cut: CutModel, inputs: np.ndarray, target: int) -> dict[str, np.ndarray]:
    """The map (d, h, w) of one input (1, D, H, W, c) by every method, as the papers' loops have it."""
    maps, gradients = cut.gradients(inputs, target)
    a, g = maps[0].astype(np.float64), gradients[0].astype(np.float64)
    size, channels = inputs.shape[1:4], range(a.shape[-1])
    masked = [inputs * mask_of(a[..., k], size)[None, ..., None].astype(np.float32) for k in channels]
    behind = np.concatenate([cut.logits(one) for one in masked])
    ablated = []
    for k in channels:
        without = maps.copy()
        without[..., k] = 0
        ablated.append(np.asarray(cut.back(tf.constant(without)))[0, target])

    def places(values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, values.shape[-2], values.shape[-1])  # the loops run over places, one by one

    score = float(cut.logits(inputs)[0, target])
    found = {name: method(places(a), places(g)) for name, method in cams.GRADIENT_METHODS.items()}
    found["score-cam"] = cams.score_cam(places(a), behind[:, target])
    found["score-cam-official"] = cams.score_cam_official(places(a), softmax(behind)[:, target])
    found["ablation-cam"] = cams.ablation_cam(places(a), np.array(ablated), score)
    found["eigen-cam"] = cams.eigen_cam(places(a))
    for name, near in (("recipro-cam", (1.0,)), ("recipro-cam-spread", (1 / 2, 1 / 4))):
        found[name] = cams.recipro_cam(_alone(cut, maps, target, near))
    return {name: one.reshape(a.shape[:-1]) for name, one in found.items()}
