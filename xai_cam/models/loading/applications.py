"""The few layers that `keras.applications` defines for itself: part of Keras, though not among its layers."""

from __future__ import annotations

import re
from typing import NamedTuple

from xai_cam.models.loading.functions.calls import is_number
from xai_cam.models.loading.shape import Config


class Own(NamedTuple):
    """The module of `keras.applications` that defines a class, and the numbers that it is made with."""

    module: str
    arguments: frozenset[str]


OWN_LAYERS = {
    "LayerScale": Own("convnext", frozenset({"init_values", "projection_dim"})),
    "StochasticDepth": Own("convnext", frozenset({"drop_path_rate"})),
    "CustomScaleLayer": Own("inception_resnet_v2", frozenset({"scale"})),
}
"""All of them, by name; the rest of these modules builds models and downloads weights."""

REGISTERED = {"CustomScaleLayer": "Custom>CustomScaleLayer"}
"""Names under which tf.keras registered some."""

OF_EVERY_LAYER = frozenset({"name", "trainable", "dtype", "dynamic", "batch_input_shape"})

PACKAGES = re.compile(r"((tf_|tensorflow\.(python\.)?)?keras)(\.src)?\.applications\.(\w+)")


def own_layer(layer: Config) -> tuple[str, str] | None:
    """Module and name of the class in Keras 3, if a serialised layer is one of `keras.applications`' own.

    It must say that it comes from there, or come from a file that names no modules, and have the arguments of
    that class and no others.
    """
    given = layer.get("class_name")
    name = given.removeprefix("Custom>") if isinstance(given, str) else ""
    own = OWN_LAYERS.get(name)
    if own is None or given not in (name, REGISTERED.get(name)) or not _is_from(layer, name, own.module):
        return None
    config = layer.get("config")
    if not isinstance(config, dict) or not own.arguments <= set(config) <= own.arguments | OF_EVERY_LAYER:
        return None
    if not all(is_number(config[key]) for key in own.arguments):
        return None
    return f"keras.src.applications.{own.module}", name


def _is_from(layer: Config, name: str, module: str) -> bool:
    if layer.get("registered_name") not in (None, name, REGISTERED.get(name)):
        return False
    if "module" not in layer:
        return True
    found = PACKAGES.fullmatch(layer["module"]) if isinstance(layer["module"], str) else None
    return found is not None and found[5] == module
