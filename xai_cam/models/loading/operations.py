"""Code that the user allowed: Lambdas as Keras 3 takes them. Operations of tf.keras 2, which run none.

Operations (`x / 255.`) become layers and operations of Keras, so that no function is called by its name.
"""

from __future__ import annotations

import importlib
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.arithmetic import LAYERS, Call
from xai_cam.models.loading.counterparts import counterpart
from xai_cam.models.loading.custom import custom_function
from xai_cam.models.loading.graph import tensor_of
from xai_cam.models.loading.shape import Config, damaged, is_reference

CONSTANT = "_CONSTANT_VALUE"

BY_NAME = ("TFOpLambda", "SlicingOpLambda")
"""Classes of tf.keras that call a function of TensorFlow by its name."""


OPERATION_MODULES = ("keras.src.ops.numpy", "keras.src.ops.nn")
"""Modules of the operations that a functional model of Keras 3 may be made of; others call functions."""

MORE_OPERATIONS = {
    "keras.src.ops.core": {"Cast", "ConvertToTensor", "SaturateCast", "Slice", "StopGradient", "Unstack"},
    "keras.src.ops.image": {
        *("AffineTransform", "CropImages", "ExtractPatches", "GaussianBlur", "HSVToRGB", "MapCoordinates"),
        *("PadImages", "PerspectiveTransform", "RGBToGrayscale", "RGBToHSV", "Resize", "ScaleAndTranslate"),
        "SobelEdges",
    },
    "keras.src.ops.math": {"Erf", "Erfc", "Erfinv", "FFT", "FFT2", "IFFT2", "Logsumexp", "Rsqrt", "TopK"},
}
"""Operations of other modules, one by one: `Map`, `Cond`, `WhileLoop` beside them call functions."""


def lambda_as_object(layer: Config) -> bool:
    """Keras 2 wrote the code of a Lambda as a list; it is only built where the user allowed it."""
    config = layer["config"]
    if layer["class_name"] != "Lambda":
        return False
    before = dict(config)
    for key in ("function", "output_shape", "mask"):
        for suffix in ("_type", "_module"):
            config.pop(key + suffix, None)
        code = config.get(key)
        if isinstance(code, list) and len(code) == 3 and isinstance(code[0], str):
            parts = dict(zip(("code", "defaults", "closure"), code, strict=True))
            config[key] = {"class_name": "__lambda__", "config": parts}
        elif isinstance(code, str):
            config[key] = custom_function(code)
    config.pop("module", None)
    return config != before


def is_operation(module: object, class_name: str) -> bool:
    """Whether a class is one of the operations that are named one by one."""
    return isinstance(module, str) and class_name in MORE_OPERATIONS.get(module, ())


def operation_of_h5(layer: Config) -> bool:
    """Keras 3 writes no modules into whole H5 files; without them an operation (`a + b`) seems a layer.

    It has no flag `trainable`, which all layers but the input have.
    """
    nodes = layer.get("inbound_nodes") or []
    called = bool(nodes) and all(isinstance(node, dict) for node in nodes)
    if not called or "module" in layer or "trainable" in layer["config"]:
        return False
    module = next((module for module in MORE_OPERATIONS if is_operation(module, layer["class_name"])), None)
    module = module or next((name for name in OPERATION_MODULES if _defines(name, layer["class_name"])), None)
    if module is None:
        return False
    layer |= {"module": module, "registered_name": layer["class_name"]}
    return True


def _defines(module: str, class_name: str) -> bool:
    """Whether a module of Keras defines an operation of that name."""
    import keras

    found = vars(importlib.import_module(module)).get(class_name)
    return isinstance(found, type) and issubclass(found, keras.Operation) and found.__module__ == module


def operation_with_name(layer: Config) -> bool:
    """Some operations (`ExtractPatches`) write their name beside their configuration alone."""
    name = layer.get("name")
    if "name" in layer["config"] or not isinstance(name, str):
        return False
    if not is_operation(layer.get("module"), layer["class_name"]):
        return False
    layer["config"] = {**layer["config"], "name": name}
    return True


def operation_as_layer(layer: Config) -> bool:
    """tf.keras 2.4 to 2.15 wrote arithmetic on tensors as functions of TensorFlow, by their names."""
    if layer["class_name"] not in BY_NAME:
        return False
    name, function = layer["config"].get("name"), layer["config"].get("function")
    calls = [_call(node) for node in layer.get("inbound_nodes") or []]
    if not isinstance(function, str) or None in calls:
        raise damaged(f"the operation {name!r} has no function, or invalid calls")
    found = [one for call in calls if call and (one := counterpart(function, call))]
    made = [(one.module, one.class_name, one.config) for one in found]
    if not found or len(found) < len(calls) or any(one != made[0] for one in made):
        raise ModelError(
            f"Layer {name!r} is the operation {function!r} of TensorFlow, which has no counterpart among "
            "Keras' layers. Rebuild the model without it and save it again."
        )
    module, class_name, config = made[0]
    layer["config"] = {"name": name, **config}
    layer["class_name"] = class_name
    if module == LAYERS:
        layer["inbound_nodes"] = [[[*tensor[:3], {}] for tensor in one.inputs] for one in found]
    else:
        layer |= {"module": module, "registered_name": class_name}
        layer["inbound_nodes"] = [
            {"args": [_argument(value) for value in one.inputs], "kwargs": one.keywords} for one in found
        ]
    layer.pop("build_config", None)
    return True


def _call(node: Any) -> Call | None:
    """A call as tf.keras writes it: `[layer, node, tensor, {"y": 2.0}]`, or a list of these.

    A constant has `_CONSTANT_VALUE` for the layer, and stands in the place of the tensor.
    """
    several = isinstance(node, list) and bool(node) and isinstance(node[0], list)
    parts = node if several else [node]
    if not all(is_reference(part) and len(part) > 3 and isinstance(part[3], dict) for part in parts):
        return None
    values = [part[2] if part[0] == CONSTANT else list(part[:3]) for part in parts]
    return Call(values if several else values[0], parts[0][3])


def _argument(value: Any) -> Any:
    """An argument of an operation of Keras 3: references as tensors, also in a list; the rest as it is."""
    if is_reference(value):
        return tensor_of(value)
    return [_argument(inner) for inner in value] if isinstance(value, list) else value
