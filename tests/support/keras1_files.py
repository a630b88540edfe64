"""Small models as Keras 0.3 and 1.x saved them, with seeded random weights; no Keras is needed to write them.

`MODELS` describes them, `write(name, folder)` makes the files. All take images of 9 x 10 pixels and end in a
softmax over 3 classes. A name tells dim_ordering and backend, such as `same_even_tf_theano`.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Config = dict[str, Any]
ROWS, COLS, IMAGES = 9, 10, 3
SEED = 57  # with this one no two images of a model get nearly the same output


@dataclass(frozen=True)
class Layer:
    """One layer. Of each weight: what Keras calls it, its shape, and how many values it sums up."""

    kind: str
    config: Config = field(default_factory=dict)
    weights: tuple[tuple[str, tuple[int, ...], int], ...] = ()
    name: str = ""
    sources: tuple[str, ...] = ()  # in a functional model

    def after(self, *sources: str, name: str = "") -> Layer:
        """The layer in a functional model, behind the layers `sources`."""
        return replace(self, sources=sources, name=name)


@dataclass(frozen=True)
class Model:
    """What `write` needs. A tuple of layers inside `layers` is a Sequential in the Sequential."""

    layers: tuple[Layer | tuple[Layer, ...], ...]
    ordering: str = "th"
    backend: str = "theano"
    version: str | None = "1.2.2"  # "0.3": the old format; None: a Keras 1.0 that does not say
    channels: int = 2
    whole: bool = False  # one H5 file for everything

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image in the model's layout."""
        return (self.channels, ROWS, COLS) if self.ordering == "th" else (ROWS, COLS, self.channels)


# --- Layers, with all keys that Keras 1.2 writes ------------------------------


def _trained(**config: Any) -> Config:
    none = dict.fromkeys(("b_regularizer", "activity_regularizer", "W_constraint", "b_constraint"))
    regularizer = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.10000000149011612}
    return {"init": "glorot_uniform", "W_regularizer": regularizer, "bias": True, **none, **config}


def conv(ordering: str, filters: int, rows: int, cols: int, channels: int, **config: Any) -> Layer:
    """Convolution2D, or with `atrous_rate` AtrousConvolution2D."""
    kind = "AtrousConvolution2D" if "atrous_rate" in config else "Convolution2D"
    defaults = {"border_mode": "valid", "subsample": [1, 1], "activation": "linear", "dim_ordering": ordering}
    config = _trained(nb_filter=filters, nb_row=rows, nb_col=cols, **defaults | config)
    shape = (filters, channels, rows, cols) if ordering == "th" else (rows, cols, channels, filters)
    weights = (("W", shape, rows * cols * channels), ("b", (filters,), 0))
    return Layer(kind, config, weights if config["bias"] else weights[:1])


