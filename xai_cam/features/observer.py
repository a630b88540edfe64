"""The outputs of several layers for an image, and the weights of their channels, from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_cam.cam.columns import Goal, codes_of, goal_of, groups_in, resolved
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Forward, WholeImages
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError, ModelError
from xai_cam.images.class_specs import ClassSpec
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import LayerInfo


@dataclass(frozen=True)
class Observed:
    """The results of one pass over one image.

    Attributes
    ----------
    maps : tuple of (h, w, k) float32
        What each layer puts out.
    weights : tuple of (k,) float32
        Grad-CAM's weight of each channel for `target`; empty if no class was requested.
    scores : (N,) float32
        Of the classes: probabilities where the model gives them, else its outputs.
    predicted : int
    target : int or None
        The class that the weights are of, or the value.
    goal : Goal, optional
        What that is besides: several classes as one, a direction.
    """

    maps: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    scores: np.ndarray
    predicted: int
    target: int | None
    goal: Goal | None = None


class FeatureObserver:
    """Asks for the outputs of layers of a model.

    Parameters
    ----------
    network : NetworkFacts
    layers : sequence of LayerInfo
        Layers of that network, each once; one that the model calls several times is seen where it is called
        last.
    computing : Computing, optional
        The engine that is asked.
    targets : Targets, optional
        What the weights of channels are of; default: of the classes alone.
    """

    def __init__(
        self,
        network: NetworkFacts,
        layers: Sequence[LayerInfo],
        computing: Computing | None = None,
        targets: Targets | None = None,
    ) -> None:
        self.network, self.layers = network, tuple(layers)
        self._computing, self._targets = computing or Computing(), targets or Targets(network)

    def look(self, image: np.ndarray | Inputs, target: ClassSpec | None = None) -> Observed:
        """The layers' outputs for one preprocessed image.

        Parameters
        ----------
        image : (H, W, c) float array, or Inputs of one image
            Preprocessed as the model takes it; the second of a model of several inputs.
        target : class spec, optional
            A class, `predicted`, several as one, or a value and its direction, of the first output: the
            weights of the channels are computed for it too, each the mean over the map of the gradient of the
            class's logit (Selvaraju et al. 2017, eq. 1); of a segmentation of its sum over the region that is
            predicted.

        Raises
        ------
        ModelError
            The model fails, or a layer has no influence on its output.
        """
        one = image if isinstance(image, Inputs) else Inputs(image[None])
        if target is None:
            return self._observed(self._forward(one))
        code = np.array([[self._code(target)]])
        found, gradients = self._aimed.gradients(one, code, "logit")
        weights = tuple(of_layer[0, 0].mean((0, 1)) for of_layer in gradients)
        blocks = self._targets.blocks
        if blocks[0].head is None:  # likeness: the scores of classes are another question
            return self._observed(self._forward(one), weights)
        column = resolved(code, found[0].output, found[0].predicted, blocks)[0, 0]
        return self._observed(found, weights, goal_of(blocks, int(column))[1])

    def _forward(self, one: Inputs) -> list[Forward]:
        return self._of_classes.forward(Inputs(one.images, one.extras))

    def _observed(
        self, found: Sequence[Forward], weights: tuple[np.ndarray, ...] = (), goal: Goal | None = None
    ) -> Observed:
        first, head = found[0], self.network.head
        scores = first.probabilities if head.has_probabilities and not head.is_segmentation else first.output
        return Observed(
            maps=tuple(forward.activations[0] for forward in found),
            weights=weights,
            scores=scores[0, : head.classes],
            predicted=int(first.predicted[0, 0]),
            target=None if goal is None else goal.target_class,
            goal=goal,
        )

    def _code(self, target: ClassSpec) -> int:
        """The column of a class, or its placeholder; the engine is made anew for several classes as one."""
        found = self._targets.with_groups(groups_in([target]))
        if found is not self._targets:
            self._targets = found
            vars(self).pop("_aimed", None)
        return codes_of(self._targets.blocks[:1], [target])[0]

    @cached_property
    def _of_classes(self) -> WholeImages:
        return self._whole(Targets(self.network))

    @cached_property
    def _aimed(self) -> WholeImages:
        return self._whole(self._targets)

    def _whole(self, targets: Targets) -> WholeImages:
        """Questions about whole images, from one pass for all layers."""
        return make_engine(self._computing, self.network, self.layers[0], targets).at_layers(self.layers)


def find_layers(network: NetworkFacts, names: Sequence[str | None]) -> list[LayerInfo]:
    """The layers by name or path, None the default one.

    Raises
    ------
    ModelError
        There is none of such a name.
    InputError
        Two names are one layer's.
    """
    if len(network.input_shape) > 3:
        raise ModelError(
            "The model takes volumes or films, and activations are drawn of pictures alone. Explain it, for "
            "maps that have a plane for each slice."
        )
    found = [network.find(name) for name in names]
    paths = [info.path for info in found]
    if len(set(paths)) < len(paths):
        raise InputError(f"One layer was given under two names ({', '.join(paths)}). Name it once.")
    return found
