"""An engine's computations on one layer of a model, as TensorFlow graphs, traced once for any engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.questions import PREDICTED, ranked
from xai_cam.errors import ModelError
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix, matrices
from xai_cam.models.network import LayerInfo, Network


class Graphs:
    """The computations on one layer of a network, each a `tf.function` with one signature.

    `masked`, `ablated` and `scored` are made of forward passes alone, so that another engine can run them.
    """

    def __init__(self, network: Network, target_layer: LayerInfo) -> None:
        self.network = network
        self.target_layer = target_layer
        self._images = tf.TensorSpec((None, *network.input_shape), tf.float32, name="images")
        self._pairs = tf.TensorSpec((None, 2), tf.int32, name="pairs")
        self._wanted = tf.TensorSpec((None, None), tf.int32, name="classes")

    @cached_property
    def forward(self) -> Any:
        """(images) -> activations, logits, probabilities, output, predicted."""
        return tf.function(self._trace_forward, [self._images], autograph=False)

    def gradients(self, score: str, count: int) -> Any:
        """(images, classes (n, count)) -> the same and the gradients (count, n, h, w, k)."""
        classes = tf.TensorSpec((None, count), tf.int32, name="classes")
        return tf.function(self._trace_gradients(score, count), [self._images, classes], autograph=False)

    @cached_property
    def masked(self) -> Any:
        """(images, maps (n, k, h, w), rows, columns, pairs, classes (n, m)) -> both scores (2, pairs, m).

        Maps of volumes are (n, k, d, h, w), and `planes` stands before `rows`.
        """
        *depth, height, width, _ = self.network.input_shape
        signature = [
            self._images,
            tf.TensorSpec((None,) * (len(depth) + 4), tf.float32, name="maps"),
            *(tf.TensorSpec((side, None), tf.float32, name="planes") for side in depth),
            tf.TensorSpec((height, None), tf.float32, name="rows"),
            tf.TensorSpec((None, width), tf.float32, name="columns"),
            self._pairs,
            self._wanted,
        ]
        return tf.function(
            self._trace_masked_volumes if depth else self._trace_masked, signature, autograph=False
        )

    @cached_property
    def ablated(self) -> Any:
        """(images, activations (n, h, w, k), pairs, classes (n, m)) -> both scores (2, pairs, m)."""
        maps = tf.TensorSpec((None,) * (len(self.network.input_shape) + 1), tf.float32, name="activations")
        signature = [self._images, maps, self._pairs, self._wanted]
        return tf.function(self._trace_ablated, signature, autograph=False)

    @cached_property
    def scored(self) -> Any:
        """(images, classes (n,)) -> probabilities (n,)."""
        classes = tf.TensorSpec((None,), tf.int32, name="classes")
        return tf.function(self._trace_scored, [self._images, classes], autograph=False)

    def _trace_forward(self, images: Any) -> tuple[Any, ...]:
        activations: list[Any] = []
        logits, output = self.network.run(images, self.target_layer, _collect(activations))
        return self._answers(_at_call(activations, self.target_layer), logits, output)

    def _trace_gradients(self, score: str, count: int) -> Callable[[Any, Any], tuple[Any, ...]]:
        def trace(images: Any, classes: Any) -> tuple[Any, ...]:
            activations: list[Any] = []
            # Watching the layer's output alone keeps everything before it off the tape.
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                logits, output = self.network.run(images, self.target_layer, _collect(activations, tape))
                layer = _at_call(activations, self.target_layer)
                answers = self._answers(layer, logits, output)
                targets = _indices(classes, output, answers[-1])
                scores = logits if score == "logit" else answers[2]
                chosen = [tf.gather(scores, targets[:, i], axis=1, batch_dims=1) for i in range(count)]
            gradients = [tape.gradient(one, layer) for one in chosen]
            if gradients[0] is None:
                path = self.target_layer.path
                raise ModelError(f"Layer {path!r} has no influence on the model's output. Name another.")
            return *answers, tf.cast(tf.stack(gradients), tf.float32)

        return trace

    def _trace_masked(self, images: Any, maps: Any, rows: Any, columns: Any, pairs: Any, classes: Any) -> Any:
        return self._masked_scores(images, maps, (rows, columns), pairs, classes)

    def _trace_masked_volumes(
        self, images: Any, maps: Any, planes: Any, rows: Any, columns: Any, pairs: Any, classes: Any
    ) -> Any:
        return self._masked_scores(images, maps, (planes, rows, columns), pairs, classes)

    def _masked_scores(self, images: Any, maps: Any, given: Sequence[Any], pairs: Any, classes: Any) -> Any:
        *sides, channels = self.network.input_shape
        small = tf.gather_nd(maps, pairs)
        masks = _enlarged(small, given)
        beyond = self._beyond
        ranged = masks if beyond is None else _enlarged(small, [tf.constant(one) for one in beyond])
        axes = range(1, len(sides) + 1)
        low = tf.reduce_min(ranged, axis=axes, keepdims=True)
        high = tf.reduce_max(ranged, axis=axes, keepdims=True)
        # Interpolation weights sum to 1, so that scaling the small maps scales the masks alike; repeating
        # the columns lays the masks out as the images are, which spares a slow broadcast.
        scaled = tf.math.divide_no_nan(small - low, high - low)
        *before, columns = given
        masks = _enlarged(scaled, [*before, tf.repeat(columns, channels, axis=1)])
        masks = tf.reshape(masks, (-1, *sides, channels))
        covered = self._covered
        masks = masks if covered is None else masks * tf.constant(covered)
        return self._both_scores(
            *self.network.run(tf.gather(images, pairs[:, 0]) * masks), tf.gather(classes, pairs[:, 0])
        )

    @property
    def _covered(self) -> np.ndarray | None:
        """1 where the target layer's maps lie in the input, else 0, (H, W, 1) float32; None: everywhere."""
        size = self.network.input_shape[:-1]
        part = self.target_layer.part(size)
        if part is None:
            return None
        spans = Region.whole(size).part(part).spans
        inside = [one for _, one in matrices(size, [1] * len(size), spans)]
        return reduce(np.logical_and.outer, inside)[..., None].astype(np.float32)

    @property
    def _beyond(self) -> list[np.ndarray] | None:
        """Matrices that resize maps to all that they cover, where that is beyond the input; else None."""
        size = self.network.input_shape[:-1]
        part, maps = self.target_layer.part(size), self.target_layer.maps_shape
        if part is None or maps is None:
            return None
        if 0 <= min(part.sides.values()) <= max(part.sides.values()) <= 1:
            return None
        spans = Region.whole(size).part(part).spans
        sides = [max(abs(round(last - first)), 1) for first, last in spans]
        *before, columns = (
            interpolation_matrix(side, cells)[0] for side, cells in zip(sides, maps[:-1], strict=True)
        )
        return [*before, np.ascontiguousarray(columns.T)]

    def _trace_ablated(self, images: Any, activations: Any, pairs: Any, classes: Any) -> Any:
        channels = tf.reshape(pairs[:, 1], (-1, *[1] * (len(activations.shape) - 2)))
        ablated = tf.one_hot(channels, tf.shape(activations)[-1], True, False, dtype=tf.bool)
        kept = tf.where(ablated, 0.0, tf.gather(activations, pairs[:, 0]))
        calls: list[Any] = []

        def replace(layer: Any, output: Any) -> Any:
            calls.append(layer)
            if len(calls) != self.target_layer.number:
                return output
            placement = self.target_layer.placement
            return placement.restored(kept, output) if placement else tf.cast(kept, output.dtype)

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


