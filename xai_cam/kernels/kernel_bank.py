"""Kernels and biases of a convolution layer, in reading order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.errors import InputError, ModelError
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known_layer import KnownLayer
from xai_cam.models.layers import LayerInfo, Wanted, resolve

PARTS = ("product", "depthwise", "pointwise")
"""Which kernels of a `SeparableConv2D`: what the layer computes, or one of its two steps."""

KINDS = ("Conv2D", "DepthwiseConv2D", "Conv2DTranspose", "SeparableConv2D")
"""Keras layers that are read, and all that derive from them."""

MAX_FILTERS = 100_000
"""No layer has as many."""


@dataclass(frozen=True)
class KernelBank:
    """All filters of one layer.

    Attributes
    ----------
    layer : str
        Its path in the model.
    kind : str
        The one of `KINDS` that it is or derives from.
    values : (filters, channels, h, w) float32
        Kernels in reading order. `channels` counts those that *one* filter reads: all of the input's for a
        `Conv2D`, those of its group where there are groups, 1 for a depthwise convolution.
    inputs : (filters, channels) int
        Which channels of the layer's input each filter reads.
    biases : (filters,) float32 or None
    stored : tuple of int
        Shape in which Keras keeps them.
    order : str
        What the axes of `stored` are, in words.
    part : str
        Of a `SeparableConv2D`: one of `PARTS`; else empty.
    """

    layer: str
    kind: str
    values: np.ndarray
    inputs: np.ndarray
    biases: np.ndarray | None
    stored: tuple[int, ...]
    order: str
    part: str = ""

    @property
    def filters(self) -> int:
        """Number of filters."""
        return int(self.values.shape[0])

    @cached_property
    def largest(self) -> float:
        """The largest size of a weight."""
        return float(np.abs(self.values).max())

    def describe(self) -> str:
        """`layer (Conv2D): 3 x 3 x 16 x 32 (height x width x input channels x filters)`."""
        shape = " x ".join(map(str, self.stored))
        part = f", {self.part}" if self.part else ""
        return f"{self.layer} ({self.kind}{part}): {shape} ({self.order})"


def find_convolution(network: NetworkFacts, path: str | None) -> LayerInfo:
    """The convolution at `path`; None: the first of the model, a fixed filter in front of it passed over.

    Raises
    ------
    ModelError
        No such layer, or one without kernels.
    """
    return pick_convolution(network.layers, path)


def pick_convolution(layers: Sequence[LayerInfo], path: str | None) -> LayerInfo:
    """The same, among the layers of a model that need not be a classifier."""
    known = [info for info in layers if kind_of(info.layer)]
    if not known:
        raise ModelError("The model has no 2-D convolution. Give a convolutional network.")
    if path is None:
        return next((info for info in known if not info.fixed_filter), known[0])
    return resolve(layers, path, WITH_KERNELS)


def _without_kernels(info: LayerInfo, path: str, convolutions: list[str]) -> str:
    names = ", ".join(convolutions)
    return f"Layer {path!r} ({info.kind}) has no 2-D kernels. Layers that have: {names}."


WITH_KERNELS = Wanted(
    lambda info: bool(kind_of(info.layer)), "Nearest names with kernels", True, _without_kernels
)
"""Layers whose kernels are read."""


def kind_of(layer: Any) -> str:
    """The one of `KINDS` that a layer is; empty for others."""
    if isinstance(layer, KnownLayer):
        return next((name for name in KINDS if name in layer.kinds), "")
    import keras

    known = {name: getattr(keras.layers, name) for name in KINDS}
    return next((name for name, kind in known.items() if isinstance(layer, kind)), "")


def read_kernels(model: Any, layer: str | None = None, part: str = "product") -> KernelBank:
    """The kernels of a convolution of a model, which need not be a classifier.

    Parameters
    ----------
    model : keras.Model
        With at least one 2-D convolution.
    layer : str, optional
        Name, or `outer/inner`; default: the first convolution.
    part : str
        As in `read_bank`.

    Returns
    -------
    bank : KernelBank
        `values` (filters, channels, h, w), `biases`, and which channels of the input each filter reads.

    Raises
    ------
    ModelError
        There is no such layer, or it has no 2-D kernels.

    Examples
    --------
    >>> import xai_cam
    >>> model, *_ = xai_cam.sample(1)
    >>> xai_cam.read_kernels(model, "conv1_1").values.shape
    (16, 3, 5, 5)
    """
    from xai_cam.models.network import list_layers

    return read_bank(pick_convolution(list_layers(model), layer), part)


def read_bank(info: LayerInfo, part: str = "product") -> KernelBank:
    """The kernels of a convolution layer.

    Parameters
    ----------
    info : LayerInfo
        The layer.
    part : str
        Of a `SeparableConv2D`: `product`, what its two steps do together (there is nothing between them, so
        that filter o reads channel c with sum over m of depthwise[c, m] * pointwise[c, m, o]); `depthwise` or
        `pointwise`. Other layers have one kind of kernels.
    """
    layer, kind = info.layer, kind_of(info.layer)
    biases = np.asarray(layer.bias, np.float32) if layer.use_bias else None
    if kind == "SeparableConv2D":
        return _read_separable(info, part, biases)
    stored = np.asarray(layer.kernel, np.float32)
    values = to_reading_order(stored, kind)
    filters, channels = values.shape[:2]
    if kind == "DepthwiseConv2D":
        inputs = np.arange(filters)[:, None] // stored.shape[3]
    else:
        groups = 1 if kind == "Conv2DTranspose" else layer.groups
        group = np.arange(filters) // (filters // groups)
        inputs = group[:, None] * channels + np.arange(channels)
    return KernelBank(info.path, kind, values, inputs, biases, stored.shape, ORDERS[kind])


ORDERS = {
    "Conv2D": "height x width x input channels x filters",
    "DepthwiseConv2D": "height x width x input channels x filters of each",
    "Conv2DTranspose": "height x width x filters x input channels",
}
"""Axes of the kernels as Keras stores them, in words."""

READING = {"Conv2D": (3, 2, 0, 1), "Conv2DTranspose": (2, 3, 0, 1)}
"""Axes of the stored kernels in reading order."""


def to_reading_order(stored: np.ndarray, kind: str) -> np.ndarray:
    """Kernels as Keras keeps them -> (filters, channels, h, w)."""
    if kind == "DepthwiseConv2D":  # filter m of channel c is output channel c * multiplier + m
        return stored.transpose(2, 3, 0, 1).reshape(-1, 1, *stored.shape[:2])
    return stored.transpose(READING[kind])


def to_stored_order(values: np.ndarray, kind: str, stored: tuple[int, ...]) -> np.ndarray:
    """The inverse of `to_reading_order`, for kernels that Keras keeps in the shape `stored`."""
    if kind == "DepthwiseConv2D":
        return values.reshape(stored[2], stored[3], *stored[:2]).transpose(2, 3, 0, 1)
    return values.transpose(np.argsort(READING[kind]))


def _read_separable(info: LayerInfo, part: str, biases: np.ndarray | None) -> KernelBank:
    deep = np.asarray(info.layer.depthwise_kernel, np.float32)  # (h, w, c, m)
    point = np.asarray(info.layer.pointwise_kernel, np.float32)  # (1, 1, c * m, filters)
    height, width, channels, multiplier = deep.shape
    if part == "depthwise":
        values = to_reading_order(deep, "DepthwiseConv2D")
        inputs = np.arange(len(values))[:, None] // multiplier
        return KernelBank(
            info.path, "SeparableConv2D", values, inputs, None, deep.shape, ORDERS["DepthwiseConv2D"], part
        )
    if part == "pointwise":
        values = to_reading_order(point, "Conv2D")
        inputs = np.broadcast_to(np.arange(values.shape[1]), values.shape[:2])
        return KernelBank(
            info.path, "SeparableConv2D", values, inputs, biases, point.shape, ORDERS["Conv2D"], part
        )
    weights = point.reshape(channels, multiplier, -1).astype(np.float64)
    values = np.einsum("hwcm,cmo->ochw", deep.astype(np.float64), weights).astype(np.float32)
    inputs = np.broadcast_to(np.arange(channels), values.shape[:2])
    shape = (height, width, channels, values.shape[0])
    return KernelBank(info.path, "SeparableConv2D", values, inputs, biases, shape, ORDERS["Conv2D"], part)


def parse_filters(text: str | None, filters: int = MAX_FILTERS) -> list[int]:
    """Indices that `0-7,12` stands for, each once and in that order; None: all.

    Parameters
    ----------
    text : str, optional
        Indices and ranges, with commas.
    filters : int
        How many the layer has; default: more than any has, for a list that is read before the model.

    Raises
    ------
    InputError
        It is not such a list, or names a filter that the layer does not have.
    """
    if text is None:
        return list(range(filters))
    found: list[int] = []
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", piece)
        if not match:
            raise InputError(f"{text!r} is not a list of filters. Write one as 0-7,12.")
        low, high = int(match[1]), int(match[2] or match[1])
        if high < low or high >= filters:
            if filters == MAX_FILTERS:
                raise InputError(f"{piece.strip()} is not a range of filters. Write one as 0-7,12.")
            raise InputError(
                f"{piece.strip()} is not among the layer's {filters} filters, 0 to {filters - 1}. "
                "Name some of these."
            )
        found += range(low, high + 1)
    return list(dict.fromkeys(found))
