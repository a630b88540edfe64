"""What Theano computed otherwise than TensorFlow does: rotated kernels, and padding on both sides.

Theano convolves with the kernel rotated by 180 degrees (a true convolution), so that weights trained there
load anywhere and predict wrongly. Its `same` pads half a kernel before and after, where TensorFlow pads as
little as it can and rather after: with an even kernel or a stride the two see other pixels.
"""

from __future__ import annotations

import re

import numpy as np

from xai_cam.errors import ModelError
from xai_cam.models.loading.graph import insert_before
from xai_cam.models.loading.shape import MODELS, Config, layers_in, name_of, whole_numbers

ROTATED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D")
"""Classes whose kernels Theano rotates; depthwise ones were turned round by Keras itself."""

PADDED = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
"""Convolutions that may stand behind a padding of their own -> their spatial dimensions."""

COUNTED = ("AveragePooling1D", "AveragePooling2D")

POOLS = {"MaxPooling1D": 1, "AveragePooling1D": 1, "MaxPooling2D": 2, "AveragePooling2D": 2}


def rotate(kernel: np.ndarray) -> np.ndarray:
    """The kernel (rows, ..., in, out) turned by 180 degrees."""
    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))


def explicit_padding(model: Config, version: str = "") -> list[str]:
    """Give every convolution Theano's padding, in a layer before it, where TensorFlow's is another.

    Returns
    -------
    names : list of str
        The convolutions that were changed.

    Raises
    ------
    ModelError
        A layer pads in a way that has no counterpart.
    """
    changed = []
    for layer in layers_in(model):
        class_name, config = layer["class_name"], layer["config"]
        if class_name in MODELS:
            changed += explicit_padding(layer, version)
        elif class_name in PADDED and config.get("padding") in ("same", "full"):
            padding = _padding(layer, PADDED[class_name])
            if padding is not None:
                insert_before(model, layer, _zero_padding(layer, padding))
                config["padding"] = "valid"
                changed.append(name_of(layer))
        elif config.get("padding") == "same" and class_name in COUNTED and _counts_zeros(version):
            insert_before(model, layer, _zero_padding(layer, _pool_padding(layer, POOLS[class_name])))
            config["padding"] = "valid"
            changed.append(name_of(layer))
        elif config.get("padding") == "same" and _pads_otherwise(layer):
            raise ModelError(
                f"Layer {config.get('name')!r} ({class_name}) was trained on Theano, which pads it "
                "differently from TensorFlow. Rebuild the model with an explicit padding and save it again."
            )
    return changed


def _padding(layer: Config, dimensions: int) -> list[list[int]] | None:
    """Zeros [before, after] each dimension, None where TensorFlow's `same` comes to the same.

    `same`: k // 2 before and (k - 1) // 2 after, which gives ceil(n / stride) outputs as Keras cut them
    to; k is the length of the dilated kernel. `full`: k - 1 on both sides.
    """
    lengths = _kernel_size(layer, dimensions)
    dilations = whole_numbers(layer, "dilation_rate", 1, dimensions)
    strides = whole_numbers(layer, "strides", 1, dimensions)
    dilated = [(k - 1) * d + 1 for k, d in zip(lengths, dilations, strict=True)]
    if layer["config"]["padding"] == "full":
        return [[k - 1, k - 1] for k in dilated]
    if all(k % 2 == 1 and (s == 1 or k == 1) for k, s in zip(dilated, strides, strict=True)):
        return None
    return [[k // 2, (k - 1) // 2] for k in dilated]


def _counts_zeros(version: str) -> bool:
    """From Keras 2.0.4 to 2.1.5, Theano's averages counted the zeros of the padding."""
    numbers = tuple(int(n) for n in re.findall(r"\d{1,9}", version)[:3])
    return (2, 0, 4) <= numbers < (2, 1, 6)


def _pool_padding(layer: Config, dimensions: int) -> list[list[int]]:
    """Zeros [before, after]: k - 2 or k - 1 before, and what makes ceil(n / stride) outputs after."""
    lengths = whole_numbers(layer, "pool_size", 2, dimensions)
    before = [k - 2 if k > 2 and k % 2 == 1 else k - 1 for k in lengths]
    return [[b, k - 1 - b] for k, b in zip(lengths, before, strict=True)]


def _pads_otherwise(layer: Config) -> bool:
    """Whether a pooling or transposed convolution with `same` sees other pixels on Theano."""
    class_name = layer["class_name"]
    if class_name in POOLS:
        lengths = whole_numbers(layer, "pool_size", 2, POOLS[class_name])
        strides = whole_numbers(layer, "strides", lengths, POOLS[class_name])
        return any(k != 1 and (k, s) != (3, 1) for k, s in zip(lengths, strides, strict=True))
    if class_name == "Conv2DTranspose":
        return any(k % 2 == 0 for k in _kernel_size(layer, 2)) or any(
            s != 1 for s in whole_numbers(layer, "strides", 1, 2)
        )
    return False


def _kernel_size(layer: Config, dimensions: int) -> list[int]:
    return whole_numbers(layer, "kernel_size", 0, dimensions)


def _zero_padding(layer: Config, padding: list[list[int]]) -> Config:
    dimensions = len(padding)
    config = {"name": f"{name_of(layer)}_padding", "padding": padding if dimensions > 1 else padding[0]}
    if dimensions > 1:
        config["data_format"] = layer["config"].get("data_format") or "channels_last"
    return {
        "module": "keras.layers",
        "class_name": f"ZeroPadding{dimensions}D",
        "config": config,
        "registered_name": None,
    }
