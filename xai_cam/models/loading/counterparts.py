"""Functions of TensorFlow -> layers and operations of Keras 3 that compute the same, one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xai_cam.models.loading import arithmetic
from xai_cam.models.loading.arithmetic import (
    LAYERS,
    NUMPY,
    Call,
    Counterpart,
    Translate,
    is_number,
    numbers_of,
    operation,
    rescaling,
)
from xai_cam.models.loading.shape import is_reference

NN, CORE, IMAGE = (f"keras.src.ops.{part}" for part in ("nn", "core", "image"))

DTYPES = ("float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool")


def counterpart(function: str, call: Call) -> Counterpart | None:
    """What does the same in Keras 3 as a call of `tf.<function>`, None where nothing is known to."""
    translate = TABLE.get(function)
    return translate(call) if translate else None


def _bias_add(call: Call) -> Counterpart | None:
    bias = numbers_of(call.get("bias"))
    if not call.takes("bias", "data_format") or bias is None or call.get("data_format", "NHWC") != "NHWC":
        return None
    return rescaling(call.first, offset=bias)


def _clip(call: Call) -> Counterpart | None:
    low, high = call.get("clip_value_min"), call.get("clip_value_max")
    if not call.takes("clip_value_min", "clip_value_max") or not (is_number(low) and is_number(high)):
        return None
    return operation("Clip", {"x_min": low, "x_max": high}, call.first)


def _cast(call: Call) -> Counterpart | None:
    dtype = call.get("dtype")
    known = call.takes("dtype") and dtype in DTYPES
    return operation("Cast", {"dtype": dtype}, call.first, module=CORE) if known else None


def _one(class_name: str, module: str = NUMPY, **config: Any) -> Translate:
    """A function of one tensor and nothing else."""
    return lambda call: Counterpart(class_name, dict(config), [call.first], module) if call.takes() else None


# --- Activations -------------------------------------------------------------------------------------


def _activation(name: str) -> Translate:
    return _one("Activation", LAYERS, activation=name)


def _softmax(call: Call) -> Counterpart | None:
    axis = call.get("axis", -1)
    if not call.takes("axis") or not isinstance(axis, int):
        return None
    if axis == -1:
        return Counterpart("Activation", {"activation": "softmax"}, [call.first])
    return Counterpart("Softmax", {"axis": axis}, [call.first])


def _leaky_relu(call: Call) -> Counterpart | None:
    slope = call.get("alpha", 0.2)
    fits = call.takes("alpha") and is_number(slope)
    return Counterpart("LeakyReLU", {"negative_slope": slope}, [call.first]) if fits else None


def _gelu(call: Call) -> Counterpart | None:
    approximate = call.get("approximate", False)
    if not call.takes("approximate") or not isinstance(approximate, bool):
        return None
    return operation("Gelu", {"approximate": approximate}, call.first, module=NN)


# --- Axes --------------------------------------------------------------------------------------------


def _is_axes(value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(isinstance(axis, int) and not isinstance(axis, bool) for axis in listed)


def _reduction(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        axis, kept = call.get("axis"), call.get("keepdims", False)
        fits = call.takes("axis", "keepdims") and (axis is None or _is_axes(axis)) and isinstance(kept, bool)
        return operation(class_name, {"axis": axis, "keepdims": kept}, call.first) if fits else None

    return translate


def _by_axes(class_name: str, argument: str, given: str, *unset: str) -> Translate:
    """A function of a tensor and axes or sides; `unset` are further arguments that must be false."""

    def translate(call: Call) -> Counterpart | None:
        axes = call.get(argument)
        fits = call.takes(argument, *unset) and _is_axes(axes) and not any(map(call.get, unset))
        return operation(class_name, {given: axes}, call.first) if fits else None

    return translate


def _joined(translate: Callable[[list[Any], int], Counterpart]) -> Translate:
    """A function of a list of tensors and an axis."""

    def one(call: Call) -> Counterpart | None:
        axis = call.get("axis", 0)
        several = isinstance(call.first, list) and bool(call.first) and all(map(is_reference, call.first))
        fits = several and call.has_only("axis") and isinstance(axis, int)
        return translate(call.first, axis) if fits else None

    return one


def _slice(call: Call) -> Counterpart | None:
    spec = call.arguments.get("slice_spec")
    parts = spec if isinstance(spec, list) else [spec]
    if not call.takes("slice_spec") or not parts:
        return None
    made = [_part(part) for part in parts]
    return None if False in made else operation("GetItem", {}, call.first, made)


def _part(part: Any) -> Any:
    """One index as Keras 3 writes it; False for one that it cannot write."""
    if part is None or (isinstance(part, int) and not isinstance(part, bool)):
        return part
    if part == {"class_name": "__ellipsis__"}:
        return {"class_name": "__ellipsis__", "config": {}}
    if not isinstance(part, dict) or set(part) != {"start", "stop", "step"}:
        return False
    whole = all(bound is None or (type(bound) is int) for bound in part.values())
    return {"class_name": "__slice__", "config": dict(part)} if whole else False


# --- Pictures ----------------------------------------------------------------------------------------


def _resize(call: Call) -> Counterpart | None:
    size, method, smooth = call.get("size"), call.get("method", "bilinear"), call.get("antialias", False)
    fits = call.takes("size", "method", "antialias", "preserve_aspect_ratio") and _is_axes(size)
    if not fits or call.get("preserve_aspect_ratio") or not isinstance(size, list) or len(size) != 2:
        return None
    if method not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5") or not isinstance(
        smooth, bool
    ):
        return None
    shape = {"height": size[0], "width": size[1], "data_format": "channels_last"}
    return Counterpart("Resizing", {**shape, "interpolation": method, "antialias": smooth}, [call.first])


def _pad(call: Call) -> Counterpart | None:
    pairs, mode, value = call.get("paddings"), call.get("mode", "CONSTANT"), call.get("constant_values", 0)
    fits = call.takes("paddings", "mode", "constant_values") and isinstance(pairs, list) and is_number(value)
    if not fits or not all(isinstance(pair, list) and len(pair) == 2 and _is_axes(pair) for pair in pairs):
        return None
    if mode == "CONSTANT" and not value and len(pairs) == 4 and pairs[0] == pairs[3] == [0, 0]:
        config = {"padding": pairs[1:3], "data_format": "channels_last"}
        return Counterpart("ZeroPadding2D", config, [call.first])
    if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        return None
    keywords: dict[str, Any] = {"constant_values": value if mode == "CONSTANT" else None}
    return operation("Pad", {"pad_width": pairs, "mode": mode.lower()}, call.first, **keywords)


def _pooling(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        size, strides, padding = call.get("ksize"), call.get("strides"), call.get("padding")
        sides = all(
            _is_axes(value) and (isinstance(value, int) or len(value) == 2) for value in (size, strides)
        )
        known = padding in ("SAME", "VALID") and call.get("data_format", "NHWC") == "NHWC"
        if not call.takes("ksize", "strides", "padding", "data_format") or not sides or not known:
            return None
        config = {"pool_size": size, "strides": strides, "padding": padding.lower()}
        return Counterpart(class_name, {**config, "data_format": "channels_last"}, [call.first])

    return translate


def _unit_length(call: Call) -> Counterpart | None:
    fits = call.takes("axis") and _is_axes(call.get("axis"))
    return Counterpart("UnitNormalization", {"axis": call.get("axis")}, [call.first]) if fits else None


TABLE: dict[str, Translate] = {
    **dict.fromkeys(("__operators__.add", "math.add", "add"), arithmetic.SUM),
    **dict.fromkeys(("math.subtract", "subtract", "__operators__.sub"), arithmetic.DIFFERENCE),
    **dict.fromkeys(("math.multiply", "multiply", "__operators__.mul"), arithmetic.PRODUCT),
    **dict.fromkeys(("math.truediv", "math.divide", "divide", "__operators__.truediv"), arithmetic.QUOTIENT),
    **dict.fromkeys(("math.maximum", "maximum"), arithmetic.MAXIMUM),
    **dict.fromkeys(("math.minimum", "minimum"), arithmetic.MINIMUM),
    **dict.fromkeys(("math.pow", "pow"), arithmetic.POWER),
    "nn.bias_add": _bias_add,
    "clip_by_value": _clip,
    **dict.fromkeys(("cast", "compat.v1.cast"), _cast),
    **{
        f"{module}{name}": _one(class_name)
        for module in ("", "math.", "compat.v1.")
        for name, class_name in {
            **{"abs": "Absolute", "negative": "Negative", "sqrt": "Sqrt", "square": "Square", "exp": "Exp"},
            **{"log": "Log", "floor": "Floor", "ceil": "Ceil", "sign": "Sign", "log1p": "Log1p"},
        }.items()
    },
    **{
        f"{module}{name}": _activation(name)
        for module in ("nn.", "math.", "", "keras.activations.")
        for name in (
            "relu",
            "relu6",
            "sigmoid",
            "tanh",
            "silu",
            "swish",
            "elu",
            "selu",
            "softplus",
            "softsign",
        )
    },
    **dict.fromkeys(("nn.softmax", "keras.activations.softmax", "math.softmax"), _softmax),
    "nn.leaky_relu": _leaky_relu,
    "nn.gelu": _gelu,
    **{
        f"{module}reduce_{name}": _reduction(class_name)
        for module in ("math.", "")
        for name, class_name in {"mean": "Mean", "sum": "Sum", "max": "Max", "min": "Min"}.items()
    },
    **dict.fromkeys(("reshape", "compat.v1.reshape"), _by_axes("Reshape", "shape", "newshape")),
    **dict.fromkeys(("transpose", "compat.v1.transpose"), _by_axes("Transpose", "perm", "axes", "conjugate")),
    **dict.fromkeys(("expand_dims", "compat.v1.expand_dims"), _by_axes("ExpandDims", "axis", "axis")),
    **dict.fromkeys(("squeeze", "compat.v1.squeeze"), _by_axes("Squeeze", "axis", "axis")),
    "reverse": _by_axes("Flip", "axis", "axis"),
    "image.flip_left_right": _one("Flip", axis=-2),
    "image.flip_up_down": _one("Flip", axis=-3),
    "concat": _joined(lambda tensors, axis: Counterpart("Concatenate", {"axis": axis}, tensors)),
    "stack": _joined(lambda tensors, axis: operation("Stack", {"axis": axis}, tensors)),
    "math.add_n": _joined(lambda tensors, _: Counterpart("Add", {}, tensors)),
    "__operators__.getitem": _slice,
    "image.resize": _resize,
    "image.rgb_to_grayscale": _one("RGBToGrayscale", IMAGE),
    **dict.fromkeys(("pad", "compat.v1.pad"), _pad),
    **dict.fromkeys(("nn.max_pool2d", "nn.max_pool"), _pooling("MaxPooling2D")),
    **dict.fromkeys(("nn.avg_pool2d", "nn.avg_pool"), _pooling("AveragePooling2D")),
    "math.l2_normalize": _unit_length,
    "identity": _one("Identity", LAYERS),
    "stop_gradient": _one("StopGradient", CORE),
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
