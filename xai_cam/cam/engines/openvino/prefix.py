"""Whole images: up to a layer by OpenVINO, and what follows, gradients too, by TensorFlow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import get_core, reason_of
from xai_cam.cam.engines.openvino.split import Split
from xai_cam.cam.engines.openvino.verification import UnlikeError, agreeing, difference
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.errors import OutOfMemoryError
from xai_cam.files.cache import Cache
from xai_cam.files.memory import ran_out_of_memory

log = logging.getLogger(__name__)

WORTH_IT = 512
"""Passes of images from which on a conversion pays off."""

CHECKED = 4
"""Images that TensorFlow looks at too: few, so that it needs little memory."""


class Passes:
    """Computations on whole images, with the part up to a layer run by OpenVINO.

    The first images of each question are looked at by TensorFlow alone, too. Where the two differ, or
    OpenVINO fails, TensorFlow answers all of these questions from then on, and one line of the log says why.

    Parameters
    ----------
    tensorflow : TensorFlowEngine
        Whose graphs are taken.
    cache : Cache, optional
        Keeps converted graphs.

    Attributes
    ----------
    by : str
        Who answered last.
    """

    def __init__(self, tensorflow: TensorFlowEngine, cache: Cache | None) -> None:
        self.tensorflow, self.cache = tensorflow, cache
        self.by = tensorflow.name
        self._asked: dict[Any, _Question] = {}
        self._seen = 0
        self._gave_up = False

    def answers(
        self, question: Any, function: Any, *given: np.ndarray, at_once: bool = False
    ) -> list[np.ndarray] | None:
        """The results of a traced function; None if TensorFlow has to compute them.

        Parameters
        ----------
        question : hashable
            Its name.
        function : tf.function
            Of one trace: (images, ...) -> answers, the first five as in `Forward`.
        given : arrays
            Images, and the other inputs, a row an image.
        at_once : bool
            From the first image on; else from where it pays off.
        """
        self.by, self._seen = self.tensorflow.name, self._seen + len(given[0])
        if self._gave_up or not (at_once or self._seen > WORTH_IT):
            return None
        with self.tensorflow.running():
            try:
                joined = self._joined(question, function.get_concrete_function(), given, at_once)
                found = joined(*given) if joined else None
            except (UnlikeError, RuntimeError, MemoryError) as error:
                if ran_out_of_memory(error) and len(given[0]) > (self.tensorflow.network.batch_size or 1):
                    raise OutOfMemoryError("Out of memory. Use a smaller `batch_size`.") from error
                path, reason = self.tensorflow.target_layer.path, reason_of(error)
                log.warning(
                    f"OpenVINO cannot run the model up to {path}: {reason}. Continuing with TensorFlow."
                )
                self._gave_up = True
                self._asked.clear()
                return None
        self.by = "openvino" if joined else self.by
        return found

    def _joined(self, name: Any, concrete: Any, given: Sequence[np.ndarray], at_once: bool) -> _Joined | None:
        """Both parts, verified; None after a change of weights, until they stay the same."""
        if name not in self._asked:
            split = Split(concrete)
            self._asked[name] = _Question(split, Weights(split.first))
        question = self._asked[name]
        weights = question.weights.hash
        if weights == question.of_weights:
            return question.joined
        changed, question.of_weights, question.joined = bool(question.of_weights), "", None
        if changed and not at_once:
            self._seen = 0
            return None
        some = [part[: self.tensorflow.network.batch_size or CHECKED] for part in given]
        question.joined = self._like_tensorflow(concrete, question.split, weights, some)
        question.of_weights = weights
        return question.joined

    def _like_tensorflow(
        self, concrete: Any, split: Split, weights: str, some: Sequence[np.ndarray]
    ) -> _Joined:
        """Both parts, once they agree with TensorFlow on some images."""
        exact = _compared([answer.numpy() for answer in concrete(*map(tf.constant, some))])

        def off_by(joined: _Joined) -> float:
            try:
                return max(map(difference, _compared(joined(*some)), exact))
            except (TypeError, tf.errors.InvalidArgumentError) as error:
                raise ValueError(f"TensorFlow cannot take its output: {error}") from error

        joined, _ = agreeing(split.first, weights, self.cache, lambda graph: _Joined(split, graph), off_by)
        return joined


@dataclass
class _Question:
    """The two parts of a computation for weights of one hash; empty if it cannot be split."""

    split: Split
    weights: Weights
    of_weights: str = ""
    joined: _Joined | None = None


class _Joined:
    """The two parts of a computation, one after the other, for batches of any size."""

    def __init__(self, split: Split, graph: Any) -> None:
        self._rest, self._early, self._free = split.rest, split.early, Lock()
        options = {
            "NUM_STREAMS": 1,  # all cores work on the same images: TensorFlow waits for them
            "INFERENCE_PRECISION_HINT": "f32",
        }
        names = [part.get_any_name() for part in graph.inputs]  # a graph has its inputs in any order
        self._names = sorted(names, key=lambda name: (len(name), name))
        self._request = get_core().compile_model(graph, "CPU", options).create_infer_request()

    def __call__(self, *given: np.ndarray) -> list[np.ndarray]:
        early = [np.ascontiguousarray(given[number]) for number in self._early]
        late = [tf.constant(part) for number, part in enumerate(given) if number not in self._early]
        with self._free:
            self._request.infer(dict(zip(self._names, early, strict=True)), share_inputs=True)
            edge = [tf.constant(output.data) for output in self._request.output_tensors]
        return [answer.numpy() for answer in self._rest(*edge, *late)]


def _compared(answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The results to compare: activations, logits and output. Gradients may jump with their last digit."""
    activations, logits, _, output, *_ = answers
    return [activations, logits, output]
