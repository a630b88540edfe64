"""Scores of images of which a part is covered or dimmed, of all classes from the same passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xai_cam.cam.engines.perturbed import DIMMED, Perturbed
from xai_cam.cam.engines.questions import Engine, riding
from xai_cam.cam.evidence import BatchEvidence
from xai_cam.cam.methods import Evidence
from xai_cam.cam.occlusion import Occluded, covered
from xai_cam.cam.random_masks import RandomMasks, Sampled
from xai_cam.cam.sampling import Sampling
from xai_cam.models.input.inputs import as_inputs

EXCHANGED = 1
"""In place of a step: where the plane is 1, a pixel is that of the second picture."""


@dataclass(frozen=True)
class MaskedRows:
    """Rows of a `Perturbed`, made when they are needed: each of `count` planes of each image, by one step."""

    images: int
    count: int
    step: int

    def __len__(self) -> int:
        return self.images * self.count

    def __getitem__(self, part: slice) -> np.ndarray:
        image, mask = np.divmod(np.arange(*part.indices(len(self))), self.count)
        second = 2 * image + (self.step == EXCHANGED)  # its cover
        columns = [image, 2 * image, second, mask, np.full_like(image, self.step)]
        return np.stack(columns, axis=1).astype(np.int32)


class MaskedInputs:
    """Scores of a batch's images with patches covered, or under random masks: no layer is asked about.

    Both go to the engine as rows of numbers; it makes the inputs a chunk at a time.

    Parameters
    ----------
    batch : BatchEvidence
    engine : Engine
    sampling : Sampling
        What is covered, and how many masks there are.
    """

    def __init__(self, batch: BatchEvidence, engine: Engine, sampling: Sampling) -> None:
        self._batch, self._engine = batch, engine
        self._images = as_inputs(batch.images).images
        self._sampling, self._size = sampling, self._images.shape[1:-1]
        self._found: dict[tuple[Evidence, str], np.ndarray] = {}

    def occluded(self, column: int, score: str) -> Occluded:
        """Scores of one column of classes, as the images are and with each patch covered."""
        patches, before = self._sampling.patches(self._size), self._batch.class_scores(column, score)
        found = self._scores(Evidence.OCCLUDED_SCORES, score, len(patches), patches.plane)
        return Occluded(before, found[..., column], patches)

    def sampled(self, column: int, score: str, usual: int) -> Sampled:
        """Scores of one column of classes under each random mask, as many as is `usual` or asked for."""
        masks = RandomMasks(self._size, self._sampling.samples or usual, self._sampling.seed)
        found = self._scores(Evidence.SAMPLED_SCORES, score, len(masks), masks.plane)
        return Sampled(found[..., column], masks, centred=score != "probability")

    def _scores(
        self, kind: Evidence, score: str, count: int, plane: Callable[[int], np.ndarray]
    ) -> np.ndarray:
        """(n, count, m) scores of all columns, from one set of passes."""
        if (kind, score) not in self._found:
            images = self._images
            number, step = len(images), EXCHANGED if kind is Evidence.OCCLUDED_SCORES else DIMMED
            beside = riding(self._batch.images, self._batch.forward)
            asked = Perturbed(
                MaskedRows(number, count, step),
                self._picture,
                plane,
                self._batch.classes.astype(np.int32),
                [tuple(one[i] for one in beside) for i in range(number)],
                score,
                kind.value,
            )
            found = self._engine.perturbed_scores(asked)
            self._found[kind, score] = found.reshape(number, count, -1)
        return self._found[kind, score]

    def _picture(self, number: int) -> np.ndarray:
        """An image, or what covers it."""
        image, is_cover = divmod(number, 2)
        return covered(self._images[image]) if is_cover else self._images[image]
