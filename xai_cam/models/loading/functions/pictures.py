"""Functions of `tf.image`: sizes, crops, margins, colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xai_cam.models.loading.functions.arithmetic import (
    DIFFERENCE,
    DTYPES,
    MAXIMUM,
    MINIMUM,
    POWER,
    PRODUCT,
    QUOTIENT,
    SUM,
    made,
)
from xai_cam.models.loading.functions.calls import (
    CORE,
    IMAGE,
    Call,
    Counterpart,
    Translate,
    are_whole,
    constant,
    is_number,
    is_whole,
    layer,
    one,
    operation,
)
from xai_cam.models.loading.functions.parts import between, concatenated, taken

METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")

ALL = between(None, None)
"""All of an axis."""


def _resized(tensor: Any, size: Sequence[int], method: str = "bilinear", smooth: bool = False) -> Counterpart:
    sides = {"height": size[0], "width": size[1], "data_format": "channels_last"}
    return layer("Resizing", {**sides, "interpolation": method, "antialias": smooth}, tensor)


def _resize(call: Call) -> Counterpart | None:
    size, method, smooth = call.get("size"), call.get("method", "bilinear"), call.get("antialias", False)
    fits = call.takes("size", "method", "antialias", "preserve_aspect_ratio") and isinstance(size, list)
    if not fits or not are_whole(size) or len(size) != 2 or min(size) < 1:
        return None
    if method not in METHODS or not isinstance(smooth, bool):
        return None
    if call.get("preserve_aspect_ratio"):
        own = call.picture()
        if own is None:
            return None
        scale = min(side / has for side, has in zip(size, own, strict=True))
        size = [round(has * scale) for has in own]
    return _resized(call.first, size, method, smooth)


def _resize_v1(call: Call) -> Counterpart | None:
    """TensorFlow 1 laid the pixels' corners over one another, unless it was told not to."""
    size = call.get("size")
    fits = call.takes("size", "half_pixel_centers", "align_corners") and isinstance(size, list)
    known = fits and are_whole(size) and len(size) == 2 and min(size) > 0
    centred = call.get("half_pixel_centers") is True and not call.get("align_corners")
    return _resized(call.first, size) if known and centred else None


def _wanted(call: Call) -> tuple[int, int] | None:
    height, width = call.get("target_height"), call.get("target_width")
    return (height, width) if is_whole(height) and is_whole(width) and min(height, width) > 0 else None


def _offsets(call: Call) -> tuple[int, int] | None:
    top, left = call.get("offset_height"), call.get("offset_width")
    return (top, left) if is_whole(top) and is_whole(left) and min(top, left) >= 0 else None


def _cropped(tensor: Any, top: int, left: int, height: int, width: int) -> Counterpart | None:
    return taken(tensor, [ALL, between(top, top + height), between(left, left + width), ALL])


def _padded(tensor: Any, top: int, left: int, bottom: int, right: int) -> Counterpart | None:
    if min(top, left, bottom, right) < 0:
        return None
    config = {"padding": [[top, bottom], [left, right]], "data_format": "channels_last"}
    return layer("ZeroPadding2D", config, tensor)


BOX = ("offset_height", "offset_width", "target_height", "target_width")


def _crop(call: Call) -> Counterpart | None:
    wanted, offsets = _wanted(call), _offsets(call)
    return _cropped(call.first, *offsets, *wanted) if call.takes(*BOX) and wanted and offsets else None


def _pad_to(call: Call) -> Counterpart | None:
    wanted, offsets, own = _wanted(call), _offsets(call), call.picture()
    if not call.takes(*BOX) or not wanted or not offsets or not own:
        return None
    rest = [wanted[i] - offsets[i] - own[i] for i in (0, 1)]
    return _padded(call.first, *offsets, *rest)


def _central_crop(call: Call) -> Counterpart | None:
    share, own = call.get("central_fraction"), call.picture()
    if not call.takes("central_fraction") or not is_number(share) or not 0 < share <= 1 or not own:
        return None
    top, left = (int((side - side * share) / 2) for side in own)
    return _cropped(call.first, top, left, own[0] - 2 * top, own[1] - 2 * left)


