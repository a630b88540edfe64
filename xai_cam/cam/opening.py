"""A model and its inputs as callers bring them -> a network, a batch, and what is explained of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.images.arrays import as_array, batch_of
from xai_cam.images.class_specs import as_specs, check_rivals
from xai_cam.images.labels import read_labels, resolve_names
from xai_cam.images.labels_beside import given_labels
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import as_model, as_network, by_name, fits_channels_first, input_shape, inputs_for
from xai_cam.models.input.given_range import describe_range
from xai_cam.models.input.input_shape import may_be_channels_first
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.input.model_inputs import image_among, image_beside, inputs_of
from xai_cam.models.output.model_output import named_by

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Places:
    """Where a caller wants to look: the head, the grid of tokens and the call, as for `explain`."""

    head: str = "auto"
    reshape: tuple[int, ...] | None = None
    call: int | None = None


@dataclass(frozen=True)
class Opened:
    """What was opened: a network, its inputs, the targets, the names of the classes, and those asked for.

    `images` are those among what the caller gave.
    """

    network: NetworkFacts
    inputs: Inputs
    targets: Targets
    names: Sequence[str] | None
    classes: Any
    images: Any


def opened(
    model: Any,
    images: Any,
    computing: Computing,
    places: Places,
    asked: TargetRequest,
    target_class: Any,
    labels: Sequence[str] | str | Path | None,
    extra: Mapping[str, Any] | None,
) -> Opened | None:
    """All that is needed to explain images; None where there is no image.

    Raises
    ------
    ModelError, InputError
        As `explain` does.
    """
    given = as_model(model, computing.keeps, computing.device)
    network, batch = open_both(
        *(given, images, places.head, places.reshape, places.call, computing.batch_size), asked, extra
    )
    if network is None:
        return None
    names = names_for(network, labels)
    targets = asked.targets(network, names)
    batch = asked.with_regions(targets, batch)
    classes = asked.classes(resolve_names(target_class, names), len(batch))
    if isinstance(targets.aim.against, tuple) and targets.aim.against:
        specs = as_specs(classes, len(batch), targets.blocks[0].ranked)
        check_rivals(specs if isinstance(specs, list) else np.unique(specs).tolist(), targets.aim.against)
    return Opened(network, batch, targets, names, classes, pictured_by(network, images))


def names_for(network: NetworkFacts, labels: Sequence[str] | str | Path | None) -> Sequence[str] | None:
    """The names of the classes, checked against the output that has as many, or else the first."""
    if isinstance(labels, str | Path):
        labels = read_labels(Path(labels))
    named = named_by(network.outputs, labels)
    return None if named is None or named.head is None else given_labels(labels, named.head.classes)


def pictured_by(network: NetworkFacts, images: Any) -> Any:
    """The images among all inputs that a caller gave."""
    if isinstance(images, Inputs):
        return images.images
    images = by_name(network, images)
    return images[network.image_name] if isinstance(images, Mapping) else images


def open_both(
    model: Any,
    images: Any,
    head: str = "auto",
    reshape: tuple[int, ...] | None = None,
    call: int | None = None,
    batch_size: int | None = None,
    asked: TargetRequest | None = None,
    extra: Mapping[str, Any] | None = None,
) -> tuple[NetworkFacts | None, Inputs]:
    """A network and its inputs as callers bring them; no network where there is no image.

    There has to be memory for as many of them at a time as there are, or as the caller says.

    Raises
    ------
    ModelError, InputError
        They are no classifier, or do not fit each other.
    """
    asked = asked or TargetRequest()
    given = as_model(model)
    if asked.image_input is None and not isinstance(given, NetworkFacts):
        asked = replace(asked, image_input=image_beside(given, extra or ()))
    whole = images = by_name(given, images, asked.image_input)
    if isinstance(images, Inputs):
        images = images.images
    if isinstance(images, Mapping):
        images = _image_among(given, images, asked.image_input)
    shape, found = input_shape(given, asked.image_input), as_array(images)
    rank = len(shape or (None, None, None))
    count = len(found) if found.ndim == rank + 1 else 1
    at_once = max(min(batch_size or count, count), 1)
    first = shape is not None and may_be_channels_first(shape) and fits_channels_first(found, shape)
    batch = found if first else batch_of(found, shape)
    if not len(batch):
        return None, Inputs(batch)
    size = found.shape[1 - rank :] if first else batch.shape[1:-1]
    network = as_network(
        *(given, size, head, reshape, call, at_once), outputs=asked.outputs, image_input=asked.image_input
    )
    inputs = inputs_for(network, whole, extra)
    line = None if first or hasattr(images, "regions") else describe_range(network, inputs.images)
    if line:
        log.warning(line)
    return network, inputs


def _image_among(model: Any, given: Mapping[str, Any], image_input: str | None) -> Any:
    """The images in a dict of all inputs, by the name that the model has for them."""
    if isinstance(model, NetworkFacts):
        name = model.image_name
    else:
        inputs = inputs_of(model)
        name = inputs[image_among(inputs, image_input)].name if inputs else ""
    if name not in given:
        raise InputError(
            f"The images are not among the inputs given ({', '.join(map(str, given))}). Name them {name!r}, "
            "as the model does."
        )
    return given[name]
