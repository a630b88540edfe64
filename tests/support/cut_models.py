"""Small models of several kinds, each also cut by hand at a layer: what leads to its maps, and what follows.

A model is built twice from the same lines: whole, in float32, as the tool is given it; and in two halves
without the final activations, in float64, with the same weights, to see what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

Tensors = dict[str, Any]
"""Inputs or outputs by name."""


@dataclass(frozen=True)
class Halves:
    """`front` takes the inputs by name and gives the maps of the layer, and all that leads past it; `back`
    takes both and gives the outputs by name.
    """

    front: Callable[[Tensors], tuple[Any, Any]]
    back: Callable[[Any, Any], Tensors]


@dataclass(frozen=True)
class Cut:
    """A model, and its halves.

    `shapes` and `kinds` of its inputs by name, the one explained first; `heads` says what each output means,
    in the words of `oracle.targets`.
    """

    model: Any
    halves: Halves
    layer: str
    shapes: Mapping[str, tuple[int, ...]]
    kinds: Mapping[str, str]
    heads: Mapping[str, str]

    def inputs(self, count: int = 3, seed: int = 1) -> dict[str, np.ndarray]:
        """Some inputs by name; whole numbers are from 0 to 4."""
        rng = np.random.default_rng(seed)
        return {
            name: rng.integers(0, 5, (count, *shape)).astype(self.kinds[name])
            if self.kinds[name].startswith("int")
            else rng.normal(0, 1, (count, *shape)).astype(self.kinds[name])
            for name, shape in self.shapes.items()
        }


ACTIVATIONS = {"softmax": "softmax", "sigmoid": "sigmoid", "one unit": "sigmoid", "values": None}
"""Heads and the final activations that they have."""

Build = Callable[[Any, Mapping[str, str | None]], Halves]
"""Makes layers by `make(class name, *arguments, **options)`, with the final activations by output's name."""


def cut(
    build: Build,
    layer: str,
    shapes: Mapping[str, tuple[int, ...]],
    heads: Mapping[str, str],
    kinds: Mapping[str, str] | None = None,
    *,
    without: bool = False,
    named: bool = False,
    gain: float = 2.0,
    seed: int = 0,
) -> Cut:
    """The model of `build` with seeded weights, the last layers' `gain` times as large.

    `without`: the whole model has no final activations either; `named`: it has dicts for inputs and outputs,
    not lists.
    """
    import keras

    kinds = dict.fromkeys(shapes, "float32") | dict(kinds or {})
    final = {name: None if without else ACTIVATIONS[head] for name, head in heads.items()}
    inputs = {
        name: keras.Input(shape, dtype=kinds[name], name=name) for name, shape in sorted(shapes.items())
    }
    model = _whole(build(_maker("float32"), final), inputs, named)
    halves = build(_maker("float64"), dict.fromkeys(heads))
    twin = _whole(halves, inputs, named)
    found = Cut(model, halves, layer, shapes, kinds, heads)
    _fill(found, twin, gain, seed)
    return found


def _fill(cut: Cut, twin: Any, gain: float, seed: int) -> None:
    """Equal weights for both, such that no class of an output is much higher than the others throughout."""
    rng = np.random.default_rng(seed)
    for weight, other in zip(cut.model.weights, twin.weights, strict=True):
        *_, owner, name = weight.path.split("/")
        size = {"kernel": gain if owner in cut.heads else 1.5, "bias": 0.3}.get(name, 1.0)
        values = rng.normal(0, size / np.sqrt(np.prod(weight.shape[:-1])), weight.shape).astype(np.float32)
        weight.assign(values)
        other.assign(values)
    outputs = cut.halves.back(*cut.halves.front(cut.inputs()))
    for output in (name for name, head in cut.heads.items() if head != "values"):
        values = outputs[output]
        middle = np.mean(values, axis=tuple(range(len(values.shape) - 1))).astype(np.float32)
        for one in (cut.model, twin):
            bias = one.get_layer(output).bias
            bias.assign(bias.numpy() - middle)


def _maker(dtype: str) -> Callable[..., Any]:
    def make(kind: str, *arguments: Any, **options: Any) -> Any:
        import keras

        return getattr(keras.layers, kind)(*arguments, dtype=dtype, **options)

    return make


def _whole(halves: Halves, inputs: Tensors, named: bool) -> Any:
    import keras

    outputs = halves.back(*halves.front(inputs))
    return keras.Model(*((inputs, outputs) if named else map(_listed, (inputs, outputs))))


def _listed(tensors: Tensors) -> Any:
    listed = list(tensors.values())
    return listed if len(listed) > 1 else listed[0]


# --- One image, one output ---------------------------------------------------------------------------


