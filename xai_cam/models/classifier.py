"""A model, fed as it was trained: files of pictures -> the scores of its classes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.errors import ImageError, ModelError, OutOfMemoryError
from xai_cam.files.threads import MAX_PIXELS, Reserve, prefetch, thread_count
from xai_cam.images.labels import check_labels, name_of
from xai_cam.images.picture import fit_picture, read_image
from xai_cam.models.devices import pick_device
from xai_cam.models.network import Network
from xai_cam.models.preprocessing import Preprocessing

log = logging.getLogger(__name__)

BATCH_SIZE = 32

NOT_FINITE = "the model's scores hold NaN or infinity: look at the weights and the input scaling"


@dataclass(frozen=True)
class Prediction:
    """What the model says of one image: `scores` (N,) of its classes and the class it chose.

    Scores are probabilities where the model gives them, else its outputs. `failure` says why there are none.
    """

    path: Path
    scores: np.ndarray
    predicted: int = -1
    failure: str = ""

    @property
    def margin(self) -> float:
        """How far the highest score lies above the second, in the scores' own unit."""
        second, first = np.partition(self.scores, -2)[-2:]
        return float(first - second)


def open_network(model: Any, size: tuple[int, int] | None, labels: Sequence[str] | None) -> Network:
    """A loaded model as a network that takes pictures.

    Raises
    ------
    ModelError
        It is no classifier, or takes neither grey nor RGB.
    InputError
        The labels are not one for each class.
    """
    network = Network(model, size)
    check_labels(labels, network.head.classes)
    channels = network.input_shape[-1]
    if channels not in (1, 3):
        raise ModelError(f"The model takes {channels} channels. Pictures have 1 (grey) or 3 (RGB).")
    return network


def describe_first(
    name: str,
    values: np.ndarray,
    preprocessing: Preprocessing,
    ranking: Sequence[tuple[int, float]],
    labels: Sequence[str] | None,
) -> str:
    """What the model was fed and what it said of the first image, so that a wrong scaling is seen."""
    order = preprocessing.channel_order if values.shape[-1] == 3 else "grey"
    best = ", ".join(f"{name_of(c, labels)} {p:.3g}" for c, p in ranking[:3])
    return (
        f"Preprocessing {preprocessing.name}, {order} ({preprocessing.reason}). First image {name}: "
        f"input {values.min():.3g} to {values.max():.3g}, predicted {best}."
    )


class Classifier:
    """Predicts many images in batches, compiled once.

    Parameters
    ----------
    network : Network
    preprocessing : Preprocessing
        How pixels are scaled.
    fit : str
        How a picture of another shape is brought to the input's.
    batch_size : int, optional
        Images in one model call; halved when the device runs out of memory.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    """

    def __init__(
        self,
        network: Network,
        preprocessing: Preprocessing,
        fit: str = "stretch",
        batch_size: int | None = None,
        device: str = "auto",
    ) -> None:
        self.network, self.preprocessing, self.fit = network, preprocessing, fit
        self.batch_size, self.device = batch_size or BATCH_SIZE, pick_device(device)

    def predict(self, paths: Iterable[Path]) -> Iterator[Prediction]:
        """Predictions in the order of the paths; an image that cannot be read says so in its own.

        Raises
        ------
        ModelError
            The model fails, whatever the image.
        """
        for batch, pixels in self.read_batches(paths):
            good = [values for values in pixels if not isinstance(values, str)]
            answers = iter(zip(*self.score(good, self.preprocessing), strict=True) if good else ())
            for path, values in zip(batch, pixels, strict=True):
                if isinstance(values, str):
                    yield Prediction(path, np.empty(0, np.float32), failure=values)
                    continue
                scores, predicted = next(answers)
                yield Prediction(
                    path, scores, int(predicted), "" if np.isfinite(scores).all() else NOT_FINITE
                )

    def read_batches(self, paths: Iterable[Path]) -> Iterator[tuple[list[Path], list[np.ndarray | str]]]:
        """Paths and what `read` makes of them, as many at a time as make one model call.

        The next ones are read while the caller deals with these.
        """
        height, width, channels = self.network.input_shape
        kept = 4 * height * width * channels // 3  # in pixels of 3 bytes

        def read(path: Path, hold: Reserve) -> tuple[Path, np.ndarray | str]:
            values = self.read(path, lambda pixels: hold(pixels + kept))
            hold(kept)
            return path, values

        with closing(prefetch(read, paths, thread_count(), self.batch_size, MAX_PIXELS)) as found:
            while batch := list(islice(found, self.batch_size)):
                yield [path for path, _ in batch], [values for _, values in batch]

    def describe_first(self, prediction: Prediction, labels: Sequence[str] | None) -> str:
        """What this image was to the model."""
        pixels = self.read(prediction.path)
        if isinstance(pixels, str):  # gone since
            return f"First image {prediction.path.name}: {pixels}."
        values = self.preprocessing.apply(pixels)
        best = np.argsort(-prediction.scores, kind="stable")
        ranking = [(int(c), float(prediction.scores[c])) for c in best[:3]]
        return describe_first(prediction.path.name, values, self.preprocessing, ranking, labels)

    def read(self, path: Path, admit: Callable[[int], None] = lambda pixels: None) -> np.ndarray | str:
        """(H, W, channels) pixels in [0, 255] as the model will see them, or why there are none.

        For `admit` see `read_image`.
        """
        height, width, channels = self.network.input_shape
        try:
            return fit_picture(read_image(path, admit), (height, width), channels, self.fit)[0]
        except (ImageError, OSError) as error:
            return error.message if isinstance(error, ImageError) else str(error)

    def score(
        self, pixels: Sequence[np.ndarray], preprocessing: Preprocessing
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n, N) float32 and predicted classes (n,) of pictures in [0, 255]."""
        import tensorflow as tf

        found = []
        waiting = list(pixels)
        while waiting:
            values = np.stack([preprocessing.apply(picture) for picture in waiting[: self.batch_size]])
            try:
                with tf.device(self.device):
                    found.append([answer.numpy() for answer in self._run(tf.constant(values))])
            except tf.errors.ResourceExhaustedError as error:
                self._halve_batch(error)
                continue
            except tf.errors.OpError as error:
                reason = " ".join(error.message.split())[:300]
                raise ModelError(
                    f"The model failed on these images: {reason}. Check `size` and the model."
                ) from error
            waiting = waiting[len(values) :]
        scores, predicted = zip(*found, strict=True)
        return np.concatenate(scores), np.concatenate(predicted)

    @cached_property
    def _run(self) -> Any:
        import tensorflow as tf

        def run(images: Any) -> tuple[Any, Any]:
            logits, output = self.network.run(images)
            has = self.network.head.has_probabilities
            scores = self.network.probabilities(logits, output) if has else output
            return scores, self.network.predicted(output)

        signature = [tf.TensorSpec((None, *self.network.input_shape), tf.float32)]
        return tf.function(run, signature, autograph=False)

    def _halve_batch(self, error: Exception) -> None:
        if self.batch_size == 1:
            raise OutOfMemoryError(
                'Out of memory with a single image. Use a smaller `size`, or `device="cpu"`.'
            ) from error
        self.batch_size //= 2
        log.warning(f"Out of memory: going on with {self.batch_size} images per model call.")
