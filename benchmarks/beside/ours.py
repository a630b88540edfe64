"""xai-cam by one of its engines."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from beside.networks import Case

WARM_CHANNELS = 64


class Ours:
    """An `Explainer` that is made once; all images in one call.

    Score-CAM is taken by both of its definitions, which rest on the same masked forwards: the paper's, a
    softmax over the channels' logits, and that of the authors' code, the probabilities themselves. Maps are
    enlarged to the input's size, as most other libraries do.
    """

    def __init__(self, case: Case, method: str, batch: int, option: str) -> None:
        # A cache that is empty, so that memory is what a first run takes.
        os.environ["XDG_CACHE_HOME"] = str(Path(case.folder).resolve() / "cache" / option)
        import keras

        from xai_cam import Explainer

        engine, _, precision = option.partition(" ")
        computing = {"engine": engine, "precision": precision or "f32"}
        self.explainer = Explainer(keras.models.load_model(case.model), case.layer, **computing)
        self.methods = ["score-cam", "score-cam-official"] if method == "score-cam" else [method]
        self.class_index = case.class_index

    def warm_up(self, images: np.ndarray) -> None:
        from xai_cam.cam.channel_limits import ChannelLimits

        exact = self.explainer.settings
        self.explainer.settings = replace(exact, limits=ChannelLimits(WARM_CHANNELS, channels_by="spread"))
        self.explain(images)
        self.explainer.settings = exact

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        found = self.explainer.explain(images, self.methods, (self.class_index,))
        width, height = images.shape[2], images.shape[1]
        return {
            method: np.stack([cv2.resize(maps[i].cam, (width, height)) for maps in found])
            for i, method in enumerate(self.methods)
        }
