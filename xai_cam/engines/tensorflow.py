"""The TensorFlow engine: one compiled function a question, one trace each, on CPU or GPU."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.engines import PREDICTED, ChannelScores, Forward, ranked
from xai_cam.engines.devices import pick_device, running_on
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.interpolation import interpolation_matrix
from xai_cam.network import LayerInfo, Network

log = logging.getLogger(__name__)

CHUNK_SIZES = (16, 64)
"""The smallest and the largest chunk that `auto` takes on a CPU; a GPU takes four times as many."""

CHUNK_PIXELS = 16 * 224 * 224
"""Pixels of a chunk between those: small inputs are faster in larger chunks."""


class TensorFlowEngine:
    """Answers an engine's questions by calling the Keras model inside `tf.function`.

    Parameters
    ----------
    network : Network
    target_layer : LayerInfo
        A layer of that network.
    chunk_size : int, optional
        Masked or altered inputs in one model call; halved when the device runs out of memory.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    """

    def __init__(
        self, network: Network, target_layer: LayerInfo, chunk_size: int | None = None, device: str = "auto"
    ) -> None:
        self.network = network
        self.target_layer = target_layer
        self.device = pick_device(device)
        self.chunk_size = chunk_size or self._auto_chunk()
        images = tf.TensorSpec((None, *network.input_shape), tf.float32)
        classes = tf.TensorSpec((None,), tf.int32)
        self._forward = tf.function(self._trace_forward, [images], autograph=False)
        self._gradients: dict[tuple[str, int], Any] = {}
        maps = tf.TensorSpec((None, None, None, None), tf.float32)
        pairs, wanted = tf.TensorSpec((None, 2), tf.int32), tf.TensorSpec((None, None), tf.int32)
        rows = tf.TensorSpec((network.input_shape[0], None), tf.float32)
        columns = tf.TensorSpec((None, network.input_shape[1]), tf.float32)
        self._masked = tf.function(
            self._trace_masked, [images, maps, rows, columns, pairs, wanted], autograph=False
        )
        self._ablated = tf.function(self._trace_ablated, [images, maps, pairs, wanted], autograph=False)
        self._scored = tf.function(self._trace_scored, [images, classes], autograph=False)

    def _auto_chunk(self) -> int:
        height, width, _ = self.network.input_shape
        size = min(max(CHUNK_PIXELS // (height * width), CHUNK_SIZES[0]), CHUNK_SIZES[1])
        return size * 4 if "GPU" in self.device else size

    # --- The questions -------------------------------------------------------------------------------

    def forward(self, images: np.ndarray) -> Forward:
        """Activations and scores of (n, H, W, c) images."""
        with self._running():
            return _as_forward(self._forward(tf.constant(images)))

    def gradients(self, images: np.ndarray, classes: np.ndarray, score: str) -> tuple[Forward, np.ndarray]:
        """The same in one pass with the gradients of the scores of each image's classes."""
        compiled = self._gradient_function(score, classes.shape[1])
        with self._running():
            *forward, gradients = compiled(tf.constant(images), tf.constant(classes, tf.int32))
        return _as_forward(forward), gradients.numpy()

    def _gradient_function(self, score: str, count: int) -> Any:
        """Compiled for so many classes of an image."""
        if (score, count) not in self._gradients:
            images = tf.TensorSpec((None, *self.network.input_shape), tf.float32)
            classes = tf.TensorSpec((None, count), tf.int32)
            trace = self._trace_gradients(score, count)
            self._gradients[score, count] = tf.function(trace, [images, classes], autograph=False)
        return self._gradients[score, count]

    def masked_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores for every (image, channel) pair of the batch, in padded chunks of one size.

        A mask is the channel resized to the input (bilinear, half-pixel centres), min-max scaled to
        [0, 1]; it multiplies the preprocessed input. Nothing larger than a chunk of inputs is held.
        """
        _, h, w, _ = activations.shape
        height, width, _ = self.network.input_shape
        with self._running():
            return self._score_channels(
                self._masked,
                channels,
                classes,
                tf.constant(images),
                tf.constant(np.ascontiguousarray(activations.transpose(0, 3, 1, 2))),
                tf.constant(interpolation_matrix(height, h)[0]),
                tf.constant(interpolation_matrix(width, w)[0].T),
            )

    def ablated_scores(
        self, images: np.ndarray, activations: np.ndarray, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores with one channel of the layer's output set to 0, in padded chunks of one size.

        Of the compiled call only what follows the layer is left, and what leads past it.
        """
        with self._running():
            given = tf.constant(images), tf.constant(activations)
            return self._score_channels(self._ablated, channels, classes, *given)

    def _score_channels(
        self, compiled: Any, channels: np.ndarray, classes: np.ndarray, *given: Any
    ) -> ChannelScores:
        """Walk over the (image, channel) pairs of a batch."""
        pairs, wanted = np.argwhere(channels).astype(np.int32), tf.constant(classes, tf.int32)
        scores = np.full((2, *channels.shape, classes.shape[1]), np.nan, np.float32)
        done = 0
        while done < len(pairs):
            chunk = pairs[done : done + self.chunk_size]
            padded = tf.constant(np.resize(chunk, (self.chunk_size, 2)))
            try:
                found = compiled(*given, padded, wanted).numpy()
            except tf.errors.ResourceExhaustedError:
                self._halve_chunk()
                continue
            scores[:, chunk[:, 0], chunk[:, 1]] = found[:, : len(chunk)]
            done += len(chunk)
        return ChannelScores(*scores.transpose(0, 1, 3, 2))

    def probabilities(self, pairs: Iterable[tuple[np.ndarray, int]]) -> np.ndarray:
        """Probabilities (count,) of inputs (H, W, c), each of its class, in padded chunks of one size."""
        source, waiting, found = iter(pairs), list[tuple[np.ndarray, int]](), [np.empty(0, np.float32)]
        with self._running():
            while True:
                waiting += islice(source, max(self.chunk_size - len(waiting), 0))
                if not waiting:
                    return np.concatenate(found)
                chunk = waiting[: self.chunk_size]
                padded = [*chunk, *[chunk[0]] * (self.chunk_size - len(chunk))]
                inputs, classes = zip(*padded, strict=True)
                try:
                    answer = self._scored(
                        tf.constant(np.stack(inputs)), tf.constant(classes, tf.int32)
                    ).numpy()
                except tf.errors.ResourceExhaustedError:
                    self._halve_chunk()
                    continue
                found.append(answer[: len(chunk)])
                del waiting[: len(chunk)]

    def _running(self) -> AbstractContextManager[None]:
        return running_on(self.device, "Use a smaller --batch-size, or --device cpu")

    def _halve_chunk(self) -> None:
        if self.chunk_size == 1:
            raise OutOfMemoryError(
                "Out of memory with a single masked input. Use a smaller --size, or --device cpu."
            )
        self.chunk_size //= 2
        log.warning(f"Out of memory: going on with {self.chunk_size} masked inputs per model call.")

    # --- What is compiled ----------------------------------------------------------------------------

    def _trace_forward(self, images: Any) -> tuple[Any, ...]:
        activations: list[Any] = []
        logits, output = self.network.run(images, self.target_layer, _collect(activations))
        return self._answers(_last(activations, self.target_layer), logits, output)

    def _trace_gradients(self, score: str, count: int) -> Callable[[Any, Any], tuple[Any, ...]]:
        def trace(images: Any, classes: Any) -> tuple[Any, ...]:
            activations: list[Any] = []
            # Watching the layer's output alone keeps everything before it off the tape.
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                logits, output = self.network.run(images, self.target_layer, _collect(activations, tape))
                answers = self._answers(_last(activations, self.target_layer), logits, output)
                targets = _indices(classes, output, answers[-1])
                scores = logits if score == "logit" else answers[2]
                chosen = [tf.gather(scores, targets[:, i], axis=1, batch_dims=1) for i in range(count)]
            gradients = [tape.gradient(one, activations[-1]) for one in chosen]
            if gradients[0] is None:
                path = self.target_layer.path
                raise ModelError(f"Layer {path!r} has no influence on the model's output. Name another.")
            return *answers, tf.cast(tf.stack(gradients), tf.float32)

        return trace

    def _trace_masked(
        self, images: Any, channels: Any, rows: Any, columns: Any, pairs: Any, classes: Any
    ) -> Any:
        height, width, depth = self.network.input_shape
        maps = tf.gather_nd(channels, pairs)
        masks = rows @ maps @ columns
        low = tf.reduce_min(masks, axis=(1, 2), keepdims=True)
        high = tf.reduce_max(masks, axis=(1, 2), keepdims=True)
        # Interpolation weights sum to 1, so that scaling the small maps scales the masks alike; repeating
        # the columns lays the masks out as the images are, which spares a slow broadcast.
        scaled = tf.math.divide_no_nan(maps - low, high - low)
        masks = tf.reshape(rows @ scaled @ tf.repeat(columns, depth, axis=1), (-1, height, width, depth))
        return self._both_scores(
            *self.network.run(tf.gather(images, pairs[:, 0]) * masks), tf.gather(classes, pairs[:, 0])
        )

    def _trace_ablated(self, images: Any, activations: Any, pairs: Any, classes: Any) -> Any:
        ablated = tf.one_hot(pairs[:, 1], tf.shape(activations)[3], True, False, dtype=tf.bool)
        kept = tf.where(ablated[:, None, None, :], 0.0, tf.gather(activations, pairs[:, 0]))
        calls: list[Any] = []

        def replace(layer: Any, output: Any) -> Any:
            calls.append(layer)
            if len(calls) < self.target_layer.times:
                return output
            return tf.cast(tf.ensure_shape(kept, output.shape), output.dtype)

        found = self.network.run(tf.gather(images, pairs[:, 0]), self.target_layer, replace)
        return self._both_scores(*found, tf.gather(classes, pairs[:, 0]))

    def _trace_scored(self, images: Any, classes: Any) -> Any:
        probabilities = self._probabilities(*self.network.run(images))
        return tf.gather(probabilities, classes, axis=1, batch_dims=1)

    def _both_scores(self, logits: Any, output: Any, classes: Any) -> Any:
        """Logits and probabilities of classes (b, m), as one tensor (2, b, m)."""
        both = logits, self._probabilities(logits, output)
        return tf.stack([tf.gather(scores, classes, axis=1, batch_dims=1) for scores in both])

    def _answers(self, activations: Any, logits: Any, output: Any) -> tuple[Any, ...]:
        probabilities = self._probabilities(logits, output)
        predicted = self.network.predicted(output)
        return tf.cast(activations, tf.float32), logits, probabilities, output, predicted

    def _probabilities(self, logits: Any, output: Any) -> Any:
        if not self.network.head.has_probabilities:
            return tf.fill(tf.shape(logits), np.float32(np.nan))
        return self.network.probabilities(logits, output)


def _collect(found: list[Any], tape: Any = None) -> Callable[[Any, Any], Any]:
    def seen(layer: Any, output: Any) -> Any:
        if tape is not None:
            tape.watch(output)
        found.append(output)
        return output

    return seen


def _indices(classes: Any, output: Any, predicted: Any) -> Any:
    """Classes (n, m) as indices, `PREDICTED` and `ranked` ones found out."""
    order = tf.argsort(output, axis=1, direction="DESCENDING", stable=True)
    ranks = tf.maximum(ranked(0) - classes, 0)
    of_rank = tf.gather(order, ranks, axis=1, batch_dims=1)
    return tf.where(classes >= 0, classes, tf.where(classes == PREDICTED, predicted[:, None], of_rank))


def _last(found: list[Any], target_layer: LayerInfo) -> Any:
    """A shared layer is explained where it is called last."""
    if not found:
        raise ModelError(f"Layer {target_layer.path!r} was not called. Name another layer.")
    return found[-1]


def _as_forward(answers: Any) -> Forward:
    return Forward(*(answer.numpy() for answer in answers))
