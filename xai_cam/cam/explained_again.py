"""Changed images explained as the originals were: the same class, layer, method and options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.images.class_specs import ClassSpec
from xai_cam.models.input.inputs import Inputs

Numbers = tuple[int, int]
"""An image of a batch, and one of its maps."""

ExplainAgain = Callable[[np.ndarray, Sequence[Numbers]], list[Explanation]]
"""Gets images (k, H, W, c), and what each was made of; gives their explanations."""


Counted = Callable[[int, int, int], AbstractContextManager[Any]]
"""Gets how many changed images are explained, how many are next, and how many there are; gives a context in
which the model is asked."""


def _uncounted(*_: int) -> AbstractContextManager[Any]:
    """Nobody counts."""
    return nullcontext()


@dataclass
class Again:
    """Explains changed images of a batch: an `ExplainAgain`.

    What the model takes beside an image is that of the original. What a segmentation explains is the region
    that it finds in the changed image, unless masks say where.

    Parameters
    ----------
    explainers : sequence of LayersExplainer
        Those that made the maps.
    inputs : Inputs
        The originals.
    found : n sequences of Explanation
        Their maps.
    counted : Counted
        Around every call of an explainer.
    """

    explainers: Sequence[LayersExplainer]
    inputs: Inputs
    found: Sequence[Sequence[Explanation]]
    counted: Counted = _uncounted
    _by_layer: dict[str, LayersExplainer] = field(init=False)

    def __post_init__(self) -> None:
        single = [one for several in self.explainers if several.fusion is None for one in several.explainers]
        self._by_layer = {one.target_layer.path: LayersExplainer([one]) for one in single}

    def __call__(self, images: np.ndarray, of: Sequence[Numbers]) -> list[Explanation]:
        """The explanations of images (k, H, W, c), each as the map that it belongs to."""
        originals = [self.found[image][number] for image, number in of]
        groups: dict[tuple[str, str], list[int]] = {}
        for place, one in enumerate(originals):
            groups.setdefault((one.layer, one.method), []).append(place)
        found: dict[int, Explanation] = {}
        size = max(len(self.inputs), 1)
        for (layer, method), every in groups.items():
            for start in range(0, len(every), size):
                places = every[start : start + size]
                changed = self._inputs(images[places], [of[place][0] for place in places])
                asked = [originals[place] for place in places]
                with self.counted(len(found), len(places), len(originals)):
                    made = self._explain(layer, method, changed, asked)
                found |= dict(zip(places, made, strict=True))
        return [found[place] for place in range(len(originals))]

    def _inputs(self, images: np.ndarray, of: Sequence[int]) -> Inputs:
        extras, regions = (
            tuple(one[list(of)] for one in s) for s in (self.inputs.extras, self.inputs.regions)
        )
        return Inputs(np.asarray(images, np.float32), extras, regions, black=self.inputs.black)

    def _explain(
        self, layer: str, method: str, inputs: Inputs, asked: Sequence[Explanation]
    ) -> list[Explanation]:
        """The maps of one method at one layer."""
        explainer = self._by_layer.get(layer, self.explainers[0])  # fused, or of the input
        methods, baselines = ((), (method,)) if method in BASELINES else ((method,), ())
        specs = self._specs(explainer, asked)
        made = explainer.at_layers(inputs, methods, specs, baselines)[0]
        return [
            next(one for one in of_image if isinstance(specs, np.ndarray) or _goal(one) == _goal(original))
            for of_image, original in zip(made, asked, strict=True)
        ]

    def _specs(
        self, explainer: LayersExplainer, asked: Sequence[Explanation]
    ) -> np.ndarray | list[ClassSpec]:
        """The class of each image; where it takes words to say, all that the batch was asked for."""
        every = [one for of_image in self.found for one in of_image]
        blocks = explainer.targets.blocks
        if blocks[0].head is None:
            return ["predicted"]
        if len(blocks) == 1 and not any(one.members or one.direction for one in every):
            return np.array([[one.target_class] for one in asked])
        return list(dict.fromkeys(map(_spec, every)))


def _spec(one: Explanation) -> ClassSpec:
    """What a caller says for the class of a map."""
    if one.direction:
        return f"{one.target_class}:{one.direction}"
    return "+".join(map(str, one.members)) if one.members else one.target_class


def _goal(one: Explanation) -> tuple[str, int, tuple[int, ...], str]:
    return one.output_name, one.target_class, one.members, one.direction
