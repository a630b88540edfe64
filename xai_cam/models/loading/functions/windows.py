"""Convolutions, pooling, margins, and blocks of pixels."""

from __future__ import annotations

from typing import Any

from xai_cam.models.loading.functions.calls import (
    IMAGE,
    NN,
    Call,
    Counterpart,
    Translate,
    are_whole,
    is_number,
    is_tensor,
    is_whole,
    layer,
    operand,
    operation,
    sides_of,
)


def _two(value: Any) -> list[int] | None:
    """One whole number for each side of an image, of which TensorFlow takes one, two, or four."""
    if is_whole(value):
        return [value, value]
    if not isinstance(value, list) or not are_whole(value) or len(value) not in (1, 2, 4):
        return None
    if len(value) == 4:
        return value[1:3] if value[0] == value[3] == 1 else None
    return value * 2 if len(value) == 1 else value


def _plain(sides: list[int]) -> int | list[int]:
    """One number for two that are equal: some operations add what they take for a tuple to others."""
    return sides[0] if sides[0] == sides[1] else sides


def _in_images(call: Call) -> str | None:
    """The padding as Keras has it, of a call whose channels are last."""
    padding = call.get("padding")
    known = isinstance(padding, str) and padding.lower() in ("same", "valid")
    return padding.lower() if known and call.get("data_format", "NHWC") in ("NHWC", "channels_last") else None


def _convolution(class_name: str) -> Translate:
    """By the numbers of a kernel that lie in the file, or by those that the model makes."""

    def translate(call: Call) -> Counterpart | None:
        kernel, padding = operand(call.arguments.get("filters")), _in_images(call)
        steps = _two(call.get("strides", 1))
        rates = _two(call.get("dilations", call.get("dilation_rate", call.get("rate", 1))))
        known = ("filters", "strides", "padding", "data_format", "dilations", "dilation_rate", "rate")
        array = call.arguments.get("filters")
        if (
            not call.takes(*known, "use_cudnn_on_gpu")
            or kernel is None
            or not padding
            or not steps
            or not rates
        ):
            return None
        if not is_tensor(array) and len(sides_of(array) or []) != 4:
            return None
        config = {"strides": _plain(steps), "dilation_rate": _plain(rates), "padding": padding}
        config["data_format"] = "channels_last"
        return operation(class_name, config, call.first, kernel, module=NN)

    return translate


def _pooling(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        size, steps, padding = _two(call.get("ksize")), _two(call.get("strides")), _in_images(call)
        if (
            not call.takes("ksize", "strides", "padding", "data_format")
            or not size
            or not steps
            or not padding
        ):
            return None
        config = {"pool_size": size, "strides": steps, "padding": padding, "data_format": "channels_last"}
        return layer(class_name, config, call.first)

    return translate


def _pooling_1d(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        size, steps = (
            value[0] if isinstance(value, list) and len(value) == 1 else value
            for value in (call.get("ksize"), call.get("strides"))
        )
        padding = call.get("padding")
        known = padding in ("SAME", "VALID") and call.get("data_format", "NWC") == "NWC"
        fits = call.takes("ksize", "strides", "padding", "data_format") and is_whole(size) and is_whole(steps)
        if not fits or not known:
            return None
        config = {"pool_size": size, "strides": steps, "padding": padding.lower()}
        return layer(class_name, {**config, "data_format": "channels_last"}, call.first)

    return translate


def _pool(call: Call) -> Counterpart | None:
    """Pooling whose kind is an argument."""
    classes = {"MAX": "MaxPooling2D", "AVG": "AveragePooling2D"}
    size, steps = _two(call.get("window_shape")), _two(call.get("strides", 1))
    padding, kind = _in_images(call), call.get("pooling_type")
    known = call.takes("window_shape", "pooling_type", "strides", "padding", "data_format", "dilations")
    if (
        not known
        or not size
        or not steps
        or not padding
        or kind not in classes
        or call.get("dilations", 1) != 1
    ):
        return None
    config = {"pool_size": size, "strides": steps, "padding": padding, "data_format": "channels_last"}
    return layer(classes[kind], config, call.first)


def _pad(call: Call) -> Counterpart | None:
    pairs, mode, value = call.get("paddings"), call.get("mode", "CONSTANT"), call.get("constant_values", 0)
    fits = call.takes("paddings", "mode", "constant_values") and isinstance(pairs, list) and is_number(value)
    if not fits or not all(isinstance(pair, list) and len(pair) == 2 and are_whole(pair) for pair in pairs):
        return None
    mode = mode.upper() if isinstance(mode, str) else mode
    if mode == "CONSTANT" and not value and len(pairs) == 4 and pairs[0] == pairs[3] == [0, 0]:
        config = {"padding": pairs[1:3], "data_format": "channels_last"}
        return layer("ZeroPadding2D", config, call.first)
    if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        return None
    keywords: dict[str, Any] = {"constant_values": value if mode == "CONSTANT" else None}
    return operation("Pad", {"pad_width": pairs, "mode": mode.lower()}, call.first, **keywords)


def _blocks(class_name: str) -> Translate:
    def translate(call: Call) -> Counterpart | None:
        side, order = call.get("block_size"), call.get("data_format", "NHWC")
        if not call.takes("block_size", "data_format") or not is_whole(side) or order != "NHWC":
            return None
        config = {"block_size": side, "data_format": "channels_last"}
        return operation(class_name, config, call.first, module=NN)

    return translate


def _patches(call: Call) -> Counterpart | None:
    sizes, strides, rates = call.get("sizes"), call.get("strides"), call.get("rates", [1, 1, 1, 1])
    padding, given = call.get("padding"), (sizes, strides, rates)
    fits = call.takes("sizes", "strides", "rates", "padding") and padding in ("SAME", "VALID")
    if not fits or not all(isinstance(g, list) and len(g) == 4 and are_whole(g) for g in given):
        return None
    if any(g[0] != 1 or g[3] != 1 for g in given) or rates != [1, 1, 1, 1]:
        return None
    config = {"size": sizes[1:3], "strides": strides[1:3], "padding": padding.lower()}
    return operation("ExtractPatches", {**config, "data_format": "channels_last"}, call.first, module=IMAGE)


WINDOWS: dict[str, Translate] = {
    **{"nn.conv2d": _convolution("Conv"), "nn.convolution": _convolution("Conv")},
    **{
        f"nn.{name}": _convolution("DepthwiseConv")
        for name in ("depthwise_conv2d", "depthwise_conv2d_native")
    },
    **{f"nn.{name}": _pooling("MaxPooling2D") for name in ("max_pool", "max_pool2d", "max_pool_v2")},
    **{f"nn.{name}": _pooling("AveragePooling2D") for name in ("avg_pool", "avg_pool2d", "avg_pool_v2")},
    **{"nn.max_pool1d": _pooling_1d("MaxPooling1D"), "nn.avg_pool1d": _pooling_1d("AveragePooling1D")},
    **{"nn.pool": _pool, "pad": _pad, "image.extract_patches": _patches},
    **{f"{module}depth_to_space": _blocks("DepthToSpace") for module in ("nn.", "")},
    **{f"{module}space_to_depth": _blocks("SpaceToDepth") for module in ("nn.", "")},
}
"""Name of a function in TensorFlow -> what does the same in Keras."""
