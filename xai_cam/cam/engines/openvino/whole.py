"""Whole images by a graph of OpenVINO alone: activations, scores and gradients in one call."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from xai_cam.cam.engines.openvino.conversion import get_core
from xai_cam.cam.engines.openvino.converted import Arrays

ALONE = {
    "NUM_STREAMS": 1,  # all cores work on the same images: nothing else does meanwhile
    "INFERENCE_PRECISION_HINT": "f32",
}


class WholeGraph:
    """A graph compiled for batches of any size.

    Parameters
    ----------
    graph : openvino.Model
        Its inputs have the names that arrays are given by.
    """

    def __init__(self, graph: Any) -> None:
        self._names, self._free = [part.get_any_name() for part in graph.inputs], Lock()
        self._request = get_core().compile_model(graph, "CPU", ALONE).create_infer_request()

    def __call__(self, given: Arrays) -> list[np.ndarray]:
        """The results in the order of the graph.

        Raises
        ------
        RuntimeError
            OpenVINO's own.
        """
        arrays = {name: np.ascontiguousarray(given[name]) for name in self._names}
        with self._free:
            self._request.infer(arrays, share_inputs=True)
            return [np.array(output.data) for output in self._request.output_tensors]


def compared(answers: Sequence[np.ndarray], layers: int) -> list[np.ndarray]:
    """The results to compare: activations of all layers, logits, probabilities and output.

    Gradients may jump with their last digit.
    """
    return list(answers[: layers + 3])
