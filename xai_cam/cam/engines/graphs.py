"""An engine's computations on one layer of a model, as TensorFlow graphs, traced once for any engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, partial, reduce
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.altered import riding_names
from xai_cam.cam.engines.perturbed_graph import perturbed, specs_of
from xai_cam.cam.engines.predictions import tracing_predictions
from xai_cam.cam.targets import Targets
from xai_cam.errors import ModelError
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix, matrices
from xai_cam.models.input.held_inputs import fed_as
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.observing import Seen
from xai_cam.models.output.table import Table

NO_GRADIENT = (
    "The model's output has no gradient with respect to its image: something on the way rounds it, or takes "
    "no notice of it. Use a method that needs none, as score-cam."
)


class Graphs:
    """The computations on one layer of a network, each a `tf.function` with one signature.

    `masked`, `ablated` and `perturbed` are made of forward passes alone, so that another engine can run them.
    All take at their end what rides along with each image: the model's other inputs and regions (`beside`),
    and, but for whole images, what the unaltered image fixed (`held`).
    """

    def __init__(self, network: Network, target_layer: LayerInfo, targets: Targets | None = None) -> None:
        self.network = network
        self.target_layer = target_layer
        self.targets = targets or Targets(network)
        self._images = tf.TensorSpec((None, *network.input_shape), tf.float32, name="images")
        extras = [tf.TensorSpec((None, *one.shape), fed_as(one.dtype)) for one in network.extras]
        regions = [tf.TensorSpec((None, *size), tf.uint8) for size in self.targets.regions]
        held = [tf.TensorSpec((None,) * one.rank, one.dtype) for one in self.targets.held]
        names = riding_names(network, self.targets)
        self._riding = [
            tf.TensorSpec(one.shape, one.dtype, name)
            for one, name in zip([*extras, *regions, *held], names, strict=True)
        ]
        self._beside = self._riding[: len(extras) + len(regions)]
        self._pairs = tf.TensorSpec((None, 2), tf.int32, name="pairs")
        self._input_gradients: dict[tuple[str, int], Any] = {}
        self._wanted = tf.TensorSpec((None, None), tf.int32, name="classes")

    @property
    def of_images(self) -> list[Any]:
        """The signature of whole images."""
        return [self._images, *self._beside]

    @cached_property
    def masked(self) -> Any:
        """(images, maps (n, k, h, w), rows, columns, pairs, classes, …) -> both scores (2, pairs, m).

        Maps of volumes are (n, k, d, h, w), and `planes` stand before rows.
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
            *self._riding,
        ]
        return tf.function(self._trace_masked, signature, autograph=False)

    @cached_property
    def ablated(self) -> Any:
        """(images, activations (n, h, w, k), pairs, classes (n, m), …) -> both scores (2, pairs, m)."""
        maps = tf.TensorSpec((None,) * (len(self.network.input_shape) + 1), tf.float32, name="activations")
        signature = [self._images, maps, self._pairs, self._wanted, *self._riding]
        return tf.function(self._trace_ablated, signature, autograph=False)

    @cached_property
    def positions(self) -> Any:
        """(images, activations (n, h, w, k), pairs of image and position, …) -> as `ablated`."""
        return self._of_positions((1.0, 1.0))

    @cached_property
    def spread_positions(self) -> Any:
        """The same with a 3 x 3 Gaussian around each position."""
        return self._of_positions((0.5, 0.25))

    def _of_positions(self, kernel: tuple[float, float]) -> Any:
        maps = tf.TensorSpec((None,) * (len(self.network.input_shape) + 1), tf.float32, name="activations")
        signature = [self._images, maps, self._pairs, self._wanted, *self._riding]
        return tf.function(partial(self._trace_positions, kernel), signature, autograph=False)

    @cached_property
    def perturbed(self) -> Any:
        """(pictures, planes, rows (b, 5), classes (n, m), …) -> probabilities (1, b, m), or values."""
        signature = [*specs_of(self.network.input_shape), self._wanted, *self._riding]
        return tf.function(self._trace_perturbed, signature, autograph=False)

    @cached_property
    def perturbed_logits(self) -> Any:
        """The same -> logits (1, b, m), or values."""
        signature = [*specs_of(self.network.input_shape), self._wanted, *self._riding]
        return tf.function(self._trace_perturbed_logits, signature, autograph=False)

    def input_gradients(self, score: str, count: int) -> Any:
        """(inputs, classes (b, count), …) -> (count, b, H W c + 1): gradients at an input, and its score."""
        if (score, count) not in self._input_gradients:
            classes = tf.TensorSpec((None, count), tf.int32, name="classes")
            signature = [self._images, classes, *self._riding]
            traced = tf.function(partial(self._trace_input_gradients, score), signature, autograph=False)
            self._input_gradients[score, count] = traced
        return self._input_gradients[score, count]

    @cached_property
    def predictions(self) -> Any:
        """(images, *extras) -> (2, n, N), see `tracing_predictions`."""
        signature = [self._images, *self._beside[: len(self.network.extras)]]
        return tf.function(tracing_predictions(self.network), signature, autograph=False)

    def _run(
        self, images: Any, riding: Sequence[Any], target: LayerInfo | None = None, seen: Seen | None = None
    ) -> tuple[Table, list[Any]]:
        """The table of images, given what rides along; and what is held of them."""
        others, masks = len(self.network.extras), len(self.targets.regions)
        answers = self.network.run(images, target, seen, riding[:others])
        held = riding[others + masks :] if len(riding) > len(self._beside) else None
        return self.targets.read(answers, riding[others : others + masks], held)

    def table(self, images: Any, *beside: Any) -> tuple[Table, list[Any]]:
        """The table of whole images, inside a trace, and what is held of them."""
        return self._run(images, beside)

    def _trace_masked(self, images: Any, maps: Any, *given: Any) -> Any:
        *sides, channels = self.network.input_shape
        resizing, (pairs, classes, *riding) = given[: len(sides)], given[len(sides) :]
        small = tf.gather_nd(maps, pairs)
        masks = _enlarged(small, resizing)
        beyond = self._beyond
        ranged = masks if beyond is None else _enlarged(small, [tf.constant(one) for one in beyond])
        axes = range(1, len(sides) + 1)
        low = tf.reduce_min(ranged, axis=axes, keepdims=True)
        high = tf.reduce_max(ranged, axis=axes, keepdims=True)
        # Interpolation weights sum to 1, so that scaling the small maps scales the masks alike; repeating
        # the columns lays the masks out as the images are, which spares a slow broadcast.
        scaled = tf.math.divide_no_nan(small - low, high - low)
        *others, columns = resizing
        masks = _enlarged(scaled, [*others, tf.repeat(columns, channels, axis=1)])
        masks = tf.reshape(masks, (-1, *sides, channels))
        covered = self._covered
        masks = masks if covered is None else masks * tf.constant(covered)
        images = tf.gather(images, pairs[:, 0]) * masks
        return self._both_scores(images, pairs, classes, riding)

    @property
    def _covered(self) -> np.ndarray | None:
        """1 where the target layer's maps lie in the input, else 0, (H, W, 1) float32; None: everywhere."""
        size = self.network.input_shape[:-1]
        part = self.target_layer.part(size)
        if part is None:
            return None
        spans = Region.whole(size).part(part).spans
        inside = [one for _, one in matrices(size, [1] * len(size), spans)]
        return np.asarray(reduce(np.logical_and.outer, inside)[..., None].astype(np.float32))

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
        *others, columns = (
            interpolation_matrix(side, cells)[0] for side, cells in zip(sides, maps[:-1], strict=True)
        )
        return [*others, np.ascontiguousarray(columns.T)]

    def _trace_ablated(self, images: Any, activations: Any, pairs: Any, classes: Any, *riding: Any) -> Any:
        channels = tf.reshape(pairs[:, 1], (-1, *[1] * (len(activations.shape) - 2)))
        ablated = tf.one_hot(channels, tf.shape(activations)[-1], True, False, dtype=tf.bool)
        kept = tf.where(ablated, 0.0, tf.gather(activations, pairs[:, 0]))
        return self._scores_with(kept, images, pairs, classes, riding)

    def _trace_positions(
        self,
        kernel: tuple[float, float],
        images: Any,
        activations: Any,
        pairs: Any,
        classes: Any,
        *riding: Any,
    ) -> Any:
        kept, sides = tf.gather(activations, pairs[:, 0]), tf.shape(activations)[1:-1]
        top, slope = kernel
        rest, count = pairs[:, 1], len(activations.shape) - 2
        for axis in reversed(range(count)):
            places = tf.range(sides[axis])
            away = tf.abs(places[None] - tf.expand_dims(rest % sides[axis], 1))
            weights = tf.nn.relu(top - slope * tf.cast(away, tf.float32))
            ahead, behind = [1] * axis, [1] * (count - axis)
            kept *= tf.reshape(weights, (-1, *ahead, sides[axis], *behind))
            rest //= sides[axis]
        return self._scores_with(kept, images, pairs, classes, riding)

    def _scores_with(self, kept: Any, images: Any, pairs: Any, classes: Any, riding: Sequence[Any]) -> Any:
        """Both scores where the layer's output is replaced by other maps, one for each pair."""
        calls: list[Any] = []

        def replace(layer: Any, output: Any) -> Any:
            calls.append(layer)
            if len(calls) != self.target_layer.number:
                return output
            placement = self.target_layer.placement
            return placement.restored(kept, output) if placement else tf.cast(kept, output.dtype)

        images = tf.gather(images, pairs[:, 0])
        return self._both_scores(images, pairs, classes, riding, self.target_layer, replace)

    def _trace_perturbed(self, pictures: Any, planes: Any, rows: Any, classes: Any, *riding: Any) -> Any:
        scores = self._both_scores(perturbed(pictures, planes, rows), rows, classes, riding)
        logits, found = scores[:1], scores[1:]
        return tf.where(tf.math.is_nan(found), logits, found) if self._valued else found

    def _trace_perturbed_logits(
        self, pictures: Any, planes: Any, rows: Any, classes: Any, *riding: Any
    ) -> Any:
        return self._both_scores(perturbed(pictures, planes, rows), rows, classes, riding)[:1]

    def _trace_input_gradients(self, score: str, images: Any, classes: Any, *riding: Any) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(images)
            table, _ = self._run(images, riding)
            scores = table.logits if score == "logit" else table.probabilities
            columns = tf.unstack(classes, axis=1)
            chosen = [tf.gather(scores, column, axis=1, batch_dims=1) for column in columns]
        found = [tape.gradient(one, images) for one in chosen]
        if all(one is None for one in found):
            raise ModelError(NO_GRADIENT)
        gradients = [tf.zeros_like(images) if one is None else one for one in found]
        cells = math.prod(images.shape[1:])
        last = tf.one_hot(cells, cells + 1)  # where the score stands; nothing is concatenated
        rows = [tf.reshape(one, (-1, cells)) for one in gradients]
        wide = [tf.pad(row, [[0, 0], [0, 1]]) for row in rows]
        return tf.stack([row + tf.expand_dims(one, 1) * last for row, one in zip(wide, chosen, strict=True)])

    @property
    def _valued(self) -> bool:
        """Whether some column has no probability, but a value of its own."""
        return any(not (block.head and block.head.has_probabilities) for block in self.targets.blocks)

    def _both_scores(
        self,
        images: Any,
        pairs: Any,
        classes: Any,
        riding: Sequence[Any],
        target: LayerInfo | None = None,
        seen: Seen | None = None,
    ) -> Any:
        """Logits and probabilities of classes (b, m) of altered images, as one tensor (2, b, m)."""
        table, _ = self._run(images, [tf.gather(one, pairs[:, 0]) for one in riding], target, seen)
        wanted = tf.gather(classes, pairs[:, 0])
        return tf.stack([tf.gather(scores, wanted, axis=1, batch_dims=1) for scores in table[:2]])


def _enlarged(maps: Any, resizing: Sequence[Any]) -> Any:
    """Maps (b, h, w), or (b, d, h, w), with each axis resized by its matrix, that of the columns turned."""
    *others, rows, columns = resizing
    for planes in others:
        sides = tf.shape(maps)
        flat = planes @ tf.reshape(maps, (sides[0], sides[1], -1))
        maps = tf.reshape(flat, (-1, planes.shape[0], sides[2], sides[3]))
    return rows @ maps @ columns
