"""Whole images by OpenVINO: all of it, or up to a layer, with TensorFlow for what follows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import UnconvertibleError, reason_of
from xai_cam.cam.engines.openvino.converted import Arrays
from xai_cam.cam.engines.openvino.kept import KeptGraphs, Proof
from xai_cam.cam.engines.openvino.reference import Reference
from xai_cam.cam.engines.openvino.verification import (
    UnlikeError,
    agreeing,
    difference,
    gradient_difference,
)
from xai_cam.cam.engines.openvino.whole import WholeGraph, compared
from xai_cam.cam.engines.openvino.worth import Traced, Worth
from xai_cam.errors import OutOfMemoryError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.layers import LayerInfo

log = logging.getLogger(__name__)

OPENING = 4.0
"""Seconds, more or less, until TensorFlow is imported, a model built, and a computation traced."""

CHECKED = 4
"""Images that TensorFlow looks at too: few, so that it needs little memory."""


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
    layers : sequence of LayerInfo
        What the answers begin with.
    worth : Worth
        Whether OpenVINO pays, and what TensorFlow has taken.

    Attributes
    ----------
    by : str
        Who answered last.
    """

    def __init__(
        self, reference: Reference, kept: KeptGraphs, layers: Sequence[LayerInfo], worth: Worth
    ) -> None:
        self.reference, self.kept, self.layers, self.worth = reference, kept, layers, worth
        self.by = "tensorflow"
        self._recalled: dict[str, WholeGraph | None] = {}
        self._measured: set[str] = set()
        self._known_slower: set[str] = set()
        self._asked: dict[str, _Question] = {}
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
            Gives the function: (images, ...) -> answers, what the layers put out, and then as in `Forward`.
        given : dict of str to array
            Images, and the other inputs, a row an image, in the order of the function.
        at_once : bool
            From the first image on; else from where it pays.
        """
        self.by, chosen = "tensorflow", self.worth.chosen(question)
        if chosen is False and not at_once:
            return None
        at_once = at_once or bool(chosen)
        found = self._by_proof(question, given, at_once)
        proven, slower = found is not None, question in self._known_slower and not at_once
        if found is None and not self._gave_up and not slower:
            count, reused = len(given["images"]), self.kept.lasting
            if at_once or self.worth.pays(question, count, traced, reused):
                found = self._live(question, traced, given, at_once)
            elif self.worth.is_slower(question):
                self._keep_times(question)
        self.by = self.by if found is None else "openvino"
        self.worth.note(question, found is not None, certain=proven or slower or at_once or self._gave_up)
        return found

    def _by_proof(self, question: str, given: Arrays, at_once: bool) -> list[np.ndarray] | None:
        """The results by the graph that an earlier run has proven; None if there is none.

        None as well where the graph was found to be slower than TensorFlow, by more than it takes to open
        the model for what is left.
        """
        if not self.kept.alone:
            return None
        try:
            if question not in self._recalled:
                kept = self.kept.find(question)
                if kept and kept[0].other:
                    self.worth.told(question, kept[0].usual, kept[0].other)
                    self._measured |= {question} if kept[0].by_batches else set()
                self._recalled[question] = WholeGraph(kept[1]) if kept and kept[1] else None
            graph = self._recalled[question]
            if not at_once and self.worth.lost(question, len(given["images"])) > self._opening:
                self._known_slower |= self._measured & {question}  # for good: it is not measured again
                return None
            return graph(given) if graph else None
        except (RuntimeError, MemoryError, LookupError, ValueError) as error:
            self._check_memory(error, given)
            self._recalled[question] = None
            if not ran_out_of_memory(error):  # what is kept is not to blame for that
                self.kept.forget(question)
            return None

    @property
    def _opening(self) -> float:
        """Seconds that it takes from here until TensorFlow computes."""
        return 0.0 if self.reference.there else OPENING

    def _keep_times(self, question: str) -> None:
        """Keep with its proof what both have taken, for later runs that have the graph alone."""
        times, proof = self.worth.times(question), self.kept.proof(question)
        by_batches = self.worth.is_tried(question)
        if times and proof and proof.graph and by_batches >= proof.by_batches:
            found = replace(proof, usual=times[0], other=times[1], by_batches=by_batches)
            if found != proof:
                self.kept.keep(question, found)

    def _check_memory(self, error: Exception, given: Arrays) -> None:
        """Let fewer images be tried where there was no memory for so many."""
        at_least = self.kept.network.batch_size or 1
        if ran_out_of_memory(error) and len(given["images"]) > at_least:
            raise OutOfMemoryError("Out of memory. Use a smaller `batch_size`.") from error

    def _live(self, question: str, traced: Traced, given: Arrays, at_once: bool) -> list[np.ndarray] | None:
        """The results by a graph of the weights as they are now."""
        with self.reference.engine.running():
            try:
                answering = self._answering(question, traced, given, at_once)
                if answering is None:
                    return None
                with self.worth.by_openvino(question, len(given["images"])):
                    return answering(given)
            except (UnlikeError, RuntimeError, MemoryError) as error:
                self._check_memory(error, given)
                paths, reason = ", ".join(info.path for info in self.layers), reason_of(error)
                part = f"the model up to {paths}" if paths else "this model"
                log.warning(f"OpenVINO cannot run {part}: {reason}. Continuing with TensorFlow.")
                self._gave_up = True
                self._asked.clear()
                return None

    def _answering(self, name: str, traced: Traced, given: Arrays, at_once: bool) -> Answering | None:
        """What answers a question, verified; None where TensorFlow was found to be faster.

        None as well after a change of weights, until they stay the same.
        """
        if name not in self._asked:
            self._asked[name] = _Question.about(traced().get_concrete_function())
        question = self._asked[name]
        concrete, weights = question.concrete, question.weights.hash
        some = {key: part[: self.kept.network.batch_size or CHECKED] for key, part in given.items()}
        if weights != question.of_weights:
            changed, question.of_weights, question.answering = bool(question.of_weights), "", None
            if changed and not at_once:
                self.worth.forget(name)
                return None
            question.answering = whole = self._whole(name, concrete, weights, some)
            question.of_weights = weights
            if (
                whole is not None
                and not at_once
                and self._loses(name, whole, concrete, some, len(given["images"]))
            ):
                return None
        if (
            question.answering is None
            and self.layers
            and (at_once or self.worth.pays(name, len(given["images"]), traced))
        ):
            question.answering = self._joined(concrete, some)
        return question.answering

    def _whole(self, name: str, concrete: Any, weights: str, some: Arrays) -> WholeGraph | None:
        """The graph of all that is asked, once it agrees with TensorFlow; None if it cannot."""
        from xai_cam.cam.engines.openvino.portable import portable

        known = self.kept.proof(name)
        if known and not known.graph:
            return None
        exact = self._exact(concrete, some)

        def off_by(graph: WholeGraph) -> float:
            found, count = graph(some), len(self.layers)
            off = max(map(difference, self._compared(found), self._compared(exact)))
            if "classes" not in some:
                return off
            return max(off, *map(gradient_difference, found[-count:], exact[-count:]))

        try:
            with self.worth.converting(name, concrete):
                made = agreeing(concrete, weights, self.kept.cache, WholeGraph, off_by, prepare=portable)
        except (UnlikeError, RuntimeError) as error:
            if ran_out_of_memory(error):
                raise
            if isinstance(error, UnconvertibleError):  # others may be for these images, or this run, alone
                self.kept.keep(name, Proof("", reason=reason_of(error)))
            return None
        if made.key:
            told = known or Proof("")  # what both took holds, also where the graph itself is there no more
            checked = len(some["images"])
            self.kept.keep(name, replace(told, graph=made.key, checked=checked, off=made.off, sha256=""))
        return made.result

    def _loses(self, name: str, whole: WholeGraph, concrete: Any, some: Arrays, images: int) -> bool:
        """Whether a graph is too slow beside TensorFlow on a few images, unless whole batches are to tell."""
        ways = partial(self._exact, concrete, some), partial(whole, some)
        if self.worth.compare(name, len(some["images"]), *ways) is None:
            return False
        self._keep_times(name)
        return self.worth.declines(name, images)

    def _joined(self, concrete: Any, some: Arrays) -> Answering:
        """The parts up to the layer and behind it, once they agree with TensorFlow on some images."""
        from xai_cam.cam.engines.openvino.joined import join

        return join(concrete, some, self._exact(concrete, some), len(self.layers), self.kept.cache)

    def _compared(self, answers: list[np.ndarray]) -> list[np.ndarray]:
        return compared(answers, len(self.layers))

    @staticmethod
    def _exact(concrete: Any, some: Arrays) -> list[np.ndarray]:
        import tensorflow as tf

        return [answer.numpy() for answer in concrete(*map(tf.constant, some.values()))]


Answering = Callable[[Arrays], list[np.ndarray]]
"""What answers a question about whole images."""


@dataclass
class _Question:
    """What answers a question for weights of one hash; None where TensorFlow does.

    TensorFlow takes a millisecond to find the `concrete` one of a traced function again, so that it is kept.
    """

    concrete: Any
    weights: Weights
    of_weights: str = ""
    answering: Answering | None = None

    @classmethod
    def about(cls, concrete: Any) -> _Question:
        """A question that a traced function answers."""
        return cls(concrete, Weights(concrete))
