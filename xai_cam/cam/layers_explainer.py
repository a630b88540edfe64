"""Several layers of one model, whose maps stand side by side or are fused; each batch passes once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xai_cam.cam.batch_maps import Found
from xai_cam.cam.engines.questions import Engine
from xai_cam.cam.explainer import Explainer, explain_layers
from xai_cam.cam.fusion import fuse
from xai_cam.cam.layer_needed import in_order
from xai_cam.cam.names import check_baselines, methods_named
from xai_cam.cam.targets import Targets
from xai_cam.images.class_specs import TargetClass
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo


class LayersExplainer:
    """Explains as an `Explainer` does: of each image the maps at the first layer, then those at the next.

    Activations at all layers, and gradients, come from one pass; only methods that score each channel or
    each position run the model anew for each layer.

    Parameters
    ----------
    explainers : sequence of Explainer
        One for each layer, of one network and for the same targets.
    fusion : str, optional
        `mean`, `max` or `product`: the maps of an image, class and method at all layers become one.
    """

    def __init__(self, explainers: Sequence[Explainer], fusion: str | None = None) -> None:
        self.explainers, self.fusion = list(explainers), fusion

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
        return [explainer.target_layer for explainer in self.explainers]

    def explain(
        self,
        images: Any,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        baselines: str | Iterable[str] = (),
    ) -> Found:
        """For each image its maps; see `Explainer.explain`."""
        found = self.at_layers(images, method, target_class, baselines)
        if len(found) > 1 and (len(self.explainers) == 1 or self.fusion):
            return in_order(found, methods_named(method), check_baselines(baselines))
        return [[one for maps in of_image for one in maps] for of_image in zip(*found, strict=True)]

    def at_layers(
        self,
        images: Any,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        baselines: str | Iterable[str] = (),
    ) -> list[Found]:
        """For each layer, or once where they are fused, for each image its maps; then those of the input."""
        found = explain_layers(self.explainers, images, method, target_class, baselines)
        count = len(self.explainers)
        if self.fusion is None or len(found) < count:  # of the input alone
            return found
        fused = [
            [fuse(of_layers, self.fusion) for of_layers in zip(*of_image, strict=True)]
            for of_image in zip(*found[:count], strict=True)
        ]
        return [fused, *found[count:]]
