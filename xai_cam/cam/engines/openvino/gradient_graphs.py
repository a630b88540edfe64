"""Gradients at inputs by OpenVINO: the graphs of their chunks, rewritten so that it can run them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from xai_cam.cam.engines.input_gradients import GradientChunks, InputGradients
from xai_cam.cam.engines.openvino.chunk_graphs import ChunkGraphs
from xai_cam.cam.engines.openvino.kept import KeptGraphs
from xai_cam.cam.engines.openvino.reference import Reference
from xai_cam.cam.engines.openvino.verification import difference, gradient_difference
from xai_cam.cam.engines.openvino.worth import Worth


class GradientGraphs(ChunkGraphs):
    """The graphs of gradients at inputs, one for each score and number of columns.

    They are those of `ChunkGraphs`, but for what gradients need: operations that OpenVINO has in place of
    TensorFlow's, and a comparison that knows of their jumps. Where OpenVINO cannot run them, TensorFlow
    answers these questions alone. While weights change, as in a sanity check, it does too.

    Parameters
    ----------
    reference, kept
        As for `ChunkGraphs`.
    worth : Worth
        Whether OpenVINO pays.
    by_name : bool
        It was asked for, and answers whether it pays or not.
    """

    what, anew = "the model's gradients at its input", False

    def __init__(self, reference: Reference, kept: KeptGraphs, worth: Worth, by_name: bool) -> None:
        super().__init__(reference, kept, "f32")
        self._worth, self._by_name = worth, by_name
        self._asked: dict[str, tuple[str, int]] = {}

    def question(self, asked: InputGradients) -> str:
        """The name of what is asked."""
        count = asked.columns.shape[1]
        name = f"input gradients of {count} {asked.score}"
        self._asked[name] = asked.score, count
        return name

    def pays(self, question: str, chunks: GradientChunks, size: int) -> bool:
        """Whether OpenVINO should answer, in chunks of that size: a graph is ready, or converting it pays."""
        if self._by_name or self.ready(question, chunks.shapes(size)):
            return True
        traced = partial(self.traced, question)
        return self._worth.pays(question, len(chunks), traced, self.kept.lasting)

    def traced(self, question: str) -> Any:
        """The function of TensorFlow that a question is."""
        return self.reference.engine.graphs.input_gradients(*self._asked[question])

    def prepare(self, concrete: Any) -> Any:
        """The function in operations that OpenVINO has."""
        from xai_cam.cam.engines.openvino.portable import portable

        return portable(concrete)

    def off_by(self, found: np.ndarray, exact: np.ndarray, precision: str) -> float:  # noqa: ARG002
        """How far gradients are from TensorFlow's, or the scores behind them."""
        return max(
            difference(found[..., -1], exact[..., -1]), gradient_difference(found[..., :-1], exact[..., :-1])
        )
