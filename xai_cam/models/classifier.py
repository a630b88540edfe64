"""A model as a classifier: preprocessed arrays -> the scores of its classes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.errors import OutOfMemoryError
from xai_cam.models.batches import fill
from xai_cam.models.devices import pick_device, running_on
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.held_inputs import fed_as
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import network_of
from xai_cam.models.output.model_output import named_by

log = logging.getLogger(__name__)

BATCH_SIZE = 32

NOT_FINITE = "the model's scores hold NaN or infinity: check the weights and the input scaling"


@dataclass(frozen=True)
class Prediction:
    """The model's answer for one image: `scores` (N,) of its classes and the class it chose.

    Scores are probabilities where the model gives them, else its outputs; of a regression these are its
    values, and `predicted` is 0. `span` is the lowest and the highest number that it was fed.
    """

    scores: np.ndarray
    predicted: int
    span: tuple[float, float] = (0.0, 0.0)

    @property
    def margin(self) -> float:
        """How far the highest score lies above the second, in the scores' own unit."""
        second, first = np.partition(self.scores, -2)[-2:]
        return float(first - second)

    @property
    def ranking(self) -> list[tuple[int, float]]:
        """The first three classes with their scores, highest first."""
        best = np.argsort(-self.scores, kind="stable")[:3]
        return [(int(c), float(self.scores[c])) for c in best]


def open_network(
    model: Any,
    size: tuple[int, ...] | None,
    labels: Sequence[str] | None,
    head: str = "auto",
    reshape: tuple[int, ...] | None = None,
    call: int | None = None,
    batch_size: int | None = None,
    outputs: Sequence[str | int] = (),
    image_input: str | None = None,
    held: Sequence[str] = (),
) -> NetworkFacts:
    """A loaded model as a network that takes pictures, so many at a time.

    Raises
    ------
    ModelError
        It is no classifier.
    InputError
        The labels are not one for each class, or the model cannot have such a head.
    """
    options = NetworkOptions(size, head, reshape, call, batch_size, outputs, image_input, held)
    network = network_of(model, options)
    named = named_by(network.outputs, labels)
    if named is not None and named.head is not None:
        named.head.check_labels(labels)
    return network


class Classifier:
    """Scores many images in batches, compiled once.

    Parameters
    ----------
    network : NetworkFacts
    batch_size : int, optional
        Images in one model call; halved when the device runs out of memory. A model that is limited to a
        batch size has its own.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    """

    def __init__(self, network: NetworkFacts, batch_size: int | None = None, device: str = "auto") -> None:
        self.network = network
        self.batch_size = network.batch_size or network.at_most(batch_size or BATCH_SIZE)
        self.device = pick_device(device)

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
        found, done = [], 0
        while done < len(images):
            some = images[done : done + self.batch_size]
            try:
                found.append(self._answers(some if isinstance(some, Inputs) else Inputs(np.stack(some))))
            except OutOfMemoryError as error:
                self._halve_batch(error)
                continue
            done += len(some)
        scores, predicted = zip(*found, strict=True)
        return np.concatenate(scores), np.concatenate(predicted)

    def _answers(self, inputs: Inputs) -> list[np.ndarray]:
        """Scores and predicted classes of one batch."""
        import tensorflow as tf

        with running_on(self.device, "Use a smaller `batch_size`", self.network.extras):
            given = [fill(one, self.network.batch_size) for one in (inputs.images, *inputs.extras)]
            return [answer.numpy()[: len(inputs)] for answer in self._run(*map(tf.constant, given))]

    @cached_property
    def _run(self) -> Any:
        import tensorflow as tf

        def run(images: Any, *extras: Any) -> tuple[Any, Any]:
            table, head = self.network.live().run(images, extras=extras).table(), self.network.head
            known = head.has_probabilities and not head.is_segmentation
            return table.probabilities if known else table.output, table.predicted

        signature = [tf.TensorSpec((None, *self.network.input_shape), tf.float32)]
        signature += [tf.TensorSpec((None, *one.shape), fed_as(one.dtype)) for one in self.network.extras]
        return tf.function(run, signature, autograph=False)

    def _halve_batch(self, error: Exception) -> None:
        if self.batch_size in (1, self.network.batch_size):
            fixed = f"{self.batch_size} images, the batch size that is fixed in the model"
            images = "a single image" if self.batch_size == 1 else fixed
            raise OutOfMemoryError(
                f'Out of memory with {images}. Use a smaller `size`, or `device="cpu"`.'
            ) from error
        self.batch_size //= 2
        log.warning(f"Out of memory: continuing with {self.batch_size} images per model call.")
