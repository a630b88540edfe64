"""Subclasses of `Model` whose graph is in the file all the same: those that change how it is trained."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from xai_cam.models.loading.custom import custom_name
from xai_cam.models.loading.shape import OF_LAYERS, Config

ENDS = {"input_layers", "output_layers"}

OF_SEQUENTIALS = {"name", "trainable", "dtype", "layers", "build_input_shape"}
"""What Keras writes of a Sequential, and of a subclass that adds nothing to its configuration."""


def as_plain_models(config: Config, custom: Collection[str] = ()) -> tuple[Config, dict[str, str]]:
    """A configuration whose subclasses of models are plain ones; their names, and those of their classes.

    Parameters
    ----------
    config : dict
        As it lies in the file; it is not changed.
    custom : collection of str
        Classes that the user brings along, which stay.
    """
    config = copy.deepcopy(config)
    with_modules = "module" in config
    found: dict[str, str] = {}
    pending: list[Any] = [config]
    while pending:
        item = pending.pop()
        if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
            continue
        name = custom_name(item)  # one that is no name of a class stays, and is refused by the audit
        plain = _plain_class(item) if name.isidentifier() and name not in custom else None
        if plain is not None:
            found[str(item["config"].get("name"))] = name
            for key in ("module", "registered_name", "build_config", "compile_config"):
                item.pop(key, None)
            item["class_name"] = plain
            if with_modules:
                item |= {"module": "keras", "registered_name": plain}
        inner = item.get("config")
        if isinstance(inner, dict):
            layers = inner.get("layers")
            pending += [*(layers if isinstance(layers, list) else []), inner.get("layer")]
    return config, found


def _plain_class(item: Config) -> str | None:
    """`Functional` or `Sequential`, if another class has the configuration that Keras gives to these."""
    config, name = item.get("config"), item["class_name"]
    layers = config.get("layers") if isinstance(config, dict) else None
    if name in OF_LAYERS or not isinstance(layers, list) or not layers or not all(map(_is_layer, layers)):
        return None
    assert isinstance(config, dict)
    if set(config) >= ENDS and all(isinstance(layer.get("inbound_nodes"), list) for layer in layers):
        return "Functional"
    return "Sequential" if set(config) <= OF_SEQUENTIALS and _has_input(layers[0]) else None


def _is_layer(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("class_name"), str) and "config" in item


def _has_input(layer: Config) -> bool:
    config = layer["config"]
    return layer["class_name"] == "InputLayer" or (isinstance(config, dict) and "batch_input_shape" in config)


@contextmanager
def called_as_saved(model: Any, classes: Mapping[str, str]) -> Iterator[None]:
    """For reading weights: Keras finds those of a nested model by the name of its class."""
    models = [layer for layer in model._flatten_layers(include_self=False) if hasattr(layer, "layers")]
    renamed = [layer for layer in models if layer.name in classes]
    before = [type(layer) for layer in renamed]
    for layer, kind in zip(renamed, before, strict=True):
        layer.__class__ = type(classes[layer.name], (kind,), {})
    try:
        yield
    finally:
        for layer, kind in zip(renamed, before, strict=True):
            layer.__class__ = kind
