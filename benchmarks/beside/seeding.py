"""Random weights with which a network behaves as a trained one: finite, its channels alive and different."""

from __future__ import annotations

from typing import Any

import numpy as np

LOGIT_SPREAD = 4.0
"""Standard deviation over the classes: scores of masked images differ as those of a trained network do."""

CALIBRATION_PICTURES = 8


def smooth_pictures(shape: tuple[int, int, int], count: int, seed: int = 0) -> np.ndarray:
    """Seeded random pictures (count, H, W, c) float32 in [-1, 1]: 8 x 8 values, enlarged bilinearly."""
    import cv2

    height, width, channels = shape
    coarse = np.random.default_rng(seed).uniform(-1, 1, (count, 8, 8, channels)).astype(np.float32)
    return np.stack([cv2.resize(picture, (width, height)).reshape(shape) for picture in coarse])


def seed_weights(model: Any, seed: int = 0) -> None:
    """Give a model that was just built seeded weights, in place.

    Kernels are normal with variance 2 / fan-in (He et al. 2015), BatchNorm's scales and offsets vary around
    1 and 0, its statistics are those of a batch of smooth pictures, and the head is scaled such that the
    logits of these pictures spread by `LOGIT_SPREAD`. NumPy draws them, so that they do not depend on Keras.
    """
    rng = np.random.default_rng(seed)
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for layer in model.layers:
        if layer in norms:
            if layer.scale:
                layer.gamma.assign(rng.uniform(0.5, 1.5, layer.gamma.shape))
            if layer.center:
                layer.beta.assign(rng.normal(0, 0.3, layer.beta.shape))
        elif hasattr(layer, "kernel"):
            depthwise = "Depthwise" in type(layer).__name__
            fan_in = np.prod(layer.kernel.shape[: 2 if depthwise else -1])
            layer.kernel.assign(rng.normal(0, np.sqrt(2 / fan_in), layer.kernel.shape))
    pictures = smooth_pictures(model.input_shape[1:], CALIBRATION_PICTURES, seed + 1)
    _calibrate(model, norms, pictures)
    head = [layer for layer in model.layers if hasattr(layer, "kernel")][-1]
    spread = np.asarray(model(pictures, training=False)).std(axis=-1).mean()
    head.kernel.assign(head.kernel * (LOGIT_SPREAD / spread))


def _calibrate(model: Any, norms: list[Any], pictures: np.ndarray) -> None:
    """One pass in training mode without momentum leaves each BatchNorm with the statistics of the batch."""
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(pictures, training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
