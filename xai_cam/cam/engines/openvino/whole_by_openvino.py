"""Whole images at several layers by OpenVINO where it answers, else by TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from xai_cam.cam.engines.altered import beside_names
from xai_cam.cam.engines.openvino.converted import Arrays
from xai_cam.cam.engines.openvino.kept import KeptGraphs
from xai_cam.cam.engines.openvino.prefix import Passes
from xai_cam.cam.engines.openvino.reference import Reference
from xai_cam.cam.engines.openvino.worth import Worth
from xai_cam.cam.engines.questions import Forward, as_forwards, with_gradients
from xai_cam.cam.targets import Targets
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.layers import LayerInfo

if TYPE_CHECKING:
    from xai_cam.cam.engines.whole_by_tensorflow import WholeByTensorFlow


class WholeByOpenVINO:
    """Answers for all layers from one pass; `Passes` tells who makes it.

    Parameters
    ----------
    layers : sequence of LayerInfo
    reference : Reference
        What answers the rest.
    kept : KeptGraphs
        Of these layers.
    targets : Targets
    by_name : bool
        OpenVINO was asked for: passes for gradients are its own from the first image on.
    worth : Worth
        Whether it pays elsewhere.
    """

    def __init__(
        self,
        layers: Sequence[LayerInfo],
        reference: Reference,
        kept: KeptGraphs,
        targets: Targets,
        by_name: bool,
        worth: Worth,
    ) -> None:
        self.layers, self._reference, self._by_name = tuple(layers), reference, by_name
        self._worth = worth
        self._passes = Passes(reference, kept, self.layers, worth)
        self._names = beside_names(kept.network, targets)

    @property
    def by(self) -> str:
        """The engine that last computed them."""
        return self._passes.by

    @property
    def _tensorflow(self) -> WholeByTensorFlow:
        return self._reference.engine.at_layers(self.layers)

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """For each layer its activations, and the scores."""
        given = self._given(as_inputs(images))
        found = self._passes.answers("forward", lambda: self._tensorflow.graphs.forward, given)
        if found:
            return as_forwards(self.layers, found)
        with self._worth.by_tensorflow("forward", len(given["images"])):
            return self._tensorflow.forward(images)

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same in one pass with the gradients at each layer."""
        count, given = classes.shape[1], self._given(as_inputs(images), np.asarray(classes, np.int32))
        question = f"gradients of {count} {score}"
        found = self._passes.answers(
            question,
            lambda: self._tensorflow.gradient_function(score, count),
            given,
            at_once=self._by_name,
        )
        if found:
            return with_gradients(self.layers, found)
        with self._worth.by_tensorflow(question, len(classes)):
            return self._tensorflow.gradients(images, classes, score)

    def _given(self, images: Inputs, classes: np.ndarray | None = None) -> Arrays:
        """What the graphs are given, by name."""
        wanted = {} if classes is None else {"classes": classes}
        return {"images": images.images, **wanted, **dict(zip(self._names, images.beside, strict=True))}
