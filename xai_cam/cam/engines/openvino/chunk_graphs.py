"""Whether OpenVINO answers a question about chunks of inputs: by a graph that is proven to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import ref

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import UnconvertibleError, reason_of
from xai_cam.cam.engines.openvino.converted import Arrays, ConvertedGraph
from xai_cam.cam.engines.openvino.kept import KeptGraphs, Proof
from xai_cam.cam.engines.openvino.reference import Reference, by_tensorflow
from xai_cam.cam.engines.openvino.verification import (
    MOVED,
    TOLERANCE,
    UNLIKE,
    UnlikeError,
    agreeing,
    difference,
    moved,
)
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.files.memory import ran_out_of_memory

log = logging.getLogger(__name__)

COARSE = "it puts {:.0%} of the weight of the first channels on others than f32 does"
"""Why a precision is refused."""

OUT_OF_MEMORY = 'Out of memory. Use a smaller `chunk_size`, or `engine="tensorflow"`.'

Shapes = Mapping[str, tuple[int, ...]]


class ChunkGraphs:
    """The converted graph of each question; the first inputs that it is given are computed by TensorFlow too.

    Where the two differ, or OpenVINO has no such operation, TensorFlow answers from then on, and one line of
    the log says why. Of a model that is known from its files the proof of an earlier run does.

    Parameters
    ----------
    reference : Reference
        Whose graphs are taken.
    kept : KeptGraphs
        What earlier runs have proven.
    precision : str
        What scores of channels are computed in.

    Attributes
    ----------
    gave_up : bool
        TensorFlow answers all questions.
    """

    def __init__(self, reference: Reference, kept: KeptGraphs, precision: str) -> None:
        self.reference, self.kept, self.precision = reference, kept, precision
        self.gave_up = False
        self._compiled: dict[str, tuple[Weights | None, str, ConvertedGraph | None]] = {}
        self._before: dict[str, ref[Any]] = {}

    def clear(self) -> None:
        """Compile all anew, for chunks of another size."""
        self._compiled.clear()

    def give_up(self, error: Exception) -> None:
        """Leave all questions to TensorFlow from now on, and say why.

        Raises
        ------
        ModelError
            Less than f32 was asked for, which only OpenVINO has.
        """
        self._give_up(reason_of(error), error)

    def _give_up(self, reason: str, error: Exception | None = None) -> None:
        if self.precision != "f32":
            raise ModelError(
                f"OpenVINO cannot run this model in {self.precision}: {reason}. Leave out `precision`."
            ) from error
        log.warning(f"OpenVINO cannot run this model: {reason}. Continuing with TensorFlow.")
        self.gave_up = True

    def graph(
        self,
        question: str,
        chunk: Arrays,
        fixed: Shapes,
        parts: Sequence[str],
        before: object = None,
    ) -> ConvertedGraph | None:
        """The graph of a question for chunks of one size, checked; None if TensorFlow has to answer.

        `parts` are the inputs that have as many rows as the chunk. A graph holds the weights as they were;
        those of the model may have changed since, as in a sanity check. `before` is what was computed of
        the images as they are: asked again of the same, in rounds, nobody looks at the weights again.
        """
        if self.gave_up:
            return None
        same = self._before.get(question)
        if before is not None and same is not None and same() is before and question in self._compiled:
            return self._compiled[question][2]
        try:
            if self.ready(question, fixed):  # of a model that nobody can change
                return self._compiled[question][2]
            if self.gave_up:
                return None
            found = self._checked(question, chunk, fixed, parts)
            if before is not None:
                self._before[question] = ref(before)
            return found
        except (UnlikeError, RuntimeError, MemoryError) as error:
            if ran_out_of_memory(error):
                raise OutOfMemoryError(OUT_OF_MEMORY) from error
            if isinstance(error, UnconvertibleError):  # others may be for these inputs, or this run, alone
                self.kept.keep(question, Proof("", reason=reason_of(error)), self._precision_of(question))
            self.give_up(error)
            return None

    def ready(self, question: str, fixed: Shapes) -> bool:
        """Whether an earlier run has left the graph of a question, which answers without TensorFlow."""
        if self.kept.alone and not self.gave_up and question not in self._compiled:
            self._recall(question, fixed)
        watched, _, graph = self._compiled.get(question, (None, "", None))
        return graph is not None and watched is None

    def _precision_of(self, question: str) -> str:
        return self.precision if question in ("masked", "ablated") else "f32"

    def _recall(self, question: str, fixed: Shapes) -> None:
        """Take the graph of an earlier run, if it has left one."""
        precision = self._precision_of(question)
        found = self.kept.find(question, precision)
        if found is None:
            return
        proof, graph = found
        if graph is None:
            self._give_up(proof.reason)
            return
        try:
            self._compiled[question] = None, "", ConvertedGraph(graph, fixed, precision)
        except (RuntimeError, LookupError, ValueError, MemoryError) as error:
            if ran_out_of_memory(error):
                raise OutOfMemoryError(OUT_OF_MEMORY) from error
            del graph, found
            self.kept.forget(question, precision)
        else:
            self._tell(precision, proof.checked, proof.off)

    def _checked(
        self, question: str, chunk: Arrays, fixed: Shapes, parts: Sequence[str]
    ) -> ConvertedGraph | None:
        """The graph of the weights as they are now."""
        tensorflow = self.reference.engine
        with tensorflow.running():
            concrete = getattr(tensorflow.graphs, question).get_concrete_function()
        watched, former, graph = self._compiled.get(question, (None, "", None))
        watched = watched or Weights(concrete)
        weights = watched.hash
        if weights == former:
            return graph
        graph = self._like_tensorflow(question, concrete, weights, chunk, fixed, parts)
        self._compiled[question] = watched, weights, graph
        return graph

    def _like_tensorflow(
        self,
        question: str,
        concrete: Any,
        weights: str,
        chunk: Arrays,
        fixed: Shapes,
        parts: Sequence[str],
    ) -> ConvertedGraph:
        """The converted graph, once it agrees with TensorFlow on a chunk."""
        precision = self._precision_of(question)
        exact = by_tensorflow(self.reference.engine, concrete, chunk, parts)
        axis = min(exact.ndim - 1, 1)

        def off_by(graph: ConvertedGraph) -> float:
            (found,) = graph.answers([chunk])
            measure = difference if precision == "f32" else moved
            return measure(found.take(range(exact.shape[axis]), axis), exact)

        made = agreeing(
            concrete,
            weights,
            self.kept.cache,
            lambda graph: ConvertedGraph(graph, fixed, precision),
            off_by,
            *((TOLERANCE, UNLIKE) if precision == "f32" else (MOVED, COARSE)),
        )
        checked = exact.shape[axis]
        self._tell(precision, checked, made.off)
        if made.key:
            self.kept.keep(question, Proof(made.key, checked, made.off), precision)
        return made.result

    def _tell(self, precision: str, checked: int, off: float) -> None:
        if precision != "f32":
            log.warning(
                f"Precision {precision}: by the first {checked} scores it puts {off:.2g} of the weight of "
                "channels on others than f32 does."
            )
