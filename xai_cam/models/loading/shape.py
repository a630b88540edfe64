"""The shape of a configuration: what every pass may rely on is checked before the first of them runs.

A configuration is a stranger's, and anything in it may be missing or of another type. After `check_shape`
the passes read what it has seen as they like; the rest they read with `name_of`, `layers_in` and
`whole_numbers`. So a `LookupError` in a pass is a fault of the pass, and comes up as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from xai_cam.errors import ModelError, shortened
from xai_cam.models.loading.custom import custom_name

Config = dict[str, Any]

MODELS = ("Functional", "Sequential")

OF_LAYERS = (*MODELS, "Model", "Network")
"""Classes that are made of layers, also by their former names."""

WRAPPERS = frozenset({"TimeDistributed", "Bidirectional"})
"""Classes that run one layer, which they cannot do without."""

INSIDE = ("layer", "forward_layer", "backward_layer", "activation", "cell")
"""Arguments of layers that may be layers themselves."""

TEXTS = ("name", "data_format", "dim_ordering")
"""Arguments that are text where they are there."""


def damaged(what: str) -> ModelError:
    """The error for a configuration that no Keras wrote."""
    return ModelError(f"The model's configuration is damaged ({shortened(what, 200)}). Save the model again.")


def check_shape(config: Config, custom: Collection[str] = ()) -> None:
    """See that models are made of layers, and layers of a class, a configuration and calls.

    Parameters
    ----------
    config : dict
        A model's configuration.
    custom : collection of str
        Classes of the user's own, which may hold whatever they like.

    Raises
    ------
    ModelError
        Something is missing or of another type.
    """
    _check_layer(config, "the model")
    if custom_name(config) in custom:
        return
    class_name, inner = config["class_name"], config["config"]
    if isinstance(inner, list):
        inner = {"layers": inner}
    if class_name in OF_LAYERS and not isinstance(inner.get("layers"), list):
        raise damaged(f"{_label(config)} has no list of layers")
    if class_name in OF_LAYERS:
        for layer in inner["layers"]:
            _check_layer(layer, f"a layer of {_label(config)}")
    if class_name in WRAPPERS:
        _check_layer(inner.get("layer"), f"the layer inside {_label(config)}")
    for child in children(config):
        check_shape(child, custom)


def _check_layer(layer: Any, where: str) -> None:
    """See that `layer` has a class, a configuration and a list of calls."""
    if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
        raise damaged(f"{where} has no class")
    config = layer.get("config")
    if not isinstance(config, dict) and not (
        isinstance(config, list) and layer["class_name"] == "Sequential"
    ):
        raise damaged(f"{where}, {_label(layer)}, has no configuration")
    for key, value in config.items() if isinstance(config, dict) else ():
        if key in TEXTS and not isinstance(value, str | None):
            raise damaged(f"the {key} of {_label(layer)} is {value!r}")
    if layer.get("inbound_nodes") and not isinstance(layer["inbound_nodes"], list):
        raise damaged(f"the calls of {_label(layer)} are not a list")


def _label(layer: Config) -> str:
    config = layer.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return repr(name) if isinstance(name, str) else f"a {layer['class_name']}"


def children(layer: Config) -> Iterator[Config]:
    """Layers inside a model or a wrapper (`TimeDistributed`, `Bidirectional`), or used as an activation."""
    config = layer["config"]
    config = {"layers": config} if isinstance(config, list) else config
    inner = [config.get(key) for key in INSIDE]
    for key in ("layers", "cells"):
        inner += config[key] if isinstance(config.get(key), list) else []
    yield from (c for c in inner if isinstance(c, dict) and isinstance(c.get("config"), dict | list))


def layers_in(model: Config) -> list[Config]:
    """The layers that a model is made of; none for a layer, or what is no layer."""
    config = model["config"]
    inner = config if isinstance(config, list) else config.get("layers")
    return [layer for layer in inner if _is_layer(layer)] if isinstance(inner, list) else []


def _is_layer(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("class_name"), str)
        and isinstance(item.get("config"), dict | list)
    )


def name_of(layer: Config) -> str:
    """The name of a layer.

    Raises
    ------
    ModelError
        It has none.
    """
    config = layer["config"]
    name = config.get("name", layer.get("name")) if isinstance(config, dict) else None
    if not isinstance(name, str):
        raise damaged(f"a {layer['class_name']} has no name")
    return name


def whole_numbers(layer: Config, key: str, default: int | list[int], count: int) -> list[int]:
    """An argument that is one whole number for each of `count` dimensions, or one for all of them.

    Raises
    ------
    ModelError
        It is something else.
    """
    value = layer["config"].get(key) or default
    numbers = value if isinstance(value, list) else [value] * count
    if len(numbers) != count or not all(isinstance(number, int) for number in numbers):
        raise damaged(f"{key} of {_label(layer)} is {value!r}")
    return list(numbers)


def is_reference(value: Any) -> bool:
    """Whether a value is Keras 2's `[layer, node, tensor, ...]`."""
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
