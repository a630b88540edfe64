"""Configurations that TensorFlow.js itself wrote -> as Keras 2 would have written them."""

from __future__ import annotations

from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.shape import Config, children

OF_RNN = frozenset(
    (
        *("name", "trainable", "dtype", "batch_input_shape", "cell"),
        *("return_sequences", "return_state", "go_backwards", "stateful", "unroll"),
    )
)
"""Arguments of an RNN, among which TensorFlow.js puts those of its cell, too."""


def is_native(topology: Config) -> bool:
    """Whether TensorFlow.js itself wrote this, and not its converter from Keras."""
    return (
        str(topology.get("keras_version")).startswith("tfjs") or topology.get("backend") == "tensor_flow.js"
    )


def as_keras(config: Any) -> None:
    """Change in place what TensorFlow.js writes, or computes, otherwise than Keras 2.

    Raises
    ------
    ModelError
        A layer computes what no layer of Keras does.
    """
    pending = [config] if isinstance(config, dict) and isinstance(config.get("config"), dict | list) else []
    while pending:
        layer = pending.pop()
        pending += children(layer)
        arguments, class_name = layer["config"], layer.get("class_name")
        if not isinstance(arguments, dict):
            continue
        if class_name == "RNN":
            for key in arguments.keys() - OF_RNN:
                del arguments[key]
        elif class_name == "DepthwiseConv2D":
            arguments["dilation_rate"] = [1, 1]  # the only one that it knows, whatever was asked for
        elif class_name == "UpSampling2D" and arguments.get("interpolation") == "bilinear":
            raise ModelError(
                f"Layer {arguments.get('name')!r} enlarges as TensorFlow.js does it with bilinear: from the "
                "corner of a pixel, where Keras counts from its middle. Build that layer with nearest, or "
                "the model in Keras, and train it again."
            )
