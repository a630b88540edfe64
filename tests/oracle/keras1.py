"""What a model saved by Keras 0.3 or 1.x puts out, computed from its JSON text and its H5 file alone.

Nothing is converted: arrays stay in the model's own layout, (n, c, h, w) for dim_ordering "th" and
(n, h, w, c) for "tf"; only a layer that looks at rows and columns turns its input to (n, c, h, w) and back.

Two choices that Keras 1 users made on their own meet in every convolution:

- dim_ordering tells how arrays *lie*: kernels (out, in, rows, cols) for "th", (rows, cols, in, out) for "tf";
- the backend tells what is *computed*: Theano turns the kernel by 180 degrees, TensorFlow does not. It is not
  saved, but TensorFlow names its weights `…:0`.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .arrays import Array, Pair
from .layers import sigmoid, softmax

Config = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Files:
    """A model's files, Keras 0.3 already written as Keras 1 would: `class_name` and `config` per layer."""

    model: Config
    weights: dict[str, list[Array]]
    theano: bool
    version: str | None  # None: the first of Keras 1 did not say


@dataclass(frozen=True, eq=False)
class Step:
    """One layer and all it depends on."""

    config: Config
    weights: list[Array]
    ordering: str
    files: Files

    def on_maps(self, layer: Callable[[Array], Array], x: Array) -> Array:
        """`layer`, which knows only (n, c, h, w), applied to x in the layout of this step."""
        if self.ordering == "th":
            return layer(x)
        y = layer(x.transpose(0, 3, 1, 2))
        return y.transpose(0, 2, 3, 1) if y.ndim == 4 else y


def outputs(architecture: Path, weights: Path, x: np.ndarray) -> Array:
    """The model's output for x, in float64.

    Parameters
    ----------
    architecture, weights : paths of the JSON and the H5 file, or both times of a whole-model H5 file
    x : images in the model's own layout, not preprocessed any further
    """
    files = read(architecture, weights)
    return run(files.model, files, np.asarray(x, np.float64))


# --- Files ------------------------------


def read(architecture: Path, weights: Path) -> Files:
    """Architecture and weights as they were saved."""
    with h5py.File(weights, "r") as file:
        whole = h5py.is_hdf5(architecture)
        model = json.loads(file.attrs["model_config"] if whole else Path(architecture).read_text("utf-8"))
        version = model.get("keras_version", file.attrs.get("keras_version"))
        root = file.get("model_weights", file)
        if "class_name" in model:
            order = {
                name.decode(): [weight.decode() for weight in root[name].attrs["weight_names"]]
                for name in root.attrs["layer_names"]
            }
        else:
            layers = enumerate(model["layers"])
            entries = [{"class_name": x["name"], "config": x | {"name": f"layer_{i}"}} for i, x in layers]
            model, version = {"class_name": "Sequential", "config": entries}, "0.3"
            counts = {name: root[name].attrs["nb_params"] for name in root}
            order = {name: [f"param_{i}" for i in range(count)] for name, count in counts.items()}
        loaded = {n: [np.asarray(root[n][w], np.float64) for w in names] for n, names in order.items()}
    theano = not any(name.endswith(":0") for names in order.values() for name in names)
    return Files(model, loaded, theano, version)


def orderings(model: Config) -> Iterator[str]:
    """The dim_ordering of every layer that has one, also in nested models."""
    entries = model["config"] if model["class_name"] == "Sequential" else model["config"]["layers"]
    for entry in entries:
        if entry["class_name"] in ("Sequential", "Model"):
            yield from orderings(entry)
        elif "dim_ordering" in entry["config"]:
            yield entry["config"]["dim_ordering"]


# --- Models ------------------------------


def run(model: Config, files: Files, x: Array) -> Array:
    """Output of a Sequential, or of a functional model with one input and one output."""
    if model["class_name"] == "Sequential":
        for entry in model["config"]:
            x = apply(entry, files, x)
        return x

    config = model["config"]
    entries = {entry["name"]: entry for entry in config["layers"]}
    [(source, _, _)], [(sink, last, _)] = config["input_layers"], config["output_layers"]

    @cache
    def value(name: str, node: int) -> Array:
        """Output of a layer when it is called for the node-th time."""
        if name == source:
            return x
        sources = entries[name]["inbound_nodes"][node]
        return apply(entries[name], files, *(value(before, n) for before, n, _ in sources))

    return value(sink, last)


