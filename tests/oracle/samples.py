"""Finite differences, small networks and hand-written Keras 2 files that the oracle's own tests run on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from . import layers
from .arrays import Array
from .network import Network, Stage


def finite_differences(function: Callable[[Array], float], x: Array, step: float = 1e-6) -> Array:
    """d function(x) / dx, same shape as x: one entry of x after the other, two-sided."""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        grad[index] = (function(up) - function(down)) / (2 * step)
    return grad


def some_layers() -> list[layers.Layer]:
    """Layers for an input (n, h, w, 3), with several strides and both paddings, the weighted ones first."""
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(3, 2, 3, 4)), rng.normal(size=6)
    grouped = rng.normal(size=(2, 3, 1, 6))  # of one channel in a group, two filters each
    gamma, beta, mean = rng.normal(size=(3, 3))
    return [
        layers.Conv2D(kernel, bias[:4]),
        layers.Conv2D(kernel, bias[:4], (2, 1), "same"),
        layers.Conv2D(kernel, bias[:4], (2, 3), "valid"),
        layers.Conv2D(kernel, bias[:4], (1, 1), "same", (1, 2)),
        layers.GroupedConv2D(grouped, bias, 3, (1, 2), "same"),
        layers.depthwise_conv2d(grouped.reshape(2, 3, 3, 2), bias, (2, 1)),
        layers.MaxPooling2D(),
        layers.MaxPooling2D((3, 2), (1, 2), "same"),
        layers.MaxPooling2D((1, 2), (3, 2), "same"),
        layers.AveragePooling2D(),
        layers.AveragePooling2D((2, 3), (2, 1), "same"),
        layers.AveragePooling2D((2, 1), (3, 2), "same"),
        layers.GlobalAveragePooling2D(),
        layers.ReLU(),
        layers.BatchNormalization(gamma, beta, mean, rng.uniform(0.5, 2, size=3)),
        layers.Flatten(),
    ]


def small_network(rng: np.random.Generator, units: int, last_activation: str) -> Network:
    """Random: (n, 6, 6, 2) -> conv and ReLU -> pool -> conv -> ReLU -> mean -> dense (n, units).

    The first bias keeps most windows of the pool away from "all zeros", where the maximum has no derivative.
    """
    conv_1 = layers.Conv2D(rng.normal(size=(3, 3, 2, 4)), np.full(4, 6.0), (1, 1), "same")
    conv_2 = layers.Conv2D(rng.normal(size=(2, 2, 4, 3)), np.zeros(3))
    head = layers.Dense(rng.normal(size=(3, units)), np.zeros(units))
    stages = (
        Stage("conv_1", (conv_1, layers.ReLU())),
        Stage("pool", (layers.MaxPooling2D(),)),
        Stage("conv_2", (conv_2,)),
        Stage("relu", (layers.ReLU(),)),
        Stage("mean", (layers.GlobalAveragePooling2D(),)),
        Stage("head", (head,)),
    )
    return Network(stages, last_activation)


def summing_network() -> Network:
    """(n, 2, 2, 1) -> channels (v, -v, 1) of each value v -> one unit, the sum of 2 v - v + 1 over all."""
    conv = layers.Conv2D(np.array([1.0, -1, 0]).reshape(1, 1, 1, 3), np.array([0.0, 0, 1]))
    head = layers.Dense(np.tile([2.0, 1, 1], 4)[:, None], np.zeros(1))
    return Network((Stage("conv", (conv,)), Stage("flat", (layers.Flatten(),)), Stage("head", (head,))))


def keras_2_config(kind: str, units: int) -> dict[str, Any]:
    """The chain conv "c" with ReLU -> flatten "f" -> softmax dense "d", in one of the ways of Keras 2.

    "list": Sequential up to 2.2.2, "dict": Sequential since then, "graph": functional.
    """
    conv = {"name": "c", "kernel_size": [2, 2], "strides": [1, 1], "padding": "valid", "use_bias": True}
    listed = [
        {"class_name": "Conv2D", "config": {**conv, "data_format": "channels_last", "activation": "relu"}},
        {"class_name": "Flatten", "config": {"name": "f"}},
        {
            "class_name": "Dense",
            "config": {"name": "d", "units": units, "use_bias": False, "activation": "softmax"},
        },
    ]
    if kind == "list":
        return {"class_name": "Sequential", "config": listed}
    if kind == "dict":
        return {"class_name": "Sequential", "config": {"name": "s", "layers": listed}}
    graph: list[dict[str, Any]] = [{"class_name": "InputLayer", "config": {"name": "i"}, "inbound_nodes": []}]
    for layer, source in zip(listed, "icf", strict=True):
        graph.append({**layer, "inbound_nodes": [[[source, 0, 0, {}]]]})
    return {"class_name": "Model", "config": {"layers": graph, "output_layers": [["d", 0, 0]]}}


def write_keras_2_files(
    folder: Path, kind: str, group: str, kernel: Array, bias: Array, dense: Array
) -> None:
    """Writes `model.json` and `weights.h5` of that chain, the weights below `group`, all names as bytes."""
    arrays = {"c": [kernel, bias], "f": [], "d": [dense]}
    (folder / "model.json").write_text(json.dumps(keras_2_config(kind, dense.shape[1])), encoding="utf-8")
    with h5py.File(folder / "weights.h5", "w") as file:
        root = file.require_group(group)
        root.attrs["layer_names"] = [name.encode() for name in arrays]
        for name, values in arrays.items():
            layer = root.create_group(name)
            layer.attrs["weight_names"] = [f"{name}/{n}:0".encode() for n in range(len(values))]
            for n, value in enumerate(values):
                layer[f"{name}/{n}:0"] = value
