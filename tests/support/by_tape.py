"""Maps of any target by hand: a model cut in two, TensorFlow's tape for gradients, loops for all the rest.

The number that is explained is counted by `oracle.targets`. For the tape it is written once more, as
TensorFlow's operations on whole arrays; a test says that both give the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from oracle import cams
from oracle.arrays import Array
from oracle.targets import (
    GAMMA,
    SIMILAR,
    Contrast,
    Group,
    OneClass,
    Outputs,
    Own,
    Region,
    Similarity,
    Target,
    Value,
)
from support.cut_models import Cut

METHODS = ["grad-cam", "hires-cam", "layer-cam", "score-cam", "ablation-cam"]
"""The methods that take any number."""

# --- The number, as operations -----------------------------------------------------------------------


def taped(target: Target, z: dict[str, Any], whole: dict[str, Any]) -> Any:
    """The number of a target for one image's outputs z; `whole` are those of the image as it is.

    Of outputs (H, W, N) at every pixel, but for a region.
    """
    match target:
        case OneClass(index, head, output):
            return _logits(z[output], head)[..., index]
        case Value(index, sign, output):
            return tf.cast(sign, tf.float64) * z[output][..., index]
        case Group(members, "softmax", output):
            return tf.reduce_logsumexp(tf.gather(z[output], members, axis=-1), axis=-1)
        case Group(members, _, output):
            none = tf.reduce_prod(tf.sigmoid(-tf.gather(z[output], members, axis=-1)), axis=-1)
            return tf.math.log1p(-none) - tf.math.log(none)
        case Contrast(_, head, _, output):
            shares = _shares(target, _logits(whole[output], head))
            return tf.reduce_sum(_logits(z[output], head) * shares, axis=-1)
        case Region(of, _):
            counts = tf.cast(_counts(target, whole[of.output]), tf.float64)
            return tf.reduce_sum(taped(of, z, whole) * counts)
        case Similarity(reference, output):
            return tf.reduce_sum(tf.math.l2_normalize(z[output]) * tf.math.l2_normalize(reference))
        case Own(function, heads):
            return function({name: _activated(values, heads[name]) for name, values in z.items()})
    raise TypeError(target)


def taped_probability(target: Target, z: dict[str, Any], whole: dict[str, Any]) -> Any:
    """Its probability, where it has one."""
    match target:
        case OneClass(index, head, output) | Contrast(index, head, _, output):
            return _activated(_logits(z[output], head), head)[..., index]
        case Group(members, "softmax", output):
            return tf.reduce_sum(tf.gather(tf.nn.softmax(z[output]), members, axis=-1), axis=-1)
        case Group(members, _, output):
            return 1 - tf.reduce_prod(1 - tf.sigmoid(tf.gather(z[output], members, axis=-1)), axis=-1)
        case Region(of, _):
            return tf.reduce_mean(taped_probability(of, z, whole)[_counts(target, whole[of.output])])
    raise TypeError(target)


def _logits(z: Any, head: str) -> Any:
    return z * tf.constant([-1, 1], tf.float64) if head == "one unit" else z


def _activated(z: Any, head: str) -> Any:
    return {"softmax": tf.nn.softmax, "values": tf.identity}.get(head, tf.sigmoid)(z)


def _shares(target: Contrast, whole: Any) -> Any:
    """What each class counts in a contrast: 1, -0.6 over the number of rivals, or 0."""
    classes, rivals = np.arange(whole.shape[-1]), target.rivals
    if rivals is None:
        rivals = tf.math.top_k(-tf.abs(whole - whole[target.index]), SIMILAR + 1).indices.numpy()
    chosen = np.isin(classes, rivals) & (classes != target.index)
    return tf.constant((classes == target.index) - GAMMA * chosen / chosen.sum())


def _counts(target: Region, whole: Any) -> Any:
    """The pixels of a region, (H, W) of bool."""
    of = target.of
    if not isinstance(target.where, str):
        return tf.constant(target.where)
    if target.where == "all" or isinstance(of, Value):
        return tf.ones(whole.shape[:2], bool)
    members = of.members if isinstance(of, Group) else [of.index]
    if of.head == "softmax":
        highest = tf.argmax(whole, axis=-1, output_type=tf.int32)
        return tf.reduce_any([highest == c for c in members], axis=0)
    if of.head == "sigmoid":
        return tf.reduce_any([whole[..., c] >= 0 for c in members], axis=0)
    return (whole[..., 0] >= 0) == (members == [1])


# --- The maps ----------------------------------------------------------------------------------------


class ByHand:
    """What a cut model says of some inputs (n, …), by name, whatever is explained."""

    def __init__(self, cut: Cut, inputs: dict[str, np.ndarray]) -> None:
        self.cut, self.inputs = cut, inputs
        self.image, *_ = cut.shapes
        self.count = len(inputs[self.image])
        found = [self.cut.halves.front(self._of(i)) for i in range(self.count)]
        self._maps, self._past = [maps for maps, _ in found], [past for _, past in found]

    def _of(self, i: int, **other: Any) -> dict[str, Any]:
        """Inputs of image i, as many as there are of the `other` ones in place of its own."""
        copies = max([len(values) for values in other.values()], default=1)
        own = {name: np.repeat(values[[i]], copies, axis=0) for name, values in self.inputs.items()}
        return {name: tf.constant(values) for name, values in {**own, **other}.items()}

    def maps(self, i: int) -> Array:
        """(h, w, k) of the layer for image i."""
        return self._maps[i][0].numpy()

    def tensors(self, i: int, maps: Any = None) -> dict[str, Any]:
        """Outputs of image i before their final activations, for these maps or its own: one image's, no axis
        for it.
        """
        found = self.cut.halves.back(self._maps[i] if maps is None else maps, self._past[i])
        return {name: values[0] for name, values in found.items()}

    @cached_property
    def whole(self) -> list[Outputs]:
        """The same of each image, as arrays."""
        return [{n: v.numpy() for n, v in self.tensors(i).items()} for i in range(self.count)]

    @cached_property
    def masked(self) -> list[list[Outputs | None]]:
        """Outputs of each image times the mask of each channel; None where a channel has no mask."""
        return [self._masked(i) for i in range(self.count)]

    def _masked(self, i: int) -> list[Outputs | None]:
        x = self.inputs[self.image][i].astype(np.float64)
        masks = cams.masks(self.maps(i), x.shape[:2])
        inputs = np.stack([x * mask[:, :, None] for mask in masks if mask is not None])
        return _spread(
            self.cut.halves.back(*self.cut.halves.front(self._of(i, **{self.image: inputs}))), masks
        )

    @cached_property
    def ablated(self) -> list[list[Outputs | None]]:
        """Outputs of each image with each channel set to 0; None for a constant one."""
        return [self._ablated(i) for i in range(self.count)]

    def _ablated(self, i: int) -> list[Outputs | None]:
        maps = self.maps(i)
        live = [k if np.ptp(maps[..., k]) else None for k in range(maps.shape[2])]
        copies = np.stack([maps * (np.arange(maps.shape[2]) != k) for k in live if k is not None])
        past = tf.nest.map_structure(lambda one: tf.repeat(one, len(copies), axis=0), self._past[i])
        return _spread(self.cut.halves.back(tf.constant(copies), past), live)

    def gradient(self, i: int, target: Target, score: str = "logit") -> Array:
        """ds/dA (h, w, k), or dp/dA, of image i."""
        number = taped if score == "logit" else taped_probability
        whole = {name: tf.constant(values) for name, values in self.whole[i].items()}
        with tf.GradientTape() as tape:
            tape.watch(self._maps[i])
            found = number(target, self.tensors(i), whole)
        return tape.gradient(found, self._maps[i])[0].numpy()

    def score(self, i: int, target: Target) -> float:
        """The number itself."""
        return target.score(self.whole[i], target.held(self.whole[i]))

    def probability(self, i: int, target: Target) -> float:
        """Its probability."""
        return target.probability(self.whole[i], target.held(self.whole[i]))

    def cam(self, method: str, i: int, target: Target, score: str = "logit") -> Array:
        """The map (h, w) of a method for image i, not normalised."""
        return self.cams([method], i, target, score)[method]

    def cams(self, methods: Sequence[str], i: int, target: Target, score: str = "logit") -> dict[str, Array]:
        """The same of several methods, by their names."""
        maps, found = self.maps(i), {}
        of_tape = [method for method in methods if method in cams.GRADIENT_METHODS]
        if of_tape:
            gradient = self.gradient(i, target, score)
            found = {method: cams.GRADIENT_METHODS[method](maps, gradient) for method in of_tape}
        for method in methods:
            if method == "score-cam":
                found[method] = cams.score_cam(maps, self._numbers(target.score, i, target, self.masked))
            elif method == "score-cam-official":
                chances = self._numbers(target.probability, i, target, self.masked)
                found[method] = cams.score_cam_official(maps, chances)
            elif method == "ablation-cam":
                scores = self._numbers(target.score, i, target, self.ablated)
                found[method] = cams.ablation_cam(maps, scores, self.score(i, target))
        return found

    def _numbers(
        self, of: Callable[[Outputs, Any], float], i: int, target: Target, changed: list[list[Outputs | None]]
    ) -> Array:
        """A number for each channel (k,) of image i; NaN where it was skipped."""
        held = target.held(self.whole[i])
        return np.array([math.nan if z is None else of(z, held) for z in changed[i]])


def _spread(outputs: dict[str, Any], places: Sequence[Any]) -> list[Outputs | None]:
    """A row of the outputs for each place that is not None, in their order."""
    arrays = {name: values.numpy() for name, values in outputs.items()}
    live = [place is not None for place in places]
    rows = np.cumsum(live) - 1
    return [
        {name: values[row] for name, values in arrays.items()} if alive else None
        for alive, row in zip(live, rows, strict=True)
    ]
