"""The TensorFlow engine: one compiled function per computation, traced once, on CPU or GPU."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.altered import CHUNK_SIZES, auto_chunk, masking, riding_names
from xai_cam.cam.engines.graphs import Graphs
from xai_cam.cam.engines.input_gradients import GradientChunks, InputGradients
from xai_cam.cam.engines.one_layer import OneLayer
from xai_cam.cam.engines.pairs import Pairs
from xai_cam.cam.engines.perturbed import Perturbed, PerturbedScores
from xai_cam.cam.engines.predictions import as_predictions
from xai_cam.cam.engines.questions import (
    ChannelScores,
    Forward,
    Progress,
    all_positions,
    riding,
    unseen,
)
from xai_cam.cam.engines.steady import SteadySizes
from xai_cam.cam.engines.whole_by_tensorflow import WholeByTensorFlow, graph_of
from xai_cam.cam.engines.whole_graphs import WholeGraphs
from xai_cam.cam.targets import Targets
from xai_cam.errors import OutOfMemoryError
from xai_cam.models.device_memory import room_on
from xai_cam.models.devices import pick_device, running_on
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.network import LayerInfo, Network

log = logging.getLogger(__name__)


class TensorFlowEngine(OneLayer):
    """Computes by calling the Keras model inside `tf.function`.

    Parameters
    ----------
    network : Network
    target_layer : LayerInfo
        A layer of that network.
    chunk_size : int, optional
        Masked or altered inputs in one model call; halved when the device runs out of memory. A model that is
        limited to a batch size has chunks of that size, and is given no other batches of images.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    progress : callable
        As of `Computing`.
    targets : Targets, optional
        What is explained; default: the classes or values of the network's outputs.
    """

    def __init__(
        self,
        network: Network,
        target_layer: LayerInfo,
        chunk_size: int | None = None,
        device: str = "auto",
        progress: Progress = unseen,
        targets: Targets | None = None,
    ) -> None:
        self.progress = progress
        self.network = network
        self.target_layer = target_layer
        self.device = pick_device(device)
        self._room = room_on(self.device, network)
        self._sizes, self._steady = SteadySizes(), "GPU" in self.device
        self._tables: tuple[int, ...] = (0, 0, 0)
        self.chunk_size = network.batch_size or self.at_most(chunk_size or self.auto_chunk)
        self.graphs = Graphs(network, target_layer, targets)
        self._masked, self._ablated = self.graphs.masked, self.graphs.ablated
        self._at_layers: dict[Any, WholeByTensorFlow] = {}

    @property
    def name(self) -> str:
        """The engine's name."""
        return "tensorflow"

    @property
    def auto_chunk(self) -> int:
        """The chunk's size where none was asked for: on a GPU as many inputs as it has memory for."""
        return self._room or auto_chunk(self.network, "GPU" in self.device)

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as the device has memory for."""
        return min(images, self._room) if self._room else self.network.at_most(images)

    def at_layers(self, layers: Sequence[LayerInfo]) -> WholeByTensorFlow:
        """Whole images at these layers, compiled once."""
        key = tuple(info.where for info in layers)
        if key not in self._at_layers:
            own = [self.network.own(info) for info in layers]  # whoever asks may know the network unopened
            self._at_layers[key] = self._whole_by(WholeGraphs(self.graphs, own))
        return self._at_layers[key]

    def _whole_by(self, graphs: WholeGraphs) -> WholeByTensorFlow:
        """What answers by these graphs."""
        return WholeByTensorFlow(graphs, self.running)

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores for every (image, channel) pair of the batch, in padded chunks of one size.

        Masks are as `masking` has them. Nothing larger than a chunk of inputs is held.
        """
        arrays = as_inputs(images).images, before.activations
        given = tuple(masking(self.network, self.target_layer, *arrays).values())
        beside = riding(images, before)
        return self._score_channels("masked scores", self._masked, given, classes, channels, beside)

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores with one channel of the layer's output set to 0, in padded chunks of one size.

        Of the compiled call only what follows the layer is left, and what leads past it.
        """
        given = as_inputs(images).images, before.activations
        beside = riding(images, before)
        return self._score_channels("ablated scores", self._ablated, given, classes, channels, beside)

    def position_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, spread: bool = False
    ) -> ChannelScores:
        """Scores with one position of the layer's output alone, in padded chunks of one size."""
        given = as_inputs(images).images, before.activations
        compiled = self.graphs.spread_positions if spread else self.graphs.positions
        asked, beside = all_positions(before.activations), riding(images, before)
        return self._score_channels("position scores", compiled, given, classes, asked, beside)

    def _score_channels(
        self,
        what: str,
        compiled: Any,
        given: tuple[np.ndarray, ...],
        classes: np.ndarray,
        channels: np.ndarray,
        beside: tuple[np.ndarray, ...],
    ) -> ChannelScores:
        """Walk over the (image, channel) pairs of a batch."""
        pairs = Pairs(channels, classes.shape[1], partial(self.progress, what))
        with self.running():
            tensors, wanted = [tf.constant(part) for part in given], tf.constant(classes, tf.int32)
            others = [tf.constant(part) for part in beside]

        def chunk(start: int, size: int) -> Sequence[Any]:
            return *tensors, tf.constant(pairs.chunk(start, size)), wanted, *others

        self._fill(what, compiled, pairs, chunk)
        return pairs.scores

    def predictions(self, images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores of classes and the predicted ones."""
        with self.running():
            given = map(tf.constant, (images.images, *images.extras))
            return as_predictions(self.network.head, self.graph_of(self.graphs.predictions)(*given).numpy())

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """Probabilities (inputs, m) of inputs made of images, or values, in padded chunks of one size."""
        names = riding_names(self.network, self.graphs.targets)
        progress = partial(self.progress, asked.what)
        scores = PerturbedScores(asked, names, progress, self._tables)

        def chunk(start: int, size: int) -> Sequence[Any]:
            return [tf.constant(part) for part in scores.chunk(start, size).values()]

        self._fill("perturbed scores", getattr(self.graphs, asked.question), scores, chunk)
        return scores.found

    def input_gradients(self, asked: InputGradients) -> str:
        """Gradients at inputs made of images, handed on in order, in padded chunks of one size."""
        compiled = self.graphs.input_gradients(asked.score, asked.columns.shape[1])
        names = riding_names(self.network, self.graphs.targets)
        chunks = GradientChunks(asked, names, partial(self.progress, asked.what))

        def chunk(start: int, size: int) -> Sequence[Any]:
            return [tf.constant(part) for part in chunks.chunk(start, size).values()]

        self._fill("input gradients", compiled, chunks, chunk)
        return self.name

    def _fill(
        self,
        what: str,
        compiled: Any,
        scores: Pairs | PerturbedScores | GradientChunks,
        chunk: Callable[[int, int], Sequence[Any]],
    ) -> None:
        """Walk over all inputs, by what a graph is given for a chunk of them."""
        done = 0
        while done < len(scores):
            size = self.chunk_for(len(scores), what)
            try:
                with self.running():
                    found = self.graph_of(compiled)(*chunk(done, size)).numpy()
            except OutOfMemoryError as error:
                self._halve_chunk(size, error)
                continue
            done += scores.fill(done, found)

    def graph_of(self, function: Any) -> Any:
        """What answers for a `tf.function`: its one graph."""
        return graph_of(function)

    def running(self) -> AbstractContextManager[None]:
        """Compute on this engine's device; whatever the model raises becomes an error of this package."""
        return running_on(self.device, 'Use a smaller `batch_size`, or `device="cpu"`', self.network.extras)

    def chunk_for(self, count: int, question: str) -> int:
        """The size of a chunk, where so many inputs wait: a large one is not filled up far beyond them."""
        if self._steady and not self.network.batch_size:
            return self._sizes.size(question, count, self.chunk_size)
        fitting = max(1 << (count - 1).bit_length(), CHUNK_SIZES[0])  # a power of two: there are few sizes
        size = max(count, min(self.auto_chunk, fitting))
        return self.network.batch_size or min(self.chunk_size, size)

    def _halve_chunk(self, size: int, error: OutOfMemoryError) -> None:
        """Go on with half of a chunk that there was no memory for.

        Raises
        ------
        OutOfMemoryError
            It cannot be smaller.
        """
        if size in (1, self.network.batch_size):
            fixed = f"{size} masked inputs, the batch size that is fixed in the model"
            inputs = "a single masked input" if size == 1 else fixed
            raise OutOfMemoryError(
                f'Out of memory with {inputs}. Use a smaller `size`, or `device="cpu"`.'
            ) from error
        self.chunk_size = size // 2
        log.warning(f"Out of memory: continuing with {self.chunk_size} masked inputs per model call.")
