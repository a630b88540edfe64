"""A model in training and the images watched: what it looks at now."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explain import known, make_explainer, source_of
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.opening import pictured_by
from xai_cam.drawing.text import one_line
from xai_cam.errors import InputError
from xai_cam.images.arrays import as_array
from xai_cam.images.class_specs import ClassSpec, TargetClass, as_specs, top_of
from xai_cam.images.labels import resolve_names
from xai_cam.images.labels_beside import given_labels
from xai_cam.images.sources import find_sources, is_pillow
from xai_cam.keras.strip import Cell, Small
from xai_cam.metrics.image_metrics import variant_name
from xai_cam.models.given import Layer, as_network, inputs_for
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.input.prepare import prepare

log = logging.getLogger(__name__)

MAX_IMAGES = 12
"""A strip of more is too wide to be looked at."""


@dataclass(frozen=True)
class Wanted:
    """What is to be watched: images and the question about them, as a caller gave them."""

    images: Any
    layer: Layer
    methods: list[str]
    target_class: TargetClass
    labels: Sequence[str] | str | Path | None
    preprocess: str
    sign: str = "positive"
    image_input: str | None = None
    extra: Mapping[str, Any] | None = None

    @property
    def pictures_given(self) -> bool:
        """Whether the images are files or Pillow's, which have to be read and scaled."""
        several = self.images if isinstance(self.images, list | tuple) else [self.images]
        return any(isinstance(one, str | os.PathLike) or is_pillow(one) for one in several)

    def check(self) -> None:
        """Refuse what can be seen to be wrong before there is a model.

        Raises
        ------
        InputError, ImageError, NoImagesError
            There is no image, or a file is missing.
        """
        if self.pictures_given:
            find_sources(self.images)
        elif isinstance(self.images, Mapping):
            if not self.images:
                raise InputError("There is no input to watch. Give the images among them, by name.")
        elif not len(as_array(self.images)):
            raise InputError("There is no image to watch. Give at least one.")


@dataclass(frozen=True)
class Watched:
    """A model, ready to be explained again and again, and the images as it takes them."""

    explainer: LayersExplainer
    values: Inputs
    methods: list[str]
    classes: list[ClassSpec] | np.ndarray
    labels: Sequence[str] | None
    pictures: list[Small]

    @classmethod
    def of(cls, model: Any, wanted: Wanted) -> Watched:
        """Make the graphs of a model that is built, and read the images.

        Raises
        ------
        XaiCamError
            The model cannot be explained, or something that was asked for does not fit it.
        """
        network = as_network(model, image_input=wanted.image_input)
        given = wanted.images
        if wanted.pictures_given:
            given = prepare(network, given, wanted.preprocess)
        values = inputs_for(network, given, wanted.extra)
        if len(values) > MAX_IMAGES:
            log.warning(f"Watch: {len(values)} images were given; the first {MAX_IMAGES} are drawn.")
        count, classes = min(len(values), MAX_IMAGES), network.head.classes
        labels = given_labels(wanted.labels, classes)
        specs = _one_each(as_specs(resolve_names(wanted.target_class, labels), len(values), classes))
        # OpenVINO would keep the weights of the moment at which it is asked first.
        explainer = make_explainer(
            *(network, wanted.layer, Computing("tensorflow", cache=False), wanted.methods),
            settings=MapSettings(sign=wanted.sign),
        )
        source = source_of(pictured_by(network, given), values)
        pictures = [Small.of(source[i].pixels, source[i].region) for i in range(count)]
        chosen = specs[:count] if isinstance(specs, np.ndarray) else specs
        return cls(explainer, _copied(values[:count]), wanted.methods, chosen, labels, pictures)

    def look(self) -> dict[str, list[Cell]]:
        """For each variant a map of each image, with the weights as they are now."""
        found: dict[str, list[Cell]] = {}
        for maps in self.explainer.explain(self.values, self.methods, self.classes):
            for one in maps:
                found.setdefault(variant_name(one, True), []).append(_cell(one, self.labels))
        return found


def _copied(values: Inputs) -> Inputs:
    """The same, for a training that may go on with the arrays."""
    return Inputs(values.images.copy(), tuple(one.copy() for one in values.extras))


def _cell(explanation: Explanation, labels: Sequence[str] | None) -> Cell:
    one = known(explanation, None, labels)
    value = one.probability if np.isfinite(one.probability) else one.score
    said = f"{one_line(one.target)} {value:.2f}" + ("" if one.status == "ok" else f" ({one.status})")
    return Cell(one.scaled_map, one.part, said, one.region, one.region_part)


def _one_each(specs: list[ClassSpec] | np.ndarray) -> list[ClassSpec] | np.ndarray:
    """The classes of `as_specs`, if they are one for each image."""
    if isinstance(specs, np.ndarray):
        several = specs.shape[1] > 1
    else:
        several = len(specs) > 1 or (top_of(specs[0]) or 1) > 1
    if several:
        raise InputError("A strip shows one class of each image. Give one `target_class`.")
    return specs
