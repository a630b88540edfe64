"""Configurations of every Keras -> configurations of Keras 3, with channels last.

`upgrade` walks over a model's tree of layers. On the way down it applies `OUTER_PASSES` to each layer,
on the way up `PASSES`, for files of Keras 0 to 2 `KERAS2_PASSES`, and `LAST_PASSES`. Then what Theano padded
otherwise is padded so, and the model is turned to channels last.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading import channels_last as layout
from xai_cam.models.loading import keras1, theano
from xai_cam.models.loading.custom import custom_function, custom_name
from xai_cam.models.loading.hdf5 import text_of
from xai_cam.models.loading.passes import KERAS2_PASSES, LAST_PASSES, OUTER_PASSES, PASSES, Pass
from xai_cam.models.loading.shape import Config, check_shape, children, name_of


@dataclass(frozen=True)
class Origin:
    """The version of Keras and the backend that wrote a file, if it records them."""

    keras_version: str | None = None
    backend: str | None = None


@dataclass
class Upgraded:
    """A configuration of Keras 3, and the changes that led to it.

    Attributes
    ----------
    config : dict
        Ready to be built.
    as_saved : dict
        The same with channels where the file has them, which decides the order of a Keras 3 weights file.
    origin : Origin
        What the configuration says of its writer.
    changes : dict of str to list of str
        What was done, in words -> the layers it was done to.
    channels_first : set of str
        Convolutions that the file has with channels first: Keras 1 turned their kernels round, too.
    output_shapes : dict of str to list of int
        The output shapes that Keras 1's transposed convolutions were given.
    deviations : set of str
        Batch normalisations that were saved with the standard deviation, not the variance.
    classes : dict of str to str
        Models that were of a class of their own -> the class that the file has for them.
    """

    config: Config
    as_saved: Config = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    changes: dict[str, list[str]] = field(default_factory=dict)
    channels_first: set[str] = field(default_factory=set)
    output_shapes: dict[str, list[int]] = field(default_factory=dict)
    deviations: set[str] = field(default_factory=set)
    classes: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, names: list[str]) -> None:
        """Record the names that a change concerns."""
        if names:
            self.changes.setdefault(what, []).extend(names)


def upgrade(config: Config, origin: Origin | None = None, custom: Collection[str] = ()) -> Upgraded:
    """The same model as a configuration that Keras 3 deserialises.

    Parameters
    ----------
    config : dict
        What `model.to_json()` or an H5 file's `model_config` holds. It is not changed.
    origin : Origin, optional
        Who wrote it, where the file says so outside of the configuration.
    custom : collection of str
        Names of classes that are not Keras' own; their layers are left as they are.

    Raises
    ------
    ModelError
        A layer uses something that Keras 3 cannot express, or the configuration is damaged.
    """
    if not isinstance(config.get("class_name"), str) or not isinstance(config.get("config"), dict | list):
        raise ModelError("The JSON does not describe a Keras model. Write it with `model.to_json()`.")
    check_shape(config, custom)
    config = copy.deepcopy(config)
    stated = (config.pop("keras_version", None), config.pop("backend", None))
    origin = origin or Origin()
    version = str(stated[0] or origin.keras_version or _guess_version(config))
    found = Upgraded(config, origin=Origin(version, text_of(origin.backend or stated[1])))
    passes = [*PASSES, *(() if version.startswith("3") else KERAS2_PASSES), *LAST_PASSES]
    if version.startswith(("0", "1")):
        if _saved_deviations(version, found.origin.backend):
            found.deviations = _normalisations(config)
        keras1.name_orderings(config, "th" if version == keras1.KERAS_0 else None)
    found.output_shapes = keras1.output_shapes(config) if version.startswith("1") else {}
    found.as_saved = config
    _upgrade_layer(config, passes, found, custom)
    if custom_name(config) in custom:
        return found
    if found.origin.backend == "theano":
        found.note("padded as Theano did", theano.explicit_padding(config, version))
    found.channels_first = layout.channels_first_layers(config)
    if found.channels_first:
        found.config = copy.deepcopy(config)
        layout.make_channels_last(found.config)
        found.note("converted from channels first to channels last", sorted(found.channels_first))
    return found


def _guess_version(config: Config) -> str:
    """Keras 3 writes `module` beside every class and `batch_shape` into its input layers."""
    text = repr(config)
    if any(f"'{key}':" in text for key in ("nb_filter", "border_mode", "dim_ordering", "W_regularizer")):
        return "1.0"
    return "3" if "module" in config and "'batch_input_shape':" not in text else "2"


def _saved_deviations(version: str, backend: str | None) -> bool:
    """Whether `running_std` was what it says: up to Keras 1.0.5, and in 1.0.6 on Theano.

    Later versions of Keras 1 kept the name for what had become the variance; the first ones did not write
    their version.
    """
    early = version.startswith("0.") or version in ("1.0", *(f"1.0.{n}" for n in range(6)))
    return early or (version == "1.0.6" and backend == "theano")


def _normalisations(config: Config) -> set[str]:
    return {
        name_of(layer) for layer in keras1.layers_of(config) if layer["class_name"] == "BatchNormalization"
    }


def _upgrade_layer(layer: Config, passes: list[Pass], found: Upgraded, custom: Collection[str]) -> None:
    name = custom_name(layer)
    if name in custom:
        layer |= {"module": None, "class_name": name, "registered_name": name}
        return
    _name_functions(layer["config"], custom)
    for key in ("build_config", "compile_config"):
        layer.pop(key, None)
    _apply(OUTER_PASSES, layer, found)
    for child in children(layer):
        _upgrade_layer(child, passes, found, custom)
    _apply(passes, layer, found)


def _apply(passes: list[Pass], layer: Config, found: Upgraded) -> None:
    for text, change in passes:
        if change(layer):
            found.note(text, [str(layer["config"].get("name") or layer["class_name"])])


def _name_functions(config: Any, custom: Collection[str]) -> None:
    """Activations of the user's own, which Keras 2 wrote by their bare names."""
    for key in ("activation", "recurrent_activation") if isinstance(config, dict) else ():
        value = config.get(key)
        name = (
            custom_name(value) if isinstance(value, dict) and value.get("class_name") == "function" else value
        )
        if isinstance(name, str) and name in custom:
            config[key] = custom_function(name)
