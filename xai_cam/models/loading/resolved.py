"""What Keras will make of an upgraded configuration: its own classes for models, or the user's."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.audit import IN_CALLS, objects_in
from xai_cam.models.loading.custom import is_given
from xai_cam.models.loading.functions.calls import CALLED
from xai_cam.models.loading.shape import Config
from xai_cam.models.loading.signatures import keras_class

PARTS = ("layers", "initializers", "regularizers", "constraints", "dtype_policies", "quantizers")
"""Where Keras looks for a class without a module."""


def foreign_objects(config: Config, custom: Collection[str] = ()) -> list[str]:
    """Find what is no class of Keras that models are made of, whatever Keras itself would say to it.

    The configuration went through `audit` as it lay in the file, which may name classes of every Keras. Here
    it is as Keras 3 gets it: every name must lead to a class that a model is made of.

    Parameters
    ----------
    config : dict
        An upgraded configuration.
    custom : collection of str
        Names of what the user brings along.

    Returns
    -------
    dangers : list of str
        One line for each thing found, with the layer's name.
    """
    dangers = []
    for owner, item in objects_in(config, str(config.get("class_name", "the model"))):
        class_name, module = item.get("class_name"), item.get("module")
        if class_name in IN_CALLS or is_given(item, custom):
            continue
        if class_name == "function":
            if str(module).startswith("tensorflow"):
                dangers.append(
                    f"{owner!r} calls {item.get('config')!r} of {module!r}, which is none of Keras'"
                )
            continue
        if not _is_for_models(module, class_name):
            dangers.append(f"{owner!r} is a {class_name!r}, which is no class that models are made of")
    return dangers


def functions_called(config: Config) -> list[tuple[str, str]]:
    """Find the layers that call functions of TensorFlow by their names, and which functions.

    Parameters
    ----------
    config : dict
        An upgraded configuration, in which all that have a counterpart in Keras are something else.
    """
    found = [item["config"] for _, item in objects_in(config, "") if item.get("class_name") == CALLED]
    return [(str(one.get("name")), str(one.get("function"))) for one in found if isinstance(one, dict)]


def refuse_functions(called: list[tuple[str, str]]) -> None:
    """Raise for the first of some functions of TensorFlow.

    Raises
    ------
    ModelError
        There are any.
    """
    for name, function in called:
        raise ModelError(
            f"Layer {name!r} is the function tf.{function} of TensorFlow as it is called here, which has no "
            "counterpart in Keras 3. Rebuild the model with layers of Keras in its place and save it again; "
            "or, if you trust the source, add `allow_unsafe=True`, and TensorFlow's own is called."
        )


def _is_for_models(module: Any, class_name: Any) -> bool:
    """Whether a module of Keras has a class of that name that is a part of models."""
    import keras

    if module is None:
        return any(keras_class(part, class_name) for part in PARTS)
    if not isinstance(module, str) or module.split(".")[0] != "keras":
        return False
    try:
        found = getattr(importlib.import_module(module), str(class_name), None)
    except ImportError:
        return False
    kinds = (
        *(keras.Operation, keras.Initializer, keras.Regularizer, keras.constraints.Constraint),
        *(keras.DTypePolicy, keras.quantizers.Quantizer, keras.dtype_policies.DTypePolicyMap),
        *([keras.quantizers.QuantizationConfig] if hasattr(keras.quantizers, "QuantizationConfig") else []),
    )
    return isinstance(found, type) and issubclass(found, kinds)
