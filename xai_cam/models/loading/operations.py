"""Code that the user allowed: Lambdas as Keras 3 takes them, and operations of tf.keras 2 as layers.

Operations (`x / 255.`) become layers of Keras, so that no function is called by its name.
"""

from __future__ import annotations

from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.custom import custom_function
from xai_cam.models.loading.shape import Config, damaged, is_reference

CONSTANT = "_CONSTANT_VALUE"

SUMS = ("__operators__.add", "math.add", "add")
DIFFERENCES = ("math.subtract", "subtract", "__operators__.sub")
PRODUCTS = ("math.multiply", "multiply", "__operators__.mul")
QUOTIENTS = ("math.truediv", "math.divide", "divide", "__operators__.truediv")

OF_TENSORS = {
    **dict.fromkeys(SUMS, "Add"),
    **dict.fromkeys(DIFFERENCES, "Subtract"),
    **dict.fromkeys(PRODUCTS, "Multiply"),
    **dict.fromkeys(("math.maximum", "maximum"), "Maximum"),
    **dict.fromkeys(("math.minimum", "minimum"), "Minimum"),
}
"""Function of two tensors -> class of the layer."""

ACTIVATIONS = {
    f"{module}.{name}": name
    for module in ("nn", "math", "keras.activations")
    for name in ("relu", "relu6", "sigmoid", "tanh", "softmax", "silu", "swish", "elu", "selu", "softplus")
}
"""Function of one tensor -> activation."""


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


def operation_as_layer(layer: Config) -> bool:
    """tf.keras 2.4 to 2.15 wrote arithmetic on tensors as functions of TensorFlow, by their names."""
    if layer["class_name"] != "TFOpLambda":
        return False
    name, function = layer["config"].get("name"), layer["config"].get("function")
    calls = layer.get("inbound_nodes") or []
    if not isinstance(function, str) or not all(map(_is_call, calls)):
        raise damaged(f"the operation {name!r} has no function, or invalid calls")
    found = [one for call in calls if (one := _counterpart(function, call))]
    if not found or len(found) < len(calls) or any(one[:2] != found[0][:2] for one in found):
        raise ModelError(
            f"Layer {name!r} is the operation {function!r} of TensorFlow, which has no counterpart among "
            "Keras' layers. Rebuild the model without it and save it again."
        )
    class_name, config, _ = found[0]
    layer["class_name"] = class_name
    layer["config"] = {"name": name, **config}
    layer["inbound_nodes"] = [inputs for _, _, inputs in found]
    layer.pop("build_config", None)
    return True


def _is_call(call: Any) -> bool:
    """Whether an operation was called with keywords, as in `[layer, node, tensor, {"y": 2.0}]`."""
    return is_reference(call) and len(call) > 3 and isinstance(call[3], dict)


def _counterpart(function: str, call: list[Any]) -> tuple[str, Config, list[Any]] | None:
    """Class, configuration and inputs of the layer that does what one call does."""
    reference, arguments = call[:3], call[3]
    other = arguments.get("y")
    if function in ACTIVATIONS and reference[0] != CONSTANT:
        return "Activation", {"activation": ACTIVATIONS[function]}, [[*reference, {}]]
    if is_reference(other) and reference[0] != CONSTANT:
        if function not in OF_TENSORS:
            return None
        return OF_TENSORS[function], {}, [[*reference, {}], [*other, {}]]
    if reference[0] == CONSTANT and is_reference(other):
        scaling = _scaling_of_constant(function, reference[2])
        return ("Rescaling", scaling, [[*other, {}]]) if scaling else None
    scaling = _scaling(function, other)
    return ("Rescaling", scaling, [[*reference, {}]]) if scaling else None


def _scaling(function: str, y: Any) -> Config | None:
    """`x (function) y` for a number y, or one number a channel, as scale and offset."""
    numbers = y if isinstance(y, list) else [y]
    if not all(isinstance(n, int | float) for n in numbers):
        return None

    def each(change: Any) -> Any:
        return [change(n) for n in y] if isinstance(y, list) else change(y)

    if function in SUMS:
        return {"scale": 1.0, "offset": y}
    if function in DIFFERENCES:
        return {"scale": 1.0, "offset": each(lambda n: -n)}
    if function in PRODUCTS:
        return {"scale": y, "offset": 0.0}
    if function in QUOTIENTS and all(numbers):
        return {"scale": each(lambda n: 1 / n), "offset": 0.0}
    return None


def _scaling_of_constant(function: str, x: Any) -> Config | None:
    """`x (function) y` for a number x, as scale and offset of y."""
    if function in DIFFERENCES and isinstance(x, int | float):
        return {"scale": -1.0, "offset": x}
    return _scaling(function, x) if function in SUMS + PRODUCTS else None
