"""The OpenVINO engine: forward passes on the CPU; TensorFlow does the rest."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.altered import FEW_PIXELS, SMALLER, auto_chunk, beside_names, masking, riding_names
from xai_cam.cam.engines.choices import Choices
from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.one_layer import OneLayer
from xai_cam.cam.engines.opened import opened
from xai_cam.cam.engines.openvino.chunk_graphs import OUT_OF_MEMORY, ChunkGraphs
from xai_cam.cam.engines.openvino.conversion import reason_of
from xai_cam.cam.engines.openvino.converted import Arrays, ConvertedGraph, check_precision
from xai_cam.cam.engines.openvino.kept import KeptGraphs
from xai_cam.cam.engines.openvino.reference import Reference
from xai_cam.cam.engines.openvino.whole_by_openvino import WholeByOpenVINO
from xai_cam.cam.engines.openvino.worth import Worth
from xai_cam.cam.engines.pairs import Pairs
from xai_cam.cam.engines.perturbed import Perturbed, PerturbedScores
from xai_cam.cam.engines.predictions import as_predictions
from xai_cam.cam.engines.questions import ChannelScores, Forward, Progress, all_positions, riding, unseen
from xai_cam.cam.targets import Targets
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.batches import full_batches
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.layers import LayerInfo

if TYPE_CHECKING:
    from xai_cam.cam.engines.tensorflow import TensorFlowEngine

log = logging.getLogger(__name__)


class OpenVINOEngine(OneLayer):
    """Computes scores of masked, ablated and altered inputs by the same graphs, converted.

    `ChunkGraphs` tells when it does, and `WholeByOpenVINO` who computes whole images. A chunk that there
    is no memory for is halved. TensorFlow is there only for what no earlier run has proven.

    Parameters
    ----------
    network, target_layer, chunk_size
        As for `TensorFlowEngine`, which answers the rest.
    precision : str
        What scores of channels are computed in: `f32`, or `bf16` or `f16` where the processor has them,
        which is faster and less exact.
    cache : Cache, optional
        Keeps converted graphs.
    by_name : bool
        OpenVINO was asked for: it computes predictions and gradients from the first image on, and not only
        where `Worth` finds that it pays.
    progress : callable
        As of `Computing`.
    targets : Targets, optional
        As for `TensorFlowEngine`.
    ahead : Ahead, optional
        As of `Computing`: what a conversion would have to pay for.
    choices : Choices, optional
        As of `Computing`.

    Raises
    ------
    InputError
        The processor does not compute in that precision.
    XaiCamError
        OpenVINO is not installed, or cannot be imported.
    """

    def __init__(
        self,
        network: NetworkFacts,
        target_layer: LayerInfo,
        chunk_size: int | None = None,
        precision: str = "f32",
        cache: Cache | None = None,
        by_name: bool = False,
        progress: Progress = unseen,
        targets: Targets | None = None,
        ahead: Ahead | None = None,
        choices: Choices | None = None,
    ) -> None:
        if precision != "f32":
            check_precision(precision)
        self.network, self.target_layer, self.targets = network, target_layer, targets or Targets(network)
        self.progress, self.precision = progress, precision
        self.cache, self.by_name = cache, by_name
        self._ahead, self._choices = ahead, choices or Choices()
        self._asked_chunk, self._auto_chunk = chunk_size, -(-auto_chunk(network) // SMALLER)
        self.chunk_size = network.batch_size or network.at_most(chunk_size or self._auto_chunk)
        self._sizes: dict[str, int] = {}
        self._reference = Reference(self._open)
        self._at_layers: dict[Any, WholeByOpenVINO] = {}
        kept = KeptGraphs(cache, network, [target_layer], self.targets)
        self._kept, self._worth = kept, Worth(cache, ahead, choices=self._choices)
        self._graphs = ChunkGraphs(self._reference, kept, precision)

    def _open(self) -> TensorFlowEngine:
        """The engine of TensorFlow for the same questions."""
        live, layer, targets = opened(self.network, self.target_layer, self.targets)
        from xai_cam.cam.engines.tensorflow import TensorFlowEngine

        return TensorFlowEngine(live, layer, self._asked_chunk, "cpu", self.progress, targets)

    @property
    def tensorflow(self) -> TensorFlowEngine:
        """The engine of TensorFlow, which answers the rest; the model is opened for it if it is not yet."""
        return self._reference.engine

    @property
    def name(self) -> str:
        """The engine for scores of channels."""
        if self._graphs.gave_up:
            return "tensorflow"
        return "openvino" if self.precision == "f32" else f"openvino {self.precision}"

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as there is memory for."""
        return self.network.at_most(images)

    def at_layers(self, layers: Sequence[LayerInfo]) -> WholeByOpenVINO:
        """Whole images at these layers, converted once."""
        key = tuple(info.where for info in layers)
        if key not in self._at_layers:
            kept = KeptGraphs(self.cache, self.network, layers, self.targets)
            worth = Worth(self.cache, self._ahead, choices=self._choices, layers=layers)
            given = layers, self._reference, kept, self.targets, self.by_name, worth
            self._at_layers[key] = WholeByOpenVINO(*given)
        return self._at_layers[key]

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores for every (image, channel) pair of the batch, in padded chunks of one size."""
        given = masking(self.network, self.target_layer, as_inputs(images).images, before.activations)
        given |= self._riding(images, before)
        found = self._score_channels("masked", given, classes, channels, before)
        return found or self.tensorflow.masked_scores(images, before, classes, channels)

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores with one channel of the layer's output set to 0, in padded chunks of one size."""
        given = self._with_maps(images, before)
        found = self._score_channels("ablated", given, classes, channels, before)
        return found or self.tensorflow.ablated_scores(images, before, classes, channels)

    def position_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, spread: bool = False
    ) -> ChannelScores:
        """Scores with one position of the layer's output alone, in padded chunks of one size."""
        question, asked = "spread_positions" if spread else "positions", all_positions(before.activations)
        given = question, self._with_maps(images, before), classes, asked, before
        found = self._score_channels(*given, "position scores")
        return found or self.tensorflow.position_scores(images, before, classes, spread)

    def _with_maps(self, images: np.ndarray | Inputs, before: Forward) -> Arrays:
        riding_along = self._riding(images, before)
        return {"images": as_inputs(images).images, "activations": before.activations, **riding_along}

    def _riding(self, images: np.ndarray | Inputs, before: Forward) -> dict[str, np.ndarray]:
        return dict(zip(riding_names(self.network, self.targets), riding(images, before), strict=True))

    def _score_channels(
        self,
        question: str,
        given: Arrays,
        classes: np.ndarray,
        channels: np.ndarray,
        before: Forward,
        what: str = "",
    ) -> ChannelScores | None:
        """Scores of the (image, channel) pairs of a batch; None if TensorFlow has to compute them."""
        pairs = Pairs(channels, classes.shape[1], partial(self.progress, what or f"{question} scores"))
        wanted = np.ascontiguousarray(classes, np.int32)

        def chunk(start: int, size: int) -> Arrays:
            return {**given, "pairs": pairs.chunk(start, size), "classes": wanted}

        return pairs.scores if self._filled(question, pairs, chunk, ["pairs"], before) else None

    def predictions(self, images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores of classes and the predicted ones, a few images at a time."""
        names = ["images", *beside_names(self.network, self.targets)[: len(images.extras)]]
        given = dict(zip(names, (images.images, *images.extras), strict=True))
        try:
            found = self._predicted(given)
        except OutOfMemoryError:
            self._halve_chunk(self._few)
            return self.predictions(images)
        if found is not None:
            return as_predictions(self.network.head, found)
        with self._worth.by_tensorflow("predictions", len(images)):
            return self.tensorflow.predictions(images)

    def _predicted(self, given: Arrays) -> np.ndarray | None:
        """(2, n, N) answers about whole images; None if TensorFlow has to give them."""
        size, count, chosen = self._few, len(given["images"]), self._worth.chosen("predictions")
        if chosen is False and not self.by_name:
            return None
        chunks = [dict(zip(given, part, strict=True)) for _, part in full_batches(size, *given.values())]
        shapes = {name: part.shape for name, part in chunks[0].items()}
        traced = lambda: self.tensorflow.graphs.predictions  # noqa: E731
        ready = self.by_name or self._graphs.ready("predictions", shapes) or bool(chosen)
        pays = ready or self._worth.pays("predictions", count, traced, self._kept.lasting)
        graph = self._graphs.graph("predictions", chunks[0], shapes, list(given)) if pays else None
        self._worth.note("predictions", graph is not None, certain=ready or self._graphs.gave_up)
        if graph is None:
            return None
        with self._worth.by_openvino("predictions", count):
            return np.concatenate([*self._answers(graph, chunks)], axis=1)[:, :count]

    @property
    def _few(self) -> int:
        """Whole images in a call: so few that what layers hand on stays close to the processor."""
        few = max(FEW_PIXELS // math.prod(self.network.input_shape[:-1]), 1)
        return self.network.batch_size or min(few, self.chunk_size)

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """Probabilities (inputs, m) of inputs made of images, or values, in padded chunks of one size."""
        names = riding_names(self.network, self.targets)
        scores = PerturbedScores(asked, names, partial(self.progress, asked.what))
        if self._filled(asked.question, scores, scores.chunk, ["rows"]):
            return scores.found
        return self.tensorflow.perturbed_scores(asked)

    def input_gradients(self, asked: InputGradients) -> str:
        """By TensorFlow: the rounding that flips a ReLU moves whole regions of such a gradient.

        So no bound tells a converted graph that is right from one with a fault.
        """
        return self.tensorflow.input_gradients(asked)

    def _filled(
        self,
        question: str,
        scores: Pairs | PerturbedScores,
        chunk: Callable[[int, int], Arrays],
        rows: Sequence[str],
        before: Forward | None = None,
    ) -> bool:
        """Walk over all inputs, by what a graph is given for a chunk of them; False if TensorFlow has to.

        `rows` are the arguments that have a row for each input.
        """
        done = 0
        while done < len(scores):
            size = self._size_for(question, len(scores))
            starts = range(done, len(scores), size)
            try:
                first = chunk(done, size)
                shapes = {name: first[name].shape for name in rows}
                graph = self._graphs.graph(question, first, shapes, rows, before)
                if graph is None:
                    return False
                chunks = (chunk(start, size) for start in starts)
                for start, found in zip(starts, self._answers(graph, chunks), strict=True):
                    done = start + scores.fill(start, found)
            except OutOfMemoryError:
                self._halve_chunk(size)
        return True

    # --- How much at a time --------------------------------------------------------------------------

    def _size_for(self, question: str, count: int) -> int:
        """The chunk's size for a question, which stays; one far beyond what is asked first is smaller."""
        size = self.network.batch_size or min(self.chunk_size, max(count, self._auto_chunk))
        return self._sizes.setdefault(question, size)

    def _halve_chunk(self, size: int) -> None:
        """Go on with half of a chunk that there was no memory for; of a single input by TensorFlow."""
        if size in (1, self.network.batch_size):
            self._graphs.give_up(MemoryError())
            return
        self.chunk_size = size // 2
        self._sizes.clear()
        self._graphs.clear()  # they are compiled for the former size
        log.warning(f"Out of memory: continuing with {self.chunk_size} inputs per call of OpenVINO.")

    def _answers(self, graph: ConvertedGraph, chunks: Iterable[Arrays]) -> Iterator[np.ndarray]:
        try:
            yield from graph.answers(chunks)
        except (RuntimeError, MemoryError) as error:
            if ran_out_of_memory(error):
                raise OutOfMemoryError(OUT_OF_MEMORY) from error
            raise ModelError(f'OpenVINO failed: {reason_of(error)}. Use `engine="tensorflow"`.') from error
