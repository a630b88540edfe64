"""Many images in batches: preprocessed arrays -> the scores of the model's classes, by any engine."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing
from xai_cam.errors import OutOfMemoryError
from xai_cam.models.classifier import BATCH_SIZE
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import WHOLE

log = logging.getLogger(__name__)


class Classifier:
    """Scores many images in batches, compiled once.

    Parameters
    ----------
    network : NetworkFacts
    computing : Computing, optional
        The engine and its settings; its `batch_size` are images in one model call, halved when the device
        runs out of memory. A model that is limited to a batch size has its own. Scores are in f32.
    """

    def __init__(self, network: NetworkFacts, computing: Computing | None = None) -> None:
        self.network, self.computing = network, replace(computing or Computing(), precision="f32")
        self.engine = make_engine(self.computing, network, WHOLE)
        self.batch_size = network.batch_size or self.engine.at_most(self.computing.batch_size or BATCH_SIZE)

    def score(self, images: Sequence[np.ndarray] | Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n, N) float32 and predicted classes (n,) of images (H, W, c) as the model takes them.

        Of a model of several inputs these are `Inputs`.

        Raises
        ------
        ModelError
            The model fails, whatever the image.
        OutOfMemoryError
            The device cannot hold a single image.
        """
        found, done, behind = [], 0, self.computing.ahead.images
        while done < len(images):
            some = images[done : done + self.batch_size]
            left = len(images) - done - len(some)
            self.computing.ahead.images = None if behind is None else behind + left
            try:
                given = some if isinstance(some, Inputs) else Inputs(np.stack(some))
                found.append(self.engine.predictions(given))
            except OutOfMemoryError as error:
                self._halve_batch(error)
                continue
            done += len(some)
        scores, predicted = zip(*found, strict=True)
        return np.concatenate(scores), np.concatenate(predicted)

    def _halve_batch(self, error: Exception) -> None:
        if self.batch_size in (1, self.network.batch_size):
            fixed = f"{self.batch_size} images, the batch size that is fixed in the model"
            images = "a single image" if self.batch_size == 1 else fixed
            raise OutOfMemoryError(
                f'Out of memory with {images}. Use a smaller `size`, or `device="cpu"`.'
            ) from error
        self.batch_size //= 2
        log.warning(f"Out of memory: continuing with {self.batch_size} images per model call.")
