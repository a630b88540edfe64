"""The maps of one batch of images at one layer or several, from one set of passes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.channel_axes import sum_of_channels
from xai_cam.cam.channel_rounds import RoundsProgress
from xai_cam.cam.engines.questions import Engine, WholeImages, riding
from xai_cam.cam.evidence import BatchEvidence, Columns, LayerEvidence, gradients_at_once
from xai_cam.cam.explained import as_explanation
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.input_evidence import InputEvidence
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.map_sign import Maps, cannot_be_negative, cut
from xai_cam.cam.methods import METHODS, Evidence, Method
from xai_cam.cam.pixel_maps import OnPath, residuals
from xai_cam.cam.random_masks import Sampled
from xai_cam.cam.smoothing import Changed, changed, smoothed, turned_back
from xai_cam.cam.targets import Targets
from xai_cam.errors import OutOfMemoryError
from xai_cam.images.class_specs import ClassSpec, classes_of
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.layers import WHOLE, LayerInfo

log = logging.getLogger(__name__)

NO_MEMORY = "Out of memory with a single image. Free some, or ask for fewer `samples`, classes or layers."

Found = list[list[Explanation]]
"""For each image of a batch its maps."""


Asked = Sequence[ClassSpec] | np.ndarray | Columns
"""The classes of images, as a `BatchEvidence` takes them."""


class AtLayer(Protocol):
    """A layer that is explained, as an `Explainer` has it."""

    target_layer: LayerInfo
    engine: Engine
    settings: MapSettings
    progress: RoundsProgress
    for_metrics: bool


@dataclass(frozen=True)
class Question:
    """What is asked of each layer.

    `whole` computes whole images at all `layers`, one of which may be the input itself (`WHOLE`); `rows` are
    methods, each with the score to use with it, for the places that they are of. `baselines` come behind them
    at layers, and at the input where there is no layer.
    """

    layers: Sequence[AtLayer]
    whole: WholeImages
    targets: Targets
    rows: Sequence[tuple[Method, str]]
    baselines: Sequence[str] = ()

    def answer(self, images: Inputs, specs: Sequence[ClassSpec] | np.ndarray) -> list[Found]:
        """For each layer the maps of each image, class by class (each once) and method by method.

        Where memory ends, one half of the images is explained after the other.
        """
        if len(images) <= self.layers[0].engine.at_most(len(images)):
            try:
                return self._answer(images, specs)
            except OutOfMemoryError:
                if len(images) == 1:
                    raise
            except MemoryError as error:
                if len(images) == 1:
                    raise OutOfMemoryError(NO_MEMORY) from error
            log.warning(f"Out of memory with {len(images)} images at once: continuing with half of them.")
        half = len(images) // 2
        first, second = (
            self.answer(images[part], classes_of(specs, part)) for part in (slice(half), slice(half, None))
        )
        return [one + later(other, half) for one, other in zip(first, second, strict=True)]

    def _answer(self, images: Inputs, specs: Sequence[ClassSpec] | np.ndarray) -> list[Found]:
        found, classes = self._at_once(images, specs)
        if not self.layers[0].settings.smooth:
            return found
        of_methods = replace(self, baselines=())  # baselines know nothing of the image
        again = [(one, of_methods._at_once(one.inputs, Columns(classes))[0]) for one in changed(images)]
        return [
            _smoothed(of_layer, [(one, maps[number]) for one, maps in again])
            for number, of_layer in enumerate(found)
        ]

    def _at_once(self, images: Inputs, specs: Asked) -> tuple[list[Found], np.ndarray]:
        """The maps, and the columns (n, m) of the scores that they are of."""
        of_gradients = [score for method, score in self.rows if method.evidence is Evidence.GRADIENTS]
        first = next(iter(of_gradients), None)
        layers = [at.target_layer for at in self.layers if at.target_layer is not WHOLE]
        at_once = gradients_at_once(layers, len(images))
        batch = BatchEvidence(self.whole, images, specs, self.targets, first, at_once)
        at_layers = [
            _LayerMaps(at, _evidence(batch, number, at), self._baselines(at))
            for number, at in enumerate(self.layers)
        ]
        for column in range(batch.classes.shape[1]):  # of all layers, so that few gradients are held
            for one in at_layers:
                one.add(column, [row for row in self.rows if row[0].needs_layer == one.of_layer])
        return [one.explanations for one in at_layers], batch.classes

    def _baselines(self, at: AtLayer) -> Sequence[str]:
        """Those of one place."""
        alone = len(self.layers) == 1
        return self.baselines if alone or at.target_layer is not WHOLE else ()


def _evidence(batch: BatchEvidence, number: int, at: AtLayer) -> LayerEvidence | InputEvidence:
    """That of a layer, by its number among them, or of the input, which comes behind all layers."""
    if at.target_layer is WHOLE:
        return InputEvidence(batch, at.engine, at.settings.sampling)
    return LayerEvidence(batch, number, at.engine, at.settings.limits, at.settings.sign, at.progress)


def _smoothed(found: Found, again: Sequence[tuple[Changed, Found]]) -> Found:
    """The maps at one place, each the mean of its own and those of the changed images."""
    others: list[dict[tuple[int, str], list[Explanation]]] = [{} for _ in found]
    for one, of_images in again:
        for of_image, own in zip(of_images, others, strict=True):
            for explanation in of_image:
                key = explanation.column, explanation.method
                own.setdefault(key, []).append(turned_back(explanation) if one.mirrored else explanation)
    return [
        [smoothed(one, own[key]) if (key := (one.column, one.method)) in own else one for one in of_image]
        for of_image, own in zip(found, others, strict=True)
    ]


@dataclass
class _LayerMaps:
    """The maps of a batch at one layer, as they are made."""

    at: AtLayer
    evidence: LayerEvidence | InputEvidence
    baselines: Sequence[str]
    explanations: Found = field(init=False)

    def __post_init__(self) -> None:
        activations = self.evidence.forward.activations
        images = as_inputs(self.evidence.batch.images).images
        self.explanations = [[] for _ in activations]
        self._drawn = [
            Maps(name, "logit", BASELINES[name].draw(activations, images)) for name in self.baselines
        ]

    @property
    def of_layer(self) -> bool:
        """Whether they are of a layer, and not of the input."""
        return self.at.target_layer is not WHOLE

    def add(self, column: int, rows: Sequence[tuple[Method, str]]) -> None:
        """Those of one column of classes, for the images that have not had its class yet."""
        batch, made = self.evidence.batch, [self._maps(method, score, column) for method, score in rows]
        for maps in made + self._drawn:
            scores = batch.class_scores(column, maps.score)
            for i, of_image in enumerate(self.explanations):
                if batch.classes[i, column] not in batch.classes[i, :column]:
                    found = maps.of(i, scores[i], self._computed_by(maps.name))
                    one = as_explanation(self.evidence, self.at.target_layer, i, column, found)
                    if self.at.for_metrics:
                        beside = tuple(one[i] for one in riding(batch.images, batch.forward))
                        one = replace(one, riding=beside)
                    of_image.append(one)

    def _computed_by(self, name: str) -> str:
        if name not in METHODS:
            return ""
        if isinstance(self.evidence, InputEvidence):
            return self.evidence.by
        evidence, engine = METHODS[name].evidence, self.at.engine.name
        if evidence.by_position:
            return engine.split()[0]  # less than f32 is for channels
        return engine if evidence.by_channel else self.evidence.batch.whole.by

    def _maps(self, method: Method, score: str, column: int) -> Maps:
        """Maps of one method for one column of classes."""
        activations, sign = self.evidence.forward.activations, self.at.settings.sign
        with np.errstate(invalid="ignore", over="ignore"):  # a NaN is reported as the map's status
            evidence = self.evidence.of(method, column, score)
            one_sided: np.ndarray | None
            errors: Sequence[float] | None = None
            if method.maps is not None:
                sums = method.maps(evidence)
                one_sided = np.full(len(sums), method.absolute and sign == "negative")
                errors = evidence.errors if isinstance(evidence, Sampled) else None
            else:
                assert method.weights is not None, f"{method.name} has neither weights nor maps"
                weights = method.weights(activations, evidence)
                sums = sum_of_channels(activations, weights)
                one_sided = cannot_be_negative(activations, weights) if sign == "negative" else None
            scored = None
            if isinstance(self.evidence, LayerEvidence) and method.evidence.by_channel:
                scored = self.evidence.scored(method, score)
            off = (residuals(sums, evidence), evidence.change) if isinstance(evidence, OnPath) else None
            return Maps(method.name, score, cut(sums, sign), sign, one_sided, scored, off, errors)


def later(explanations: Found, start: int) -> Found:
    """The same maps with image numbers increased."""
    return [[replace(e, image=e.image + start) for e in of_image] for of_image in explanations]
