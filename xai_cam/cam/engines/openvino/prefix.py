"""Whole images by OpenVINO: all of it, or up to a layer, with TensorFlow for what follows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import reason_of
from xai_cam.cam.engines.openvino.converted import Arrays
from xai_cam.cam.engines.openvino.kept import KeptGraphs, Proof
from xai_cam.cam.engines.openvino.reference import Reference
from xai_cam.cam.engines.openvino.verification import UnlikeError, agreeing, difference
from xai_cam.cam.engines.openvino.whole import WholeGraph, compared
from xai_cam.errors import OutOfMemoryError
from xai_cam.files.memory import ran_out_of_memory

log = logging.getLogger(__name__)

WORTH_IT = 512
"""Passes of images from which on a conversion pays off that is not kept for another run."""

CHECKED = 4
"""Images that TensorFlow looks at too: few, so that it needs little memory."""

Traced = Callable[[], Any]
"""Gives the traced function of a question, which may have to be traced first."""


class Passes:
    """Computations on whole images, run by OpenVINO: alone, or else the part up to a layer.

    The first images of each question are looked at by TensorFlow alone, too. Where the two differ, or
    OpenVINO fails, TensorFlow answers all of these questions from then on, and one line of the log says why.
    Of a model that is known from its files the proof of an earlier run does.

    Parameters
    ----------
    reference : Reference
        Whose graphs are taken.
    kept : KeptGraphs
        What earlier runs have proven.
    path : str
        The layer, for the log.

    Attributes
    ----------
    by : str
        Who answered last.
    """

    def __init__(self, reference: Reference, kept: KeptGraphs, path: str) -> None:
        self.reference, self.kept, self.path = reference, kept, path
        self.by = "tensorflow"
        self._recalled: dict[str, WholeGraph | None] = {}
        self._asked: dict[str, _Question] = {}
        self._seen = 0
        self._gave_up = False

    def answers(
        self, question: str, traced: Traced, given: Arrays, at_once: bool = False
    ) -> list[np.ndarray] | None:
        """The results of a traced function; None if TensorFlow has to compute them.

        Parameters
        ----------
        question : str
            Its name.
        traced : callable
            Gives the function: (images, ...) -> answers, the first five as in `Forward`.
        given : dict of str to array
            Images, and the other inputs, a row an image, in the order of the function.
        at_once : bool
            From the first image on; else from where it pays off, which is at once where the graph is kept.
        """
        self.by, self._seen = "tensorflow", self._seen + len(given["images"])
        found = self._by_proof(question, given)
        worth = at_once or self.kept.possible or self._seen > WORTH_IT
        if found is None and worth and not self._gave_up:
            found = self._live(question, traced, given, at_once)
        self.by = self.by if found is None else "openvino"
        return found

    def _by_proof(self, question: str, given: Arrays) -> list[np.ndarray] | None:
        """The results by the graph that an earlier run has proven; None if there is none."""
        if not self.kept.alone:
            return None
        try:
            if question not in self._recalled:
                kept = self.kept.find(question)
                self._recalled[question] = WholeGraph(kept[1]) if kept and kept[1] else None
            graph = self._recalled[question]
            return graph(given) if graph else None
        except (RuntimeError, MemoryError, LookupError, ValueError) as error:
            self._check_memory(error, given)
            self._recalled[question] = None
            self.kept.forget(question)
            return None

    def _check_memory(self, error: Exception, given: Arrays) -> None:
        """Let fewer images be tried where there was no memory for so many."""
        at_least = self.kept.network.batch_size or 1
        if ran_out_of_memory(error) and len(given["images"]) > at_least:
            raise OutOfMemoryError("Out of memory. Use a smaller `batch_size`.") from error

    def _live(self, question: str, traced: Traced, given: Arrays, at_once: bool) -> list[np.ndarray] | None:
        """The results by a graph of the weights as they are now."""
        with self.reference.engine.running():
            try:
                answering = self._answering(question, traced().get_concrete_function(), given, at_once)
                return answering(given) if answering else None
            except (UnlikeError, RuntimeError, MemoryError) as error:
                self._check_memory(error, given)
                log.warning(
                    f"OpenVINO cannot run the model up to {self.path}: {reason_of(error)}. Continuing with "
                    "TensorFlow."
                )
                self._gave_up = True
                self._asked.clear()
                return None

    def _answering(self, name: str, concrete: Any, given: Arrays, at_once: bool) -> Answering | None:
        """What answers a question, verified; None after a change of weights, until they stay the same."""
        question = self._asked.setdefault(name, _Question(Weights(concrete)))
        weights = question.weights.hash
        some = {key: part[: self.kept.network.batch_size or CHECKED] for key, part in given.items()}
        if weights != question.of_weights:
            changed, question.of_weights, question.answering = bool(question.of_weights), "", None
            if changed and not at_once:
                self._seen = 0
                return None
            question.answering = self._whole(name, concrete, weights, some)
            question.of_weights = weights
        if question.answering is None and (at_once or self._seen > WORTH_IT):
            question.answering = self._joined(concrete, some)
        return question.answering

    def _whole(self, name: str, concrete: Any, weights: str, some: Arrays) -> WholeGraph | None:
        """The graph of all that is asked, once it agrees with TensorFlow; None if it cannot."""
        from xai_cam.cam.engines.openvino.split import check_constant

        known = self.kept.find(name)
        if known and known[1] is None:
            return None

        exact = self._exact(concrete, some)

        def off_by(graph: WholeGraph) -> float:
            return max(map(difference, compared(graph(some)), compared(exact)))

        try:
            check_constant(concrete)
            made = agreeing(concrete, weights, self.kept.cache, WholeGraph, off_by)
        except (UnlikeError, RuntimeError) as error:
            if ran_out_of_memory(error):
                raise
            self.kept.keep(name, Proof("", reason=reason_of(error)))
            return None
        self.kept.keep(name, Proof(made.key, len(some["images"]), made.off))
        return made.result

    def _joined(self, concrete: Any, some: Arrays) -> Answering:
        """The parts up to the layer and behind it, once they agree with TensorFlow on some images."""
        from xai_cam.cam.engines.openvino.joined import join

        return join(concrete, some, self._exact(concrete, some), self.kept.cache)

    @staticmethod
    def _exact(concrete: Any, some: Arrays) -> list[np.ndarray]:
        import tensorflow as tf

        return [answer.numpy() for answer in concrete(*map(tf.constant, some.values()))]


Answering = Callable[[Arrays], list[np.ndarray]]
"""What answers a question about whole images."""


@dataclass
class _Question:
    """What answers a question for weights of one hash; None where TensorFlow does."""

    weights: Weights
    of_weights: str = ""
    answering: Answering | None = None
