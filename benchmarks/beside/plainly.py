"""Score-CAM written out plainly, with masks enlarged with aligned corners: what other libraries mean by it.

It says whether a map that differs from ours does so for its masks alone. It is not timed.
"""

from __future__ import annotations

import numpy as np

from beside.floors import TensorFlowForward
from beside.networks import Case


def enlarged(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Maps (k, h, w) -> (k, height, width), bilinearly; the corners of both are the same points."""
    for axis, size in ((1, height), (2, width)):
        where = np.linspace(0, maps.shape[axis] - 1, size)
        low = np.floor(where).astype(int)
        share = (where - low).reshape((-1, 1) if axis == 1 else (1, -1))
        high = np.minimum(low + 1, maps.shape[axis] - 1)
        maps = maps.take(low, axis) * (1 - share) + maps.take(high, axis) * share
    return maps


def softmax(values: np.ndarray, axis: int) -> np.ndarray:
    exps = np.exp(values - values.max(axis, keepdims=True))
    return exps / exps.sum(axis, keepdims=True)


class AlignedCorners(TensorFlowForward):
    """Maps of the first image by both definitions."""

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        super().__init__(case)
        self.batch, self.class_index = batch, case.class_index
        self.activations = case.checked()[1][0]

    def warm_up(self, images: np.ndarray) -> None:
        return

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        image, maps = images[0], np.moveaxis(self.activations, -1, 0)
        logits = []
        for start in range(0, len(maps), self.batch):
            masks = enlarged(maps[start : start + self.batch].astype(np.float64), *image.shape[:2])
            low, high = masks.min((1, 2), keepdims=True), masks.max((1, 2), keepdims=True)
            masks = (masks - low) / np.where(high > low, high - low, 1)
            logits.append(self.run((masks[..., None] * image).astype(np.float32)).numpy())
        scores = np.concatenate(logits).astype(np.float64)
        live = maps.max((1, 2)) > maps.min((1, 2))
        of_class = np.where(live, scores[:, self.class_index], -np.inf)
        weights = {
            "score-cam": softmax(of_class, 0),
            "score-cam-official": softmax(scores, 1)[:, self.class_index] * live,
        }
        return {name: np.maximum(np.tensordot(w, maps, 1), 0)[None] for name, w in weights.items()}
