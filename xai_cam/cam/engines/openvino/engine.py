"""The OpenVINO engine: forward passes on the CPU; TensorFlow does the rest."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import reason_of
from xai_cam.cam.engines.openvino.converted import Arrays, ConvertedGraph, check_precision
from xai_cam.cam.engines.openvino.prefix import Passes
from xai_cam.cam.engines.openvino.reference import by_tensorflow
from xai_cam.cam.engines.openvino.verification import TOLERANCE, UnlikeError, agreeing, difference
from xai_cam.cam.engines.pairs import Pairs
from xai_cam.cam.engines.perturbed import Perturbed, PerturbedScores
from xai_cam.cam.engines.questions import (
    ChannelScores,
    Forward,
    Progress,
    as_forward,
    maps_of,
    riding,
    unseen,
)
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.cam.targets import Targets
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.network import LayerInfo, Network

log = logging.getLogger(__name__)

COARSE = 0.1
"""The tolerance in less than f32 for a graph from the cache: more looks spoilt. A new one is taken as is."""

SMALLER = 4
"""By how much smaller than TensorFlow's a chunk is by default: several are in flight, and it is no slower."""

OUT_OF_MEMORY = 'Out of memory. Use a smaller `chunk_size`, or `engine="tensorflow"`.'


class OpenVINOEngine:
    """Computes scores of masked, ablated and altered inputs by the same graphs, converted.

    The first inputs of each question are computed by TensorFlow too. Where the two differ, or OpenVINO has no
    such operation, TensorFlow answers from then on, and one line of the log says why. A chunk that there is
    no memory for is halved. Passes over whole images are partly TensorFlow's: see `Passes`.

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
        OpenVINO was asked for: passes for gradients are its own from the first image on, not only in long
        runs.
    progress : callable
        As of `Computing`.
    targets : Targets, optional
        As for `TensorFlowEngine`.

    Raises
    ------
    InputError
        The processor does not compute in that precision.
    XaiCamError
        OpenVINO is not installed, or cannot be imported.
    """

    def __init__(
        self,
        network: Network,
        target_layer: LayerInfo,
        chunk_size: int | None = None,
        precision: str = "f32",
        cache: Cache | None = None,
        by_name: bool = False,
        progress: Progress = unseen,
        targets: Targets | None = None,
    ) -> None:
        if precision != "f32":
            check_precision(precision)
        self.target_layer = target_layer
        self.progress = progress
        self.tensorflow = TensorFlowEngine(network, target_layer, chunk_size, "cpu", progress, targets)
        self._auto_chunk = -(-self.tensorflow.auto_chunk // SMALLER)
        self.chunk_size = network.batch_size or network.at_most(chunk_size or self._auto_chunk)
        self._sizes: dict[str, int] = {}
        self.precision, self.cache, self.by_name = precision, cache, by_name
        self._passes = Passes(self.tensorflow, cache)
        self._graphs: dict[str, tuple[Weights, str, ConvertedGraph | None]] = {}
        self._gave_up = False

    @property
    def name(self) -> str:
        """The engine for scores of channels."""
        if self._gave_up:
            return self.tensorflow.name
        return "openvino" if self.precision == "f32" else f"openvino {self.precision}"

    @property
    def passes_by(self) -> str:
        """The engine that last computed whole images."""
        return self._passes.by

    def forward(self, images: np.ndarray | Inputs) -> Forward:
        """Activations and scores of (n, H, W, c) images; small batches go to TensorFlow."""
        given = as_inputs(images)
        arrays = given.images, *given.beside
        found = self._passes.answers("forward", self.tensorflow.graphs.forward, *arrays)
        return as_forward(self.target_layer, found) if found else self.tensorflow.forward(images)

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[Forward, np.ndarray]:
        """The same in one pass with the gradients of the scores of each image's classes."""
        question, given = (score, classes.shape[1]), as_inputs(images)
        function = self.tensorflow.gradient_function(*question)
        arrays = given.images, np.asarray(classes, np.int32), *given.beside
        found = self._passes.answers(question, function, *arrays, at_once=self.by_name)
        if not found:
            return self.tensorflow.gradients(images, classes, score)
        *forward, gradients = found
        return as_forward(self.target_layer, forward), maps_of(self.target_layer, gradients)

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores for every (image, channel) pair of the batch, in padded chunks of one size."""
        masking = self.tensorflow.masking(as_inputs(images).images, before.activations)
        names = ("images", "maps", *("planes", "rows", "columns")[2 - len(masking) :])
        given = dict(zip(names, masking, strict=True)) | self._riding(images, before)
        found = self._score_channels("masked", given, classes, channels)
        return found or self.tensorflow.masked_scores(images, before, classes, channels)

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores with one channel of the layer's output set to 0, in padded chunks of one size."""
        given = {"images": as_inputs(images).images, "activations": before.activations}
        found = self._score_channels("ablated", given | self._riding(images, before), classes, channels)
        return found or self.tensorflow.ablated_scores(images, before, classes, channels)

    def _riding(self, images: np.ndarray | Inputs, before: Forward) -> dict[str, np.ndarray]:
        return dict(zip(self.tensorflow.graphs.riding_names, riding(images, before), strict=True))

    def _score_channels(
        self, question: str, given: Arrays, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores | None:
        """Scores of the (image, channel) pairs of a batch; None if TensorFlow has to compute them."""
        pairs = Pairs(channels, classes.shape[1], partial(self.progress, f"{question} scores"))
        wanted = np.ascontiguousarray(classes, np.int32)

        def chunk(start: int, size: int) -> Arrays:
            return {**given, "pairs": pairs.chunk(start, size), "classes": wanted}

        return pairs.scores if self._filled(question, pairs, chunk, "pairs") else None

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """Probabilities (inputs, m) of inputs made of images, or values, in padded chunks of one size."""
        names = self.tensorflow.graphs.riding_names
        scores = PerturbedScores(asked, names, partial(self.progress, "perturbed scores"))
        if self._filled("perturbed", scores, scores.chunk, "rows"):
            return scores.found
        return self.tensorflow.perturbed_scores(asked)

    def _filled(
        self,
        question: str,
        scores: Pairs | PerturbedScores,
        chunk: Callable[[int, int], Arrays],
        rows: str,
    ) -> bool:
        """Walk over all inputs, by what a graph is given for a chunk of them; False if TensorFlow has to.

        `rows` is the argument that says what each input is made of.
        """
        done = 0
        while done < len(scores):
            size = self._size_for(question, len(scores))
            starts = range(done, len(scores), size)
            try:
                first = chunk(done, size)
                graph = self._graph(question, first, {rows: first[rows].shape}, rows)
                if graph is None:
                    return False
                chunks = (chunk(start, size) for start in starts)
                for start, found in zip(starts, self._answers(graph, chunks), strict=True):
                    done = start + scores.fill(start, found)
            except OutOfMemoryError:
                self._halve_chunk(size)
        return True

    # --- Whether OpenVINO answers --------------------------------------------------------------------

    def _graph(
        self, question: str, chunk: Arrays, fixed: dict[str, Any], *parts: str
    ) -> ConvertedGraph | None:
        """The converted graph of a computation, checked with its first chunk; None if there is none.

        `parts` are the inputs that have as many rows as the chunk. A graph holds the weights as they were;
        those of the model may have changed since, as in a sanity check.
        """
        if self._gave_up:
            return None
        with self.tensorflow.running():
            concrete = getattr(self.tensorflow.graphs, question).get_concrete_function()
        try:
            if question not in self._graphs:
                self._graphs[question] = Weights(concrete), "", None
            watched, former, graph = self._graphs[question]
            weights = watched.hash
            if weights == former:
                return graph
            graph = self._like_tensorflow(question, concrete, weights, chunk, fixed, parts)
        except (UnlikeError, RuntimeError, MemoryError) as error:
            if ran_out_of_memory(error):
                raise OutOfMemoryError(OUT_OF_MEMORY) from error
            self._give_up(error)
            return None
        self._graphs[question] = watched, weights, graph
        return graph

    def _like_tensorflow(
        self,
        question: str,
        concrete: Any,
        weights: str,
        chunk: Arrays,
        fixed: dict[str, Any],
        parts: Sequence[str],
    ) -> ConvertedGraph:
        """The converted graph, once it agrees with TensorFlow on a chunk."""
        precision = "f32" if question == "perturbed" else self.precision
        exact = by_tensorflow(self.tensorflow, concrete, chunk, parts)

        def off_by(graph: ConvertedGraph) -> float:
            (found,) = graph.answers([chunk])
            axis = min(found.ndim - 1, 1)
            return difference(found.take(range(exact.shape[axis]), axis), exact)

        graph, off = agreeing(
            concrete,
            weights,
            self.cache,
            lambda graph: ConvertedGraph(graph, fixed, precision),
            off_by,
            lambda cache: TOLERANCE if precision == "f32" else COARSE if cache else sys.float_info.max,
        )
        if precision != "f32":
            log.warning(
                f"Precision {precision}: the first {exact.shape[1]} scores differ from those in f32 "
                f"by up to {off:.2g} of the largest."
            )
        return graph

    def _give_up(self, error: Exception) -> None:
        reason = reason_of(error)
        if self.precision != "f32":
            raise ModelError(
                f"OpenVINO cannot run this model in {self.precision}: {reason}. Leave out `precision`."
            ) from error
        log.warning(f"OpenVINO cannot run this model: {reason}. Continuing with TensorFlow.")
        self._gave_up = True

    # --- How much at a time --------------------------------------------------------------------------

    def _size_for(self, question: str, count: int) -> int:
        """The chunk's size for a question, which stays; one far beyond what is asked first is smaller."""
        size = self.tensorflow.network.batch_size or min(self.chunk_size, max(count, self._auto_chunk))
        return self._sizes.setdefault(question, size)

    def _halve_chunk(self, size: int) -> None:
        """Go on with half of a chunk that there was no memory for; of a single input by TensorFlow."""
        if size in (1, self.tensorflow.network.batch_size):
            self._give_up(MemoryError())
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
