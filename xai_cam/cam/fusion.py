"""Fusing the maps of several layers: early layers are sharp, late ones know the class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.status import LITTLE_SAID, is_nearly_flat
from xai_cam.images.resizing import resize

if TYPE_CHECKING:
    from xai_cam.cam.engines.questions import Engine
    from xai_cam.cam.explainer import Explainer
    from xai_cam.cam.targets import Targets
    from xai_cam.images.class_specs import TargetClass
    from xai_cam.models.facts import NetworkFacts
    from xai_cam.models.layers import LayerInfo

FUSIONS = ("mean", "max")


@dataclass(frozen=True)
class Fusion:
    """Several layers (None: the default one) whose maps are to be fused."""

    how: str
    layers: tuple[str | None, ...]

    def __str__(self) -> str:
        return f"fused-{self.how}"


FUSED_SIDE = 56
"""Rows and columns of a fused map of layers that cover different parts of the input; planes of a volume's."""

Place = str | Fusion | None
"""What a map is of: a layer's path, the default layer (None), or several layers."""


def fuse(explanations: Sequence[Explanation], how: str) -> Explanation:
    """One map of those of several layers, of one image, method and class.

    Each is divided by its own maximum, so that no layer counts for more, and resized bilinearly to the finest
    of their grids; then the mean or the maximum is taken, position by position. Of both signs each is divided
    by its largest absolute value, and their maximum is the value that is furthest from 0.

    Parameters
    ----------
    explanations : sequence of Explanation
        One per layer, of one image, method and class.
    how : str
        `mean` or `max`.

    Returns
    -------
    explanation : Explanation
        Its `cam` lies in [0, 1] on the finest grid, of both signs in [-1, 1]; `blank` only if all of them
        are, `non-finite` if one is.
    """
    size = max((e.cam.shape for e in explanations), key=math.prod)
    parts = {e.part for e in explanations}
    if len(parts) > 1:  # they cover different parts of the input: their common grid is that of all of it
        size = (FUSED_SIDE,) * len(size)
        explanations = [replace(e, cam=e.on_input(size), part=None) for e in explanations]
    maps = np.stack([resize(e.scaled_map, size) for e in explanations])
    cam = maps.mean(axis=0) if how == "mean" else _furthest(maps)
    layer = f"{how} of {', '.join(e.layer for e in explanations)}"
    status, cause = _judged(explanations, cam)
    return replace(explanations[0], cam=cam, layer=layer, status=status, cause=cause)


def _furthest(maps: np.ndarray) -> np.ndarray:
    """The value (h, w) of all maps (m, h, w) that is furthest from 0: of maps >= 0 their maximum."""
    return np.take_along_axis(maps, np.abs(maps).argmax(axis=0)[None], axis=0)[0]


def _judged(explanations: Sequence[Explanation], cam: np.ndarray) -> tuple[str, str]:
    broken = [e for e in explanations if e.status == "non-finite"]
    if broken or not cam.any():
        worst = (broken or explanations)[0]
        return worst.status, f"{worst.layer}: {worst.cause}"
    if cam.max() == cam.min():
        return "flat", "the maps of these layers add up to the same value everywhere"
    return "ok", LITTLE_SAID if is_nearly_flat(cam) else ""


class FusedExplainer:
    """Explains as an `Explainer` does, each map fused of those of several layers.

    Parameters
    ----------
    explainers : sequence of Explainer
        One for each layer, of one network.
    how : str
        `mean` or `max`.
    """

    def __init__(self, explainers: Sequence[Explainer], how: str) -> None:
        self.explainers, self.how = list(explainers), how

    @property
    def network(self) -> NetworkFacts:
        """The network that all explainers share."""
        return self.explainers[0].network

    @property
    def targets(self) -> Targets:
        """The targets that all explainers share."""
        return self.explainers[0].targets

    @property
    def for_metrics(self) -> bool:
        """Whether maps keep what they need to be measured."""
        return self.explainers[0].for_metrics

    @for_metrics.setter
    def for_metrics(self, wanted: bool) -> None:
        for one in self.explainers:
            one.for_metrics = wanted

    @property
    def engine(self) -> Engine:
        """The engine of the first explainer, which names them all."""
        return self.explainers[0].engine

    @property
    def target_layers(self) -> list[LayerInfo]:
        """The layers of all explainers, in order."""
        return [layer for explainer in self.explainers for layer in explainer.target_layers]

    def explain(
        self,
        images: Any,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        baselines: str | Iterable[str] = (),
    ) -> list[list[Explanation]]:
        """Fused maps of one batch; see `Explainer.explain`."""
        found = [explainer.explain(images, method, target_class, baselines) for explainer in self.explainers]
        return [
            [fuse(of_layers, self.how) for of_layers in zip(*of_image, strict=True)]
            for of_image in zip(*found, strict=True)
        ]