def _crop_or_pad(call: Call) -> Counterpart | None:
    wanted, own = _wanted(call), call.picture()
    if not call.takes("target_height", "target_width") or not wanted or not own:
        return None
    more = [wanted[i] - own[i] for i in (0, 1)]
    top, left = (max(-difference // 2, 0) for difference in more)
    inner = _cropped(call.first, top, left, min(wanted[0], own[0]), min(wanted[1], own[1]))
    before = [max(difference // 2, 0) for difference in more]
    after = [max(difference, 0) - first for difference, first in zip(more, before, strict=True)]
    return inner and _padded(inner, *before, *after)


def _resize_with_pad(call: Call) -> Counterpart | None:
    wanted, own, method = _wanted(call), call.picture(), call.get("method", "bilinear")
    fits = call.takes("target_height", "target_width", "method", "antialias")
    if not fits or not wanted or not own or method not in METHODS:
        return None
    ratio = max(own[i] / wanted[i] for i in (0, 1))
    exact = [side / ratio for side in own]
    size = [math.floor(side) for side in exact]
    before = [max(0, math.floor((wanted[i] - exact[i]) / 2)) for i in (0, 1)]
    after = [wanted[i] - size[i] - before[i] for i in (0, 1)]
    inner = _resized(call.first, size, method, call.get("antialias") is True)
    return _padded(inner, *before, *after)


def _standardized(call: Call) -> Counterpart | None:
    """Each image less its mean, by its deviation, which is kept from becoming zero."""
    sides = call.sides()
    if not call.takes() or not sides or len(sides) < 3 or None in sides[-3:]:
        return None
    along = {"axis": [-1, -2, -3], "keepdims": True}
    floor = 1 / math.sqrt(math.prod(side for side in sides[-3:] if side))
    spread = made(MAXIMUM, operation("Std", dict(along), call.first), floor)
    return made(QUOTIENT, made(DIFFERENCE, call.first, operation("Mean", along, call.first)), spread)


def _converted(call: Call) -> Counterpart | None:
    """Whole numbers become fractions of the largest one."""
    dtype, tensor = call.get("dtype"), call.look(call.first)
    largest = {"uint8": 255, "int8": 127, "uint16": 65535, "int16": 32767}
    if not call.takes("dtype", "saturate") or dtype not in DTYPES or "float" not in dtype or tensor is None:
        return None
    found = operation("Cast", {"dtype": dtype}, call.first, module=CORE)
    if "float" in tensor.dtype:
        return found
    return made(PRODUCT, found, 1 / largest[tensor.dtype]) if tensor.dtype in largest else None


def _contrast(call: Call) -> Counterpart | None:
    factor = call.get("contrast_factor")
    if not call.takes("contrast_factor") or not is_number(factor):
        return None
    mean = operation("Mean", {"axis": [-3, -2], "keepdims": True}, call.first)
    return made(SUM, made(PRODUCT, made(DIFFERENCE, call.first, mean), factor), mean)


def _brightness(call: Call) -> Counterpart | None:
    delta, tensor = call.get("delta"), call.look(call.first)
    fits = call.takes("delta") and is_number(delta) and tensor is not None and "float" in tensor.dtype
    return made(SUM, call.first, delta) if fits else None


def _gamma(call: Call) -> Counterpart | None:
    gamma, gain, tensor = call.get("gamma", 1), call.get("gain", 1), call.look(call.first)
    fits = call.takes("gamma", "gain") and is_number(gamma) and is_number(gain)
    if not fits or tensor is None or "float" not in tensor.dtype:
        return None
    return made(PRODUCT, made(POWER, call.first, gamma), gain)


def _saturation(call: Call) -> Counterpart | None:
    factor = call.get("saturation_factor")
    if not call.takes("saturation_factor") or not is_number(factor):
        return None
    stronger = made(PRODUCT, operation("RGBToHSV", {}, call.first, module=IMAGE), [1.0, factor, 1.0])
    return operation("HSVToRGB", {}, made(MINIMUM, stronger, 1.0), module=IMAGE)


def _mixed(*rows: list[float]) -> Translate:
    """Colours that are sums of red, green and blue."""
    kernel = constant([list(row) for row in rows])
    return lambda call: operation("Matmul", {}, call.first, kernel) if call.takes() else None


def _turned(call: Call) -> Counterpart | None:
    k = call.get("k", 1)
    return (
        operation("Rot90", {"k": k, "axes": [1, 2]}, call.first) if call.takes("k") and is_whole(k) else None
    )


def _in_colour(call: Call) -> Counterpart | None:
    return concatenated([call.first] * 3, -1) if call.takes() else None


PICTURES: dict[str, Translate] = {
    **{"resize": _resize, "resize_bilinear": _resize_v1, "crop_to_bounding_box": _crop},
    **{"pad_to_bounding_box": _pad_to, "central_crop": _central_crop, "resize_with_pad": _resize_with_pad},
    **dict.fromkeys(("resize_with_crop_or_pad", "resize_image_with_crop_or_pad"), _crop_or_pad),
    **{"per_image_standardization": _standardized, "convert_image_dtype": _converted},
    **{"adjust_contrast": _contrast, "adjust_brightness": _brightness, "adjust_gamma": _gamma},
    "adjust_saturation": _saturation,
    **{"flip_left_right": one("Flip", axis=-2), "flip_up_down": one("Flip", axis=-3), "rot90": _turned},
    **{"transpose": one("Swapaxes", axis1=1, axis2=2), "grayscale_to_rgb": _in_colour},
    **{"rgb_to_grayscale": one("RGBToGrayscale", IMAGE), "rgb_to_hsv": one("RGBToHSV", IMAGE)},
    "hsv_to_rgb": one("HSVToRGB", IMAGE),
    "rgb_to_yuv": _mixed(
        [0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]
    ),
    "rgb_to_yiq": _mixed(
        [0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]
    ),
}
"""Name of a function in `tf.image` -> what does the same in Keras."""
