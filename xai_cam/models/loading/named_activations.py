"""Activations that a file names as functions of TensorFlow, and what they are called in Keras."""

from __future__ import annotations

import re
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.renames import OPERATION_ACTIVATIONS, RENAMED_ACTIVATIONS, RENAMED_FUNCTIONS
from xai_cam.models.loading.shape import Config

ACTIVATION_ARGUMENTS = ("activation", "recurrent_activation")

MODULES = re.compile(r"builtins|tensorflow(\.python\.(ops|util|framework))?(\.\w+)?|keras\.src\.ops\.\w+")
"""Where Keras, in whatever version, says that these functions come from; none of them is imported."""


def is_namesake(item: Any) -> bool:
    """Whether a serialised function is one of TensorFlow's that has a namesake in Keras."""
    if not _is_function(item):
        return False
    module = item.get("module")
    known = module is None or (isinstance(module, str) and MODULES.fullmatch(module) is not None)
    return known and _namesake(item.get("config")) is not None


def rename_activation(layer: Config) -> bool:
    """Names that tf.keras gave to the functions of `tf.nn`."""
    import keras

    changed = False
    for key in ACTIVATION_ARGUMENTS:
        before = layer["config"].get(key)
        found = None
        if is_namesake(before):
            found = _namesake(before["config"])
        elif isinstance(before, str):
            found = RENAMED_ACTIVATIONS.get(before) or _operation(before)
        if found is not None and found != before:
            layer["config"][key] = found
            changed = True
    activation = layer["config"].get("activation")
    if isinstance(activation, str) and not hasattr(keras.activations, activation):
        raise ModelError(
            f"Layer {layer['config'].get('name')!r} uses the activation {activation!r}, which Keras does "
            "not have. Provide its code with `custom_objects={name: function}`."
        )
    return changed


def _is_function(value: Any) -> bool:
    """Whether a value is a function as Keras 3 stores it, by its name."""
    return isinstance(value, dict) and value.get("class_name") == "function"


def _namesake(name: Any) -> Any:
    """What a function is called in Keras: the name of an activation, or an operation; None if it has none."""
    import keras

    if not isinstance(name, str):
        return None
    plain = {**RENAMED_ACTIVATIONS, **RENAMED_FUNCTIONS}.get(name, name)
    known = (
        name.islower() and callable(getattr(keras.activations, plain, None)) and plain not in NO_ACTIVATIONS
    )
    return plain if known else _operation(name)


NO_ACTIVATIONS = frozenset({"get", "serialize", "deserialize"})
"""What Keras has beside its activations."""


def _operation(name: str) -> Config | None:
    """An operation of Keras in the place of an activation."""
    if name not in OPERATION_ACTIVATIONS:
        return None
    module, class_name = OPERATION_ACTIVATIONS[name]
    return {"module": module, "class_name": class_name, "config": {}, "registered_name": class_name}
