"""Whole images at one layer of a network or several: one forward pass, as a TensorFlow graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

import tensorflow as tf

from xai_cam.cam.columns import resolved_in_graph
from xai_cam.cam.targets import Targets
from xai_cam.errors import ModelError
from xai_cam.models.layer_outputs import LayerOutputs
from xai_cam.models.layers import LayerInfo
from xai_cam.models.output.table import Table


class Tables(Protocol):
    """What the graphs need to know of a network."""

    targets: Targets

    @property
    def of_images(self) -> list[Any]:
        """The signature of images and what rides along with them."""

    def table(self, images: Any, *beside: Any) -> tuple[Table, list[Any]]:
        """The table of whole images, inside a trace, and what is held of them."""


class WholeGraphs:
    """Activations of layers, scores, and gradients of the scores at all of these layers.

    Parameters
    ----------
    tables : Tables
        The network with its targets, as `Graphs` of any of its layers.
    layers : sequence of LayerInfo
        One may feed another: the gradient at each is that of all that its output leads to.
    """

    def __init__(self, tables: Tables, layers: Sequence[LayerInfo]) -> None:
        self._tables, self.layers = tables, tuple(layers)

    @cached_property
    def forward(self) -> Any:
        """(images, *beside) -> activations of each layer, logits, probabilities, output, predicted, *held."""
        return tf.function(self._trace_forward, self._tables.of_images, autograph=False)

    def gradients(self, score: str, count: int) -> Any:
        """(images, classes (n, count), *beside) -> the same, and for each layer (count, n, h, w, k)."""
        images, *beside = self._tables.of_images
        signature = [images, tf.TensorSpec((None, count), tf.int32, name="classes"), *beside]
        return tf.function(self._trace_gradients(score, count), signature, autograph=False)

    def _trace_forward(self, images: Any, *beside: Any) -> tuple[Any, ...]:
        outputs = LayerOutputs(self.layers)
        with outputs.recorded():
            table, held = self._tables.table(images, *beside)
        return *(tf.cast(one, tf.float32) for one in outputs.tensors()), *table, *held

    def _trace_gradients(self, score: str, count: int) -> Callable[..., tuple[Any, ...]]:
        def trace(images: Any, classes: Any, *beside: Any) -> tuple[Any, ...]:
            blocks = self._tables.targets.blocks
            # Watching the layers' outputs alone keeps everything before the first of them off the tape.
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                outputs = LayerOutputs(self.layers, tape)
                with outputs.recorded():
                    table, held = self._tables.table(images, *beside)
                columns = resolved_in_graph(classes, table.output, table.predicted, blocks)
                scores = table.logits if score == "logit" else table.probabilities
                chosen = [tf.gather(scores, columns[:, i], axis=1, batch_dims=1) for i in range(count)]
            layers = outputs.tensors()
            of_columns = [tape.gradient(one, layers) for one in chosen]
            answers = (*(tf.cast(one, tf.float32) for one in layers), *table, *held)
            return *answers, *map(_at_layer, self.layers, layers, zip(*of_columns, strict=True))

        return trace


def _at_layer(info: LayerInfo, output: Any, gradients: Sequence[Any]) -> Any:
    """Gradients (count, n, h, w, k) at one layer, 0 for a column on which it has no influence.

    Raises
    ------
    ModelError
        It has an influence on none.
    """
    if all(one is None for one in gradients):
        raise ModelError(f"Layer {info.path!r} has no influence on the model's output. Name another.")
    found = [tf.zeros_like(output) if one is None else one for one in gradients]
    return tf.cast(tf.stack(found), tf.float32)
