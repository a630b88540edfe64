"""Whether methods look at a layer, and what is said to those who name one for methods that do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xai_cam.cam.batch_maps import Found
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.names import method_of
from xai_cam.errors import InputError, ModelError
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import Layer, find_layer, find_layers
from xai_cam.models.layers import WHOLE, LayerInfo


def needs_layer(methods: Iterable[str]) -> bool:
    """Whether any of these methods looks at a layer; the others look at the model's input.

    Raises
    ------
    InputError
        There is no such method.
    """
    return any(method_of(name).needs_layer for name in methods)


def check_no_layer(layer: Any, fuse: str | None = None) -> None:
    """Refuse a layer, or fusing, for methods none of which looks at a layer.

    Raises
    ------
    InputError
    """
    for name, given in (("layer", layer), ("fuse", fuse)):
        if given is not None:
            raise InputError(
                f"`{name}` is for methods that look at a layer. Leave it out, or add one, as grad-cam."
            )


def targets_of(network: NetworkFacts, layer: Layer, methods: Iterable[str]) -> list[LayerInfo]:
    """What these methods look at: the layers that were named, or the default, and the input.

    Raises
    ------
    ModelError, InputError
        There is no such layer, or no such method.
    """
    needs = {method_of(name).needs_layer for name in methods}
    return [*(find_layers(network, layer) if True in needs else ()), *([WHOLE] if False in needs else ())]


def target_of(network: NetworkFacts, layer: Layer) -> tuple[LayerInfo, ModelError | None]:
    """The target layer; the input where none was named and there is no default, and why there is none."""
    if layer is WHOLE:
        return WHOLE, None
    try:
        return find_layer(network, layer), None
    except ModelError as error:
        if layer is not None:
            raise
        return WHOLE, error


def in_order(found: Sequence[Found], methods: Sequence[str], baselines: Sequence[str]) -> Found:
    """The maps of images at a layer and at the input together: class by class, and method by method."""
    names = [*methods, *baselines]
    return [_in_order(of_image, names) for of_image in zip(*found, strict=True)]


def _in_order(of_image: Sequence[list[Explanation]], names: Sequence[str]) -> list[Explanation]:
    columns = list(dict.fromkeys(one.column for one in of_image[0]))
    together = [one for maps in of_image for one in maps]
    return sorted(together, key=lambda one: (columns.index(one.column), names.index(one.method)))
