"""Temporary edits of a model's kernels: the weights are restored, also after errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.kernels.editing.edits import Edit, Replace
from xai_cam.kernels.kernel_bank import (
    kind_of,
    parse_filters,
    pick_convolution,
    to_reading_order,
    to_stored_order,
)
from xai_cam.models.layers import LayerInfo


@contextmanager
def edited(layers: Sequence[LayerInfo], edits: Sequence[Edit]) -> Iterator[None]:
    """Let a model's layers have other filters inside a `with` block.

    What was compiled of the model reads its weights, and so answers with those of the moment. A layer that
    is called several times has one set of filters.

    Parameters
    ----------
    layers : sequence of LayerInfo
        Of the whole model, as `Network.layers` or `list_layers` give them.
    edits : sequence of Edit
        Made one after the other.

    Raises
    ------
    ModelError
        There is no such layer, or it is no convolution.
    InputError
        The layer has no such filters, a kernel does not fit, or weights become too large for float32. The
        model is as it was.
    """
    kept: dict[int, tuple[Any, list[np.ndarray]]] = {}
    try:
        for edit in edits:
            info = pick_convolution(layers, edit.layer)
            kept.setdefault(id(info.layer), (info.layer, info.layer.get_weights()))
            _make(info, edit)
        yield
    finally:
        for layer, weights in kept.values():
            layer.set_weights(weights)


def filters_of(info: LayerInfo) -> int:
    """How many filters a convolution has."""
    variable, kind = _variable(info.layer)
    return len(to_reading_order(np.asarray(variable), kind))


def _variable(layer: Any) -> tuple[Any, str]:
    """The variable that holds a layer's filters, and the kind whose order it has.

    A filter of a `SeparableConv2D` is what its second step makes of all maps of the first.
    """
    kind = kind_of(layer)
    return (layer.pointwise_kernel, "Conv2D") if kind == "SeparableConv2D" else (layer.kernel, kind)


def _make(info: LayerInfo, edit: Edit) -> None:
    layer = info.layer
    variable, kind = _variable(layer)
    if isinstance(edit, Replace) and kind_of(layer) == "SeparableConv2D":
        raise InputError(
            f"The filters of {info.path} (SeparableConv2D) share their kernels: none can be set alone. Use "
            "`Zero` or `Scale`, or name a Conv2D or DepthwiseConv2D."
        )
    stored = np.array(variable, np.float32)
    kernels = to_reading_order(stored, kind).copy()
    biases = np.array(layer.bias, np.float32) if layer.use_bias else np.zeros(len(kernels), np.float32)
    chosen = parse_filters(edit.filters, len(kernels))
    with np.errstate(over="ignore"):
        edit.change(kernels, biases, chosen)
    if not (np.isfinite(kernels[chosen]).all() and np.isfinite(biases[chosen]).all()):
        raise InputError(
            f"{edit.describe()}: the weights become too large for {info.path} (float32). Use a smaller "
            "factor or kernel."
        )
    variable.assign(to_stored_order(kernels, kind, stored.shape))
    if layer.use_bias:
        layer.bias.assign(biases)