def dense(units: int, inputs: int, activation: str = "softmax", **config: Any) -> Layer:
    """Dense; Keras writes `input_dim` only where the user gave it."""
    # What comes in is alike (ReLU, brightness): its sum grows with the number itself, not with the root.
    weights = (("W", (inputs, units), inputs**2 // 12), ("b", (units,), 0))
    config = _trained(output_dim=units, activation=activation, input_dim=None, **config)
    return Layer("Dense", config | {"W_regularizer": None}, weights if config["bias"] else weights[:1])


def pool(ordering: str, size: int = 2, kind: str = "Max", **config: Any) -> Layer:
    defaults = {"pool_size": [size] * 2, "strides": [size] * 2, "border_mode": "valid"}
    return Layer(f"{kind}Pooling2D", defaults | {"dim_ordering": ordering} | config)


def norm(width: int, axis: int, epsilon: float = 0.001) -> Layer:
    none = {"gamma_regularizer": None, "beta_regularizer": None}
    config = {"epsilon": epsilon, "mode": 0, "axis": axis, "momentum": 0.99, **none}
    names = ("gamma", "beta", "running_mean", "running_std")
    return Layer("BatchNormalization", config, tuple((name, (width,), 0) for name in names))


def merge(mode: str, *sources: str, name: str, axis: int = -1) -> Layer:
    config = {"mode": mode, "mode_type": "raw", "concat_axis": axis, "dot_axes": -1, "arguments": {}}
    none = {"output_shape": None, "output_shape_type": "raw", "output_mask": None, "output_mask_type": "raw"}
    return Layer("Merge", config | none).after(*sources, name=name)


def plain(kind: str, **config: Any) -> Layer:
    """A layer without weights."""
    return Layer(kind, config)


def act(activation: str = "relu") -> Layer:
    return plain("Activation", activation=activation)


FLATTEN, DROPOUT = plain("Flatten"), plain("Dropout", p=0.25)


# --- Writing ------------------------------


def write(name: str, folder: Path) -> tuple[Path, Path, np.ndarray]:
    """The files of a model of `MODELS`, and images for it.

    Returns
    -------
    Paths of architecture and weights (of a whole H5 file twice), and 3 images in the model's layout, float32.
    """
    model = MODELS[name]
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    folder.mkdir(parents=True, exist_ok=True)
    named = _named(model)
    text = json.dumps((_old_text if model.version == "0.3" else _text)(model, named))
    files = ("model.h5", "model.h5") if model.whole else ("model.json", "weights.h5")
    architecture, weights = (folder / file for file in files)
    with h5py.File(weights, "w") as file:
        if model.whole:
            file.attrs.update({"keras_version": model.version, "model_config": text})
        else:
            architecture.write_text(text, encoding="utf-8")
        root = file.create_group("model_weights") if model.whole else file
        _write_weights(root, list(_flat(named)), model, rng)
    # Every image has its own brightness, which also models that average everything can see.
    x = rng.normal(size=(IMAGES, *model.shape)) + rng.normal(size=(IMAGES, 1, 1, 1))
    return architecture, weights, x.astype(np.float32)


def _named(model: Model) -> list[Any]:
    """The layers with names as Keras 1 gives them: `convolution2d_1`, `convolution2d_2`, …"""
    counts: Counter[str] = Counter()

    def name(layer: Any) -> Any:
        if isinstance(layer, tuple):
            return [name(inner) for inner in layer]
        counts[layer.kind] += 1
        return replace(layer, name=layer.name or f"{layer.kind.lower()}_{counts[layer.kind]}")

    return [name(layer) for layer in model.layers]


def _flat(named: list[Any]) -> Iterator[Layer]:
    for layer in named:
        yield from _flat(layer) if isinstance(layer, list) else [layer]


def _text(model: Model, named: list[Any]) -> Config:
    """Keras 1: the first layer of a Sequential holds the input's shape."""
    version = {"keras_version": model.version} if model.version and not model.whole else {}
    if not any(layer.sources for layer in _flat(named)):
        return _sequential(named, model.shape) | version
    entries = []
    for layer in named:
        entry = _entry(layer, None if layer.sources else model.shape)
        nodes = [[[source, 0, 0] for source in layer.sources]] if layer.sources else []
        entries.append(entry | {"name": layer.name, "inbound_nodes": nodes})
    ends = {"input_layers": [[named[0].name, 0, 0]], "output_layers": [[named[-1].name, 0, 0]]}
    return {"class_name": "Model", "config": {"name": "model_1", "layers": entries, **ends}} | version


def _sequential(named: list[Any], shape: tuple[int, ...] | None) -> Config:
    entries = []
    for layer in named:
        make = _sequential if isinstance(layer, list) else _entry
        entries.append(make(layer, None if entries else shape))
    return {"class_name": "Sequential", "config": entries}


def _entry(layer: Layer, shape: tuple[int, ...] | None) -> Config:
    trainable = {} if layer.kind in ("Merge", "InputLayer") else {"trainable": True}
    first = {"batch_input_shape": [None, *shape], "input_dtype": "float32"} if shape else {}
    return {"class_name": layer.kind, "config": {"name": layer.name, **trainable, **layer.config, **first}}


def _old_text(model: Model, named: list[Layer]) -> Config:
    """Keras 0.3: a flat list, the class of a layer in "name"."""
    entries = []
    for layer in named:
        config = {key: value for key, value in layer.config.items() if key != "bias"}
        common = {"name": layer.kind, "custom_name": layer.name, "trainable": True, "cache_enabled": True}
        entries.append(common | config)
    entries[0]["input_shape"] = list(model.shape)
    training = {"loss": "categorical_crossentropy", "optimizer": {"name": "Adadelta", "lr": 1.0, "rho": 0.95}}
    return {"name": "Sequential", "layers": entries, "class_mode": "categorical", **training}


def _write_weights(root: h5py.Group, layers: list[Layer], model: Model, rng: np.random.Generator) -> None:
    end, old = ":0" if model.backend == "tensorflow" else "", model.version == "0.3"
    groups = {"layer_names": np.array([layer.name.encode() for layer in layers])}
    root.attrs.update({"nb_layers": len(layers)} if old else groups)
    for i, layer in enumerate(layers):
        group = root.create_group(f"layer_{i}" if old else layer.name)
        names = [f"{layer.name}_{suffix}{end}".encode() for suffix, _, _ in layer.weights]
        group.attrs.update({"nb_params": len(names)} if old else {"weight_names": np.array(names)})
        for k, weight in enumerate(layer.weights):
            group[f"param_{k}" if old else names[k]] = _draw(rng, *weight)


def _draw(rng: np.random.Generator, suffix: str, shape: tuple[int, ...], inputs: int) -> np.ndarray:
    if suffix in ("running_std", "alphas"):  # far from 1, where variance and standard deviation are the same
        return rng.uniform(0.2, 0.6, shape).astype(np.float32)
    mean, spread = {"W": (0, np.sqrt(2 / max(inputs, 1))), "gamma": (0.5, 0.15)}.get(suffix, (0, 0.2))
    return rng.normal(mean, spread, shape).astype(np.float32)


# --- Models ------------------------------


def _basic(o: str, **bias: bool) -> tuple[Layer, ...]:
    return conv(o, 4, 3, 2, 2, **bias), act(), pool(o), DROPOUT, FLATTEN, dense(3, 48, **bias)


def _ordered(o: str) -> Iterator[tuple[str, tuple[Layer, ...]]]:
    """Layers that both orderings have."""
    same, stride, axis = {"border_mode": "same"}, {"subsample": [2, 2]}, 1 if o == "th" else -1
    again = {"pool_size": [3, 3], "strides": [1, 1], **same}
    first, end = conv(o, 4, 3, 3, 2), (act(), FLATTEN)
    yield "", _basic(o)
    even = conv(o, 4, 2, 4, 2, **same), act(), pool(o), conv(o, 3, 4, 2, 4, **same)
    yield "same_even", (*even, *end, dense(3, 60))
    strided = conv(o, 4, 2, 3, 2, **same, **stride), act(), conv(o, 4, 3, 4, 4, **same, **stride)
    yield "same_strided", (*strided, *end, dense(3, 36))
    yield "cubic", (conv(o, 3, 3, 3, 3, activation="relu"), conv(o, 3, 3, 3, 3), *end, dense(3, 90))
    yield "norm", (first, norm(4, axis), act(), pool(o, kind="Average"), FLATTEN, dense(3, 48))
    yield "atrous", (conv(o, 4, 3, 2, 2, atrous_rate=[2, 3]), pool(o), *end, dense(3, 24))
    around = plain("ZeroPadding2D", padding=[1, 2]), conv(o, 3, 3, 3, 2), act()
    uneven = plain("ZeroPadding2D", padding=[0, 1, 2, 0]), conv(o, 4, 3, 2, 3), pool(o)
    yield "padding", (*around, *uneven, *end, dense(3, 96))
    larger = plain("UpSampling2D", size=[2, 1]), first, plain("Cropping2D", cropping=[[1, 0], [2, 1]])
    yield "resampled", (*larger, pool(o), *end, dense(3, 56))
    pools = pool(o, **again), first, act(), pool(o, kind="Average", **again), pool(o)
    yield "pool_same", (*pools, FLATTEN, dense(3, 48))
    average, largest = (plain(f"Global{kind}Pooling2D", dim_ordering=o) for kind in ("Average", "Max"))
    yield "global", (first, act(), conv(o, 5, 2, 3, 4), act(), average, dense(3, 5))
    image = Layer("InputLayer", {"sparse": False}, name="in")
    a, b = conv(o, 3, 3, 3, 2, **same).after("in", name="a"), conv(o, 3, 1, 1, 2).after("in", name="b")
    c, d = (conv(o, 4, 3, 2, 6).after("ab", name=name) for name in "cd")
    joins = merge("concat", "a", "b", name="ab", axis=axis), c, d, merge("sum", "c", "d", name="cd")
    yield "branches", (image, a, b, *joins, *_behind("cd", act(), pool(o), FLATTEN, dense(3, 48)))
    e, f = merge("mul", "a", "b", name="e"), merge("max", "a", "b", name="f")
    rest = _behind("g", conv(o, 4, 3, 2, 3), act(), pool(o, 3, "Average"), largest, dense(3, 4))
    yield "merges", (image, a, b, e, f, merge("ave", "e", "f", name="g"), *rest)


def _behind(source: str, *layers: Layer) -> Iterator[Layer]:
    for layer in layers:
        yield layer.after(source, name=(source := f"{source}_{layer.kind.lower()}"))


def _th() -> Iterator[tuple[str, Model]]:
    """Models for Theano's ordering on Theano alone."""
    first, small, end = conv("th", 4, 3, 3, 2), conv("th", 4, 2, 2, 4), (FLATTEN, dense(3, 48))
    full = conv("th", 3, 3, 2, 2, border_mode="full"), act(), pool("th", 3)
    yield "full", Model((*full, FLATTEN, dense(3, 27)))
    yield "no_bias", Model(_basic("th", bias=False))
    for name, version in [("std", None), ("std_6", "1.0.6"), ("variance", "1.0.7")]:
        yield f"norm_{name}", Model((first, norm(4, 1, 1e-5), act(), pool("th"), *end), version=version)
    start = {"batch_input_shape": [None, 4, 3, 4], "input_dtype": "float32"}
    yield "nested", Model(((first, act(), pool("th")), (plain("Flatten", **start), dense(3, 48))))
    shaped = plain("Reshape", target_shape=[2, 3, 5]), conv("th", 3, 2, 2, 2), act(), FLATTEN, dense(3, 24)
    yield "reshape", Model((first, pool("th"), FLATTEN, dense(30, 48, "tanh"), *shaped))
    yield "permute", Model((first, act(), pool("th"), plain("Permute", dims=[2, 3, 1]), *end))
    units = Layer("PReLU", {"init": "zero"}, (("alphas", (4, 7, 8), 0),)), pool("th"), small
    units += plain("LeakyReLU", alpha=0.2), conv("th", 4, 1, 2, 4), plain("ELU", alpha=0.7)
    yield "units", Model((first, *units, plain("ThresholdedReLU", theta=0.1), FLATTEN, dense(3, 16)))
    soft, noise = conv("th", 4, 2, 2, 4, activation="hard_sigmoid"), plain("GaussianNoise", sigma=0.1)
    last = pool("th"), FLATTEN, dense(6, 36, "tanh"), dense(3, 6, "linear"), act("softmax")
    yield "smooth", Model((first, act("softplus"), noise, soft, *last))
    old = norm(4, 1, 1e-6), act(), pool("th"), DROPOUT, conv("th", 4, 2, 2, 4, border_mode="same"), FLATTEN
    last = dense(6, 48, "linear"), norm(6, -1, 1e-6), act("sigmoid"), dense(3, 6)
    yield "keras03", Model((first, *old, *last), version="0.3")


def _all() -> Iterator[tuple[str, Model]]:
    for o, backend in [("th", "theano"), ("tf", "theano"), ("th", "tensorflow"), ("tf", "tensorflow")]:
        native = (o == "th") == (backend == "theano")
        for name, layers in _ordered(o):
            if native or name in ("", "same_even", "same_strided", "cubic"):
                model = Model(layers, o, backend, channels=3 if name == "cubic" else 2)
                yield f"{name}_{o}_{backend}".strip("_"), model
        if native:
            yield f"whole_{o}_{backend}", Model(_basic(o), o, backend, "1.1.2", whole=True)
    yield from ((f"{name}_th_theano", model) for name, model in _th())


MODELS: dict[str, Model] = dict(_all())
