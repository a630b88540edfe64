"""Whole images: up to a layer by OpenVINO, and what follows, gradients too, by TensorFlow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cache import Cache
from xai_cam.engines.agreement import UnlikeError, agreeing, difference
from xai_cam.engines.conversion import failed, get_core, reason_of
from xai_cam.engines.split import Split
from xai_cam.engines.tensorflow import TensorFlowEngine
from xai_cam.engines.weights import Weights

log = logging.getLogger(__name__)

WORTH_IT = 128
"""Images from which on a conversion pays off, where nobody asked for OpenVINO."""

CHECKED = 4
"""Images that TensorFlow looks at too: few, so that it needs little memory."""


class Passes:
    """Questions about whole images, where OpenVINO can take its part in them.

    The first images of each question are looked at by TensorFlow alone, too. Where the two differ, or
    OpenVINO has no such operation, TensorFlow answers from then on, and one line of the log says why.

    Parameters
    ----------
    tensorflow : TensorFlowEngine
        Whose graphs are taken.
    cache : Cache, optional
        Keeps converted graphs.

    Attributes
    ----------
    images : int
        How many have come by, since the weights last changed.
    by : str
        Who answered last.
    """

    def __init__(self, tensorflow: TensorFlowEngine, cache: Cache | None) -> None:
        self.tensorflow, self.cache = tensorflow, cache
        self.images, self.by = 0, tensorflow.name
        self._ready: dict[Any, tuple[Split, Weights, str, _Joined | None]] = {}
        self._gave_up = False

    def answers(
        self, question: Any, function: Any, *given: np.ndarray, at_once: bool = False
    ) -> list[np.ndarray] | None:
        """What a question's traced function answers; None where TensorFlow has to.

        Parameters
        ----------
        question : hashable
            Its name.
        function : tf.function
            Of one trace: (images, ...) -> answers, the first four as in `Forward`.
        given : arrays
            Images, and the other inputs, a row an image.
        at_once : bool
            From the first image on; else from where it pays off.
        """
        self.by, self.images = self.tensorflow.name, self.images + len(given[0])
        if self._gave_up or not (at_once or self.images > WORTH_IT):
            return None
        with self.tensorflow.running():
            try:
                joined = self._joined(question, function.get_concrete_function(), given, at_once)
            except (UnlikeError, RuntimeError) as error:
                path, reason = self.tensorflow.target_layer.path, reason_of(error)
                log.warning(f"OpenVINO cannot run what leads to {path}: {reason}. Going on with TensorFlow.")
                self._gave_up = True
                return None
            if joined is None:
                return None
            try:
                found = joined(*given)
            except RuntimeError as error:
                raise failed(error) from error
        self.by = "openvino"
        return found

    def _joined(
        self, question: Any, concrete: Any, given: Sequence[np.ndarray], at_once: bool
    ) -> _Joined | None:
        """Both parts, checked; None after a change of weights, until those seem to last."""
        if question not in self._ready:
            split = Split(concrete)
            self._ready[question] = split, Weights(split.first), "", None
        split, weights, former, joined = self._ready[question]
        if weights.hash == former:
            return joined
        self._ready[question] = split, weights, "", None
        if former and not at_once:
            self.images = 0
            return None
        joined = self._like_tensorflow(concrete, split, weights.hash, [part[:CHECKED] for part in given])
        self._ready[question] = split, weights, weights.hash, joined
        return joined

    def _like_tensorflow(
        self, concrete: Any, split: Split, weights: str, some: Sequence[np.ndarray]
    ) -> _Joined:
        """Both parts, once they say of some images what TensorFlow says."""
        exact = _compared([answer.numpy() for answer in concrete(*map(tf.constant, some))])

        def off_by(joined: _Joined) -> float:
            try:
                return max(map(difference, _compared(joined(*some)), exact))
            except (TypeError, tf.errors.InvalidArgumentError) as error:
                raise ValueError(f"what it gives is not what TensorFlow takes: {error}") from error

        joined, _ = agreeing(
            split.first, weights, self.cache, lambda graph: _Joined(split.rest, graph), off_by
        )
        return joined


class _Joined:
    """The two parts of a question, one behind the other; batches of any size are taken."""

    def __init__(self, rest: Any, graph: Any) -> None:
        self._rest = rest
        options = {
            "NUM_STREAMS": 1,  # all cores work on the same images: TensorFlow waits for them
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._request = get_core().compile_model(graph, "CPU", options).create_infer_request()

    def __call__(self, images: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        self._request.infer([np.ascontiguousarray(images, np.float32)], share_inputs=True)
        edge = [tf.constant(output.data) for output in self._request.output_tensors]
        return [answer.numpy() for answer in self._rest(*edge, *map(tf.constant, others))]


def _compared(answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What is checked: activations, logits and output. Gradients may jump with the last digit of those."""
    activations, logits, _, output, *_ = answers
    return [activations, logits, output]
