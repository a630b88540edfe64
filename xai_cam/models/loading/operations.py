"""Operations of Keras 3, which are no layers, and the code of Lambdas as Keras 3 takes it."""

from __future__ import annotations

import importlib

from xai_cam.models.loading.custom import custom_function
from xai_cam.models.loading.shape import Config

BY_NAME = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
"""Classes of tf.keras that call a function of TensorFlow by its name; the last one of tf.keras before 2.4."""


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


def has_operation(module: str, class_name: str) -> bool:
    """Whether this version of Keras has an operation that a model may be made of."""
    return (module in OPERATION_MODULES or is_operation(module, class_name)) and _defines(module, class_name)


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