def _enlarged(maps: Any, matrices: Sequence[Any]) -> Any:
    """Maps (b, h, w), or (b, d, h, w), with each axis resized by its matrix, that of the columns turned."""
    *before, rows, columns = matrices
    for planes in before:
        flat = tf.reshape(maps, (tf.shape(maps)[0], tf.shape(maps)[1], -1))
        sides = tf.shape(maps)[2], tf.shape(maps)[3]
        maps = tf.reshape(planes @ flat, (-1, planes.shape[0], *sides))
    return rows @ maps @ columns


def _collect(found: list[Any], tape: Any = None) -> Callable[[Any, Any], Any]:
    def seen(_: Any, output: Any) -> Any:
        if tape is not None:
            tape.watch(output)
        found.append(output)
        return output

    return seen


def _indices(classes: Any, output: Any, predicted: Any) -> Any:
    """Classes (n, m) as indices, with `PREDICTED` and `ranked` ones resolved."""
    order = tf.argsort(output, axis=1, direction="DESCENDING", stable=True)
    ranks = tf.maximum(ranked(0) - classes, 0)
    of_rank = tf.gather(order, ranks, axis=1, batch_dims=1)
    return tf.where(classes >= 0, classes, tf.where(classes == PREDICTED, predicted[:, None], of_rank))


def _at_call(found: list[Any], target_layer: LayerInfo) -> Any:
    """What a shared layer puts out at the call that is explained."""
    if len(found) < target_layer.number:
        raise ModelError(f"Layer {target_layer.path!r} was not called. Name another layer.")
    return found[target_layer.number - 1]
