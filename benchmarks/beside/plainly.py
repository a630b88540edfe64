"""Score-CAM written out plainly, with the masks of other libraries.

It says whether a map that differs from ours does so for its masks alone. It is not timed. Ours are enlarged
with half-pixel centres and then scaled to [0, 1].
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from beside.floors import TensorFlowForward
from beside.networks import Case


def enlarged(maps: np.ndarray, height: int, width: int, corners: bool = True) -> np.ndarray:
    """Maps (k, h, w) -> (k, height, width), bilinearly.

    Either the corners of both are the same points, or the borders are and values stand at pixels' centres.
    """
    for axis, size in ((1, height), (2, width)):
        length = maps.shape[axis]
        where = np.linspace(0, length - 1, size)
        if not corners:
            where = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
        low = np.floor(where).astype(int)
        share = (where - low).reshape((-1, 1) if axis == 1 else (1, -1))
        high = np.minimum(low + 1, length - 1)
        maps = maps.take(low, axis) * (1 - share) + maps.take(high, axis) * share
    return maps


def softmax(values: np.ndarray, axis: int) -> np.ndarray:
    exps = np.exp(values - values.max(axis, keepdims=True))
    return exps / exps.sum(axis, keepdims=True)


def scaled(masks: np.ndarray) -> np.ndarray:
    """Each of the masks (k, ., .) to [0, 1]; constant ones to 0."""
    low, high = masks.min((1, 2), keepdims=True), masks.max((1, 2), keepdims=True)
    return (masks - low) / np.where(high > low, high - low, 1)


class TheirMasks(TensorFlowForward, ABC):
    """Maps of the first image by both definitions, with masks as `masks` makes them."""

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        super().__init__(case)
        self.batch, self.class_index = batch, case.class_index
        self.activations = case.checked()[1][0]

    def warm_up(self, images: np.ndarray) -> None:
        return

    @abstractmethod
    def masks(self, maps: np.ndarray, height: int, width: int) -> np.ndarray:
        """(k, h, w) maps -> (k, height, width) masks in [0, 1]."""

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        image, maps = images[0], np.moveaxis(self.activations, -1, 0)
        logits = []
        for start in range(0, len(maps), self.batch):
            masks = self.masks(maps[start : start + self.batch].astype(np.float64), *image.shape[:2])
            logits.append(self.run((masks[..., None] * image).astype(np.float32)).numpy())
        scores = np.concatenate(logits).astype(np.float64)
        live = maps.max((1, 2)) > maps.min((1, 2))
        of_class = np.where(live, scores[:, self.class_index], -np.inf)
        weights = {
            "score-cam": softmax(of_class, 0),
            "score-cam-official": softmax(scores, 1)[:, self.class_index] * live,
        }
        return {name: np.maximum(np.tensordot(w, maps, 1), 0)[None] for name, w in weights.items()}


class AlignedCorners(TheirMasks):
    """Enlarged with aligned corners, then scaled."""

    def masks(self, maps: np.ndarray, height: int, width: int) -> np.ndarray:
        return scaled(enlarged(maps, height, width))


class ScaledFirst(TheirMasks):
    """Scaled on the layer's grid, then enlarged with half-pixel centres; they need not reach 0 and 1."""

    def masks(self, maps: np.ndarray, height: int, width: int) -> np.ndarray:
        return enlarged(scaled(maps), height, width, corners=False)