def apply(entry: Config, files: Files, *inputs: Array) -> Array:
    """Output of one entry of a model's list: a layer, or a model in the model."""
    kind, config = entry["class_name"], entry["config"]
    if kind in ("Sequential", "Model"):
        return run(entry, files, *inputs)
    if kind not in LAYERS:
        raise ValueError(f"a {kind} is not known here")
    # ZeroPadding2D, Cropping2D and UpSampling2D have an ordering, but Keras 1 does not write it down.
    ordering = config.get("dim_ordering") or next(orderings(files.model), "th")
    weights = files.weights.get(config["name"], [])
    return LAYERS[kind](Step(config, weights, ordering, files), *inputs)


# --- Convolution and pooling ------------------------------


def border(size: int, window: int, stride: int, mode: str, theano: bool) -> Pair:
    """Pixels that a convolution adds before and after one axis of `size` pixels."""
    if mode == "valid":
        return 0, 0
    if mode == "full" and theano:
        return window - 1, window - 1
    if mode == "same" and theano:  # Theano calls it "half"; an even window makes one output too many
        return window // 2, window // 2
    if mode == "same":
        total = max((-(-size // stride) - 1) * stride + window - size, 0)
        return total // 2, total - total // 2
    raise ValueError(f"border_mode {mode!r} does not exist here")


def pool_border(size: int, window: int, stride: int, mode: str, theano: bool) -> Pair:
    """The same for pooling. Keras 1 had its own idea of "same" on Theano; 3 x 3 at stride 1 is as usual."""
    if mode == "same" and theano:
        extra = window - 2 if window > 2 and window % 2 else window - 1
        return extra, extra
    return border(size, window, stride, mode, theano)


def shifts(x: Array, size: Pair, strides: Pair, rate: Pair = (1, 1)) -> Iterator[tuple[int, int, Array]]:
    """For every position (u, v) of a window: u, v and what all windows see there, (n, c, rows, cols)."""
    reach = [(k - 1) * r for k, r in zip(size, rate, strict=True)]
    last = [n - span for n, span in zip(x.shape[2:], reach, strict=True)]
    for u, v in itertools.product(range(size[0]), range(size[1])):
        top, left = u * rate[0], v * rate[1]
        yield u, v, x[:, :, top : top + last[0] : strides[0], left : left + last[1] : strides[1]]


def cut(y: Array, x: Array, strides: Pair, mode: str) -> Array:
    """With "same" ceil(size / stride) outputs are kept, from the start; Theano may have more."""
    rows, cols = (-(-x.shape[2 + a] // strides[a]) for a in (0, 1))
    return y[:, :, :rows, :cols] if mode == "same" else y


def convolve(x: Array, kernel: Array, strides: Pair, mode: str, theano: bool, rate: Pair = (1, 1)) -> Array:
    """x (n, in, h, w) with kernel (out, in, rows, cols), without bias: (n, out, h', w')."""
    if theano:
        kernel = kernel[:, :, ::-1, ::-1]
    size = kernel.shape[2], kernel.shape[3]
    spans = [(size[a] - 1) * rate[a] + 1 for a in (0, 1)]
    edges = [border(x.shape[2 + a], spans[a], strides[a], mode, theano) for a in (0, 1)]
    parts = shifts(np.pad(x, ((0, 0), (0, 0), *edges)), size, strides, rate)
    y = sum(np.einsum("nchw,oc->nohw", part, kernel[:, :, u, v]) for u, v, part in parts)
    return cut(np.asarray(y), x, strides, mode)


def convolution(step: Step, x: Array) -> Array:
    """Convolution2D and AtrousConvolution2D."""
    config, kernel, theano = step.config, step.weights[0], step.files.theano
    if step.ordering == "tf":
        kernel = kernel.transpose(3, 2, 0, 1)
    assert kernel.shape[::2] == (config["nb_filter"], config["nb_row"])
    bias = (step.weights[1] if config.get("bias", True) else np.zeros(len(kernel)))[:, None, None]
    strides, rate = tuple(config["subsample"]), tuple(config.get("atrous_rate", (1, 1)))
    mode = config["border_mode"]
    y = step.on_maps(lambda maps: convolve(maps, kernel, strides, mode, theano, rate) + bias, x)
    return activate(step, y)


def pooling(step: Step, x: Array, choose: Callable[..., Array]) -> Array:
    """MaxPooling2D and AveragePooling2D over the pixels of the image: those of the border never count."""
    size, mode = tuple(step.config["pool_size"]), step.config["border_mode"]
    strides = tuple(step.config["strides"] or size)

    def layer(maps: Array) -> Array:
        edges = [pool_border(maps.shape[2 + a], size[a], strides[a], mode, step.files.theano) for a in (0, 1)]
        padded = np.pad(maps, ((0, 0), (0, 0), *edges), constant_values=np.nan)
        return choose(
            [cut(part, maps, strides, mode) for _, _, part in shifts(padded, size, strides)], axis=0
        )

    return step.on_maps(layer, x)


def zero_padding(step: Step, x: Array) -> Array:
    """ZeroPadding2D: [rows, cols] on both sides, or [top, bottom, left, right]."""
    given = step.config["padding"]
    top, bottom, left, right = given if len(given) == 4 else np.repeat(given, 2)
    return step.on_maps(lambda maps: np.pad(maps, ((0, 0), (0, 0), (top, bottom), (left, right))), x)


def cropping(step: Step, x: Array) -> Array:
    """Cropping2D: [[top, bottom], [left, right]]."""
    (top, bottom), (left, right) = step.config["cropping"]
    return step.on_maps(lambda m: m[:, :, top : m.shape[2] - bottom, left : m.shape[3] - right], x)


# --- The others ------------------------------


def activate(step: Step, x: Array) -> Array:
    """The layer's activation; "linear" where it names none."""
    return ACTIVATIONS[step.config.get("activation", "linear")](x)


def normalisation(step: Step, x: Array) -> Array:
    """BatchNormalization. "running_std" holds the variance since Keras 1.0.7, and what it says before."""
    epsilon, axis, version = step.config["epsilon"], step.config["axis"], step.files.version
    assert step.config["mode"] == 0
    shape = np.where(np.arange(x.ndim) == axis % x.ndim, -1, 1)
    gamma, beta, mean, spread = (weight.reshape(shape) for weight in step.weights)
    deviation = version is None or version == "0.3" or version in [f"1.0.{n}" for n in range(6)]
    if deviation or (version == "1.0.6" and step.files.theano):
        return (x - mean) / (spread + epsilon) * gamma + beta
    return (x - mean) / np.sqrt(spread + epsilon) * gamma + beta


def merge(step: Step, *xs: Array) -> Array:
    """Merge: one array of several."""
    modes: dict[str, Callable[[], Array]] = {
        "sum": lambda: np.sum(xs, axis=0),
        "mul": lambda: np.prod(xs, axis=0),
        "ave": lambda: np.mean(xs, axis=0),
        "max": lambda: np.max(xs, axis=0),
        "concat": lambda: np.concatenate(xs, axis=step.config["concat_axis"]),
    }
    return modes[step.config["mode"]]()


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0.0, 1.0),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softmax": softmax,
}

LAYERS: dict[str, Callable[..., Array]] = {
    "Convolution2D": convolution,
    "AtrousConvolution2D": convolution,
    "MaxPooling2D": lambda s, x: pooling(s, x, np.nanmax),
    "AveragePooling2D": lambda s, x: pooling(s, x, np.nanmean),
    "GlobalMaxPooling2D": lambda s, x: s.on_maps(lambda maps: maps.max(axis=(2, 3)), x),
    "GlobalAveragePooling2D": lambda s, x: s.on_maps(lambda maps: maps.mean(axis=(2, 3)), x),
    "ZeroPadding2D": zero_padding,
    "Cropping2D": cropping,
    "UpSampling2D": lambda s, x: s.on_maps(lambda maps: np.kron(maps, np.ones(s.config["size"])), x),
    "Flatten": lambda s, x: x.reshape(len(x), -1),
    "Reshape": lambda s, x: x.reshape(len(x), *s.config["target_shape"]),
    "Permute": lambda s, x: x.transpose(0, *s.config["dims"]),
    "Dense": lambda s, x: activate(s, x @ s.weights[0] + sum(s.weights[1:])),  # the bias may be missing
    "BatchNormalization": normalisation,
    "Merge": merge,
    "Activation": activate,
    "LeakyReLU": lambda s, x: np.where(x > 0, x, s.config["alpha"] * x),
    "PReLU": lambda s, x: np.where(x > 0, x, s.weights[0] * x),
    "ELU": lambda s, x: np.where(x > 0, x, s.config["alpha"] * np.expm1(np.minimum(x, 0.0))),
    "ThresholdedReLU": lambda s, x: np.where(x > s.config["theta"], x, 0.0),
} | dict.fromkeys(("Dropout", "GaussianNoise", "GaussianDropout", "InputLayer"), lambda s, x: x)
