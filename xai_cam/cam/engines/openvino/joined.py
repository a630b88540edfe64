"""Whole images in two parts: up to a layer by OpenVINO, and what follows, gradients too, by TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.openvino.captured import Weights
from xai_cam.cam.engines.openvino.conversion import get_core
from xai_cam.cam.engines.openvino.converted import Arrays
from xai_cam.cam.engines.openvino.split import Split
from xai_cam.cam.engines.openvino.verification import agreeing, difference
from xai_cam.cam.engines.openvino.whole import ALONE, compared
from xai_cam.files.cache import Cache


def join(
    concrete: Any, some: Arrays, exact: Sequence[np.ndarray], layers: int, cache: Cache | None
) -> Joined:
    """Both parts of a traced function, once they agree with TensorFlow on some images.

    Raises
    ------
    UnlikeError, RuntimeError
        They do not agree, or it cannot be cut or converted.
    """
    split, right = Split(concrete, layers), compared(exact, layers)

    def off_by(joined: Joined) -> float:
        try:
            return max(map(difference, compared(joined(some), layers), right))
        except (TypeError, tf.errors.InvalidArgumentError) as error:
            raise ValueError(f"TensorFlow cannot take its output: {error}") from error

    weights = Weights(split.first).hash
    return agreeing(split.first, weights, cache, lambda graph: Joined(split, graph), off_by).result


class Joined:
    """The two parts of a computation, one after the other, for batches of any size."""

    def __init__(self, split: Split, graph: Any) -> None:
        self._rest, self._early, self._free = split.rest, split.early, Lock()
        names = [part.get_any_name() for part in graph.inputs]  # a graph has its inputs in any order
        self._names = sorted(names, key=lambda name: (len(name), name))
        self._request = get_core().compile_model(graph, "CPU", ALONE).create_infer_request()

    def __call__(self, arrays: Arrays) -> list[np.ndarray]:
        """The results in the order of the function."""
        given = list(arrays.values())
        early = [np.ascontiguousarray(given[number]) for number in self._early]
        late = [tf.constant(part) for number, part in enumerate(given) if number not in self._early]
        with self._free:
            self._request.infer(dict(zip(self._names, early, strict=True)), share_inputs=True)
            edge = [tf.constant(output.data) for output in self._request.output_tensors]
        return [answer.numpy() for answer in self._rest(*edge, *late)]
