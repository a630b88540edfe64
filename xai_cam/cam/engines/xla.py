"""The TensorFlow engine with its graphs compiled by XLA, once each: all that they are given has one shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.perturbed import Perturbed, widest
from xai_cam.cam.engines.questions import ChannelScores, Forward
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.cam.engines.whole_by_tensorflow import WholeByTensorFlow, graph_of
from xai_cam.cam.engines.whole_graphs import WholeGraphs
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.models.batches import fill
from xai_cam.models.input.inputs import Inputs, as_inputs

NAME = "tensorflow xla"

UNSUPPORTED = re.compile(r"(\w+) \(No registered '")
"""An operation that XLA lacks, in what it says."""


class XLAEngine(TensorFlowEngine):
    """The same answers to rounding, by machine code that XLA has made of each graph.

    XLA compiles anew for every shape. A batch of images is therefore filled up to the largest that was asked
    about, and chunks keep the size of the first of their question.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._steady, self._rows = True, 0
        self._compiled: dict[int, tuple[Any, Any]] = {}

    @property
    def name(self) -> str:
        """The engine's name."""
        return NAME

    def _whole_by(self, graphs: WholeGraphs) -> WholeByTensorFlow:
        """What answers by these graphs, compiled."""
        return WholeByXLA(graphs, self)

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores for every (image, channel) pair of the batch; none is asked for of what fills it up."""
        found = super().masked_scores(*self._whole(images, before, classes, channels))
        return ChannelScores(found.logits[: len(channels)], found.probabilities[: len(channels)])

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores with one channel of the layer's output set to 0; none is asked for of what fills it up."""
        found = super().ablated_scores(*self._whole(images, before, classes, channels))
        return ChannelScores(found.logits[: len(channels)], found.probabilities[: len(channels)])

    def position_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, spread: bool = False
    ) -> ChannelScores:
        """Scores with one position of the layer's output alone; what fills a batch up is dropped."""
        filled = self.filled(as_inputs(images))
        whole = _of_each(before, lambda one: fill(one, len(filled)))
        found = super().position_scores(filled, whole, fill(classes, len(filled)), spread)
        count = len(classes)
        return ChannelScores(found.logits[:count], found.probabilities[:count])

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """Probabilities of inputs made of images, of tables that are filled up to the largest so far."""
        size = self.chunk_for(len(asked.rows), "perturbed scores")
        self._tables = tuple(map(max, self._tables, widest(asked, size)))
        return super().perturbed_scores(asked)

    def _whole(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> tuple[Inputs, Forward, np.ndarray, np.ndarray]:
        """All that is given about a batch, filled up."""
        filled = self.filled(as_inputs(images))
        more = len(filled) - len(channels)
        asked = np.concatenate([channels, np.zeros((more, channels.shape[1]), bool)])
        return filled, _of_each(before, lambda one: fill(one, len(filled))), fill(classes, len(filled)), asked

    def predictions(self, images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores of classes and the predicted ones."""
        scores, predicted = super().predictions(self.filled(images))
        return scores[: len(images)], predicted[: len(images)]

    def filled(self, given: Inputs) -> Inputs:
        """A batch as large as the largest so far."""
        self._rows = max(self._rows, len(given))
        return Inputs(
            fill(given.images, self._rows),
            *(tuple(fill(one, self._rows) for one in some) for some in (given.extras, given.regions)),
        )

    def graph_of(self, function: Any) -> Any:
        """The graph of a `tf.function`, compiled by XLA when it is first called."""
        key = id(function)
        if key not in self._compiled:
            graph = graph_of(function)
            signature = graph.structured_input_signature[0]
            compiled = tf.function(graph, signature, autograph=False, jit_compile=True)
            self._compiled[key] = function, graph_of(compiled)
        return self._compiled[key][1]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Compute on this engine's device; what XLA cannot compile is said to be its fault."""
        try:
            with super().running():
                yield
        except OutOfMemoryError:
            self._rows = 0  # half a batch is not filled up to what there was no memory for
            raise
        except ModelError as error:
            lacks = ", ".join(dict.fromkeys(UNSUPPORTED.findall(str(error.__cause__))))
            if lacks:
                raise ModelError(f"XLA has no {lacks}, which the model needs. Leave out `xla`.") from error
            message = f"{error.message} XLA compiled it: see if it runs without `xla`."
            raise ModelError(message) from error


class WholeByXLA(WholeByTensorFlow):
    """Whole images by the graphs of an engine that compiles them, in batches that are filled up."""

    by = NAME

    def __init__(self, graphs: WholeGraphs, engine: XLAEngine) -> None:
        super().__init__(graphs, engine.running)
        self._engine = engine

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """For each layer its activations, and the scores."""
        given = as_inputs(images)
        return [_first(len(given), one) for one in super().forward(self._engine.filled(given))]

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same in one pass with the gradients at each layer."""
        given = as_inputs(images)
        filled = self._engine.filled(given)
        forwards, gradients = super().gradients(filled, fill(np.asarray(classes), len(filled)), score)
        count = len(given)
        return [_first(count, one) for one in forwards], [one[:, :count] for one in gradients]

    def graph_of(self, function: Any) -> Any:
        """The graph of a `tf.function`, compiled by XLA."""
        return self._engine.graph_of(function)


def _of_each(forward: Forward, change: Callable[[np.ndarray], np.ndarray]) -> Forward:
    """The results of a pass with each array changed."""
    arrays = {one.name: change(getattr(forward, one.name)) for one in fields(forward) if one.name != "held"}
    return replace(forward, **arrays, held=tuple(map(change, forward.held)))


def _first(count: int, forward: Forward) -> Forward:
    """The results for the first images alone."""
    return _of_each(forward, lambda one: one[:count])
