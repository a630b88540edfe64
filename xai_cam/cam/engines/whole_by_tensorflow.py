"""Whole images at several layers by TensorFlow: one compiled function for each question."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.questions import Forward, as_forwards, with_gradients
from xai_cam.cam.engines.whole_graphs import WholeGraphs
from xai_cam.models.input.inputs import Inputs, as_inputs


class WholeByTensorFlow:
    """Answers for all layers from one pass.

    Parameters
    ----------
    graphs : WholeGraphs
    running : callable
        What it is computed in: on the engine's device, errors told as it tells them.
    """

    by = "tensorflow"

    def __init__(self, graphs: WholeGraphs, running: Callable[[], AbstractContextManager[None]]) -> None:
        self.graphs, self._running = graphs, running
        self._gradients: dict[tuple[str, int], Any] = {}

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """For each layer its activations, and the scores."""
        given = as_inputs(images)
        return as_forwards(self.graphs.layers, self._run(self.graphs.forward, given.images, *given.beside))

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same in one pass with the gradients at each layer."""
        given, wanted = as_inputs(images), np.asarray(classes, np.int32)
        function = self.gradient_function(score, wanted.shape[1])
        return with_gradients(self.graphs.layers, self._run(function, given.images, wanted, *given.beside))

    def gradient_function(self, score: str, count: int) -> Any:
        """The graph of `gradients` for so many classes of an image."""
        if (score, count) not in self._gradients:
            self._gradients[score, count] = self.graphs.gradients(score, count)
        return self._gradients[score, count]

    def graph_of(self, function: Any) -> Any:
        """What answers for a `tf.function`: its one graph."""
        return graph_of(function)

    def _run(self, function: Any, *given: np.ndarray) -> list[np.ndarray]:
        with self._running():
            # Not by `numpy()`, which copies: nobody else has these tensors.
            return [np.asarray(answer) for answer in self.graph_of(function)(*map(tf.constant, given))]


def graph_of(function: Any) -> Any:
    """The one graph of a `tf.function`, made when it is first asked for.

    Called as it is, TensorFlow would warn after the fifth model or layer that these are traced too often.
    """
    return function.get_concrete_function() if hasattr(function, "get_concrete_function") else function