def _plain(make: Any, final: Mapping[str, str | None], units: int) -> Halves:
    first = make("Conv2D", 6, 3, padding="same", activation="relu")
    last = make("Conv2D", 5, 3, activation="relu", name="last")
    pool, flat, head = make("MaxPooling2D"), make("Flatten"), make("Dense", units, final["y"], name="y")
    return Halves(lambda x: (last(pool(first(x["image"]))), ()), lambda maps, _: {"y": head(flat(maps))})


@cache
def plain(head: str, units: int = 6, without: bool = False) -> Cut:
    """A convolutional network with a dense head on all places of its 5 maps of 6 x 6."""
    build = partial(_plain, units=units)
    return cut(build, "last", {"image": (16, 16, 3)}, {"y": head}, without=without)


# --- Several outputs, several inputs -----------------------------------------------------------------


def _patient(make: Any, final: Mapping[str, str | None]) -> Halves:
    first, gate = make("Conv2D", 6, 3, strides=2, activation="relu"), make("Dense", 6, "sigmoid")
    last, gated = make("Conv2D", 5, 3, activation="relu", name="last"), make("Multiply")
    flat, wide, table = make("Flatten"), make("Reshape", (1, 1, 6)), make("Dense", 4, "relu")
    ward, joined = make("Embedding", 5, 3), make("Concatenate")
    units = {"kind": 4, "amount": 2, "tags": 3}
    heads = {name: make("Dense", count, final[name], name=name) for name, count in units.items()}

    def front(x: Tensors) -> tuple[Any, Any]:
        maps = gated([first(x["image"]), wide(gate(x["table"]))])
        return last(maps), (table(x["table"]), flat(ward(x["ward"])))

    def back(maps: Any, past: Any) -> Tensors:
        seen = joined([flat(maps), *past])
        return {name: head(seen) for name, head in heads.items()}

    return Halves(front, back)


@cache
def patient(named: bool = False) -> Cut:
    """An image, a vector of 4 numbers and a whole number go in; classes, two values and labels come out.

    The vector joins before the layer, and again behind it.
    """
    shapes = {"image": (15, 17, 3), "table": (4,), "ward": (1,)}
    heads = {"kind": "softmax", "amount": "values", "tags": "sigmoid"}
    return cut(_patient, "last", shapes, heads, {"ward": "int32"}, named=named)


def _views(make: Any, final: Mapping[str, str | None], explained: str) -> Halves:
    views = {
        side: (make("Conv2D", 5, 3, activation="relu", name=f"{side}_last"), make("Flatten"))
        for side in ("left", "right")
    }
    joined, mixed, head = (
        make("Concatenate"),
        make("Dense", 8, "tanh"),
        make("Dense", 4, final["y"], name="y"),
    )
    other = "right" if explained == "left" else "left"

    def front(x: Tensors) -> tuple[Any, Any]:
        maps = {side: conv(x[side]) for side, (conv, _) in views.items()}
        return maps[explained], views[other][1](maps[other])

    def back(maps: Any, past: Any) -> Tensors:
        seen = views[explained][1](maps)
        return {"y": head(mixed(joined([seen, past] if explained == "left" else [past, seen])))}

    return Halves(front, back)


@cache
def views(explained: str) -> Cut:
    """Two images of different sizes go in, each through a convolution of its own; `explained` is one."""
    shapes = {"left": (12, 14, 3), "right": (10, 9, 1)}
    shapes = {explained: shapes[explained], **shapes}
    build = partial(_views, explained=explained)
    return cut(build, f"{explained}_last", shapes, {"y": "softmax"})


# --- An answer for every pixel -----------------------------------------------------------------------


def _segmenting(make: Any, final: Mapping[str, str | None], units: int) -> Halves:
    encode = make("Conv2D", 4, 3, padding="same", activation="relu", name="encode")
    pool, larger, joined = make("MaxPooling2D"), make("UpSampling2D"), make("Concatenate")
    bottom = make("Conv2D", 6, 3, padding="same", activation="relu", name="bottom")
    decode = make("Conv2D", 4, 3, padding="same", activation="relu", name="decode")
    head = make("Conv2D", units, 1, activation=final["y"], name="y")

    def front(x: Tensors) -> tuple[Any, Any]:
        fine = encode(x["image"])
        return bottom(pool(fine)), fine

    return Halves(front, lambda maps, fine: {"y": head(decode(joined([larger(maps), fine])))})


@cache
def segmenting(head: str, units: int = 3, without: bool = False) -> Cut:
    """A small U-Net on 12 x 14 pixels; its sums over pixels stay within what float32 tells apart."""
    build = partial(_segmenting, units=units)
    return cut(build, "bottom", {"image": (12, 14, 3)}, {"y": head}, without=without, gain=0.4)
