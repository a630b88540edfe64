"""Targets: which number is explained. Counted on the outputs of *one* image, by class and by pixel.

A target looks at the outputs twice. `held` is asked of the image as it is: what it answers (the pixels of a
region, the rivals of a class) stays the same for whatever is done to the image later. `score` and
`probability` are asked of the image as it is, masked, or with a channel of a layer set to 0.

All of them take the outputs before the final activation, z, by the name of the output: (N,), or (H, W, N)
where there is an answer for every pixel. What z means is the `head`:

- "softmax": N classes of which one is right,
- "sigmoid": N labels, each right or not,
- "one unit": z (1,) or (H, W, 1), the logit of class 1; that of class 0 is -z,
- "values": quantities.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np

from .arrays import Array, Pair
from .layers import sigmoid, softmax

Outputs = Mapping[str, Array]
"""Outputs of one image by name, each (N,) or (H, W, N)."""

GAMMA = 0.6
"""How much the mean of its rivals counts against a class (Zhang et al. 2025)."""

SIMILAR = 3
"""Rivals of a class, where they are those with the closest logits."""


class Target(Protocol):
    """A number an image."""

    def held(self, whole: Outputs) -> Any:
        """What the unaltered image fixes; None if nothing."""

    def score(self, z: Outputs, held: Any) -> float:
        """The number that is explained."""

    def probability(self, z: Outputs, held: Any) -> float:
        """Its chance; NaN where it has none."""


def logits(z: Array, head: str) -> Array:
    """Logits of the classes (…, N): z, or of one unit -z and z."""
    return np.concatenate([-z, z], axis=-1) if head == "one unit" else z


def chances(z: Array, head: str) -> Array:
    """Probabilities of the classes (…, N); NaN for values."""
    if head == "values":
        return np.full(z.shape, math.nan)
    return softmax(z) if head == "softmax" else sigmoid(logits(z, head))


@dataclass(frozen=True)
class OneClass:
    """Class `index`: z_c and p_c."""

    index: int
    head: str
    output: str = "y"

    def held(self, whole: Outputs) -> None:
        """Nothing."""

    def score(self, z: Outputs, held: None) -> float:
        """z_c."""
        return float(logits(z[self.output], self.head)[self.index])

    def probability(self, z: Outputs, held: None) -> float:
        """p_c."""
        return float(chances(z[self.output], self.head)[self.index])


@dataclass(frozen=True)
class Value:
    """Unit `index` of a regression: up y_k, down -y_k."""

    index: int
    sign: int
    output: str = "y"

    def held(self, whole: Outputs) -> None:
        """Nothing."""

    def score(self, z: Outputs, held: None) -> float:
        """y_k or -y_k."""
        return self.sign * float(z[self.output][self.index])

    def probability(self, z: Outputs, held: None) -> float:
        """There is none."""
        return math.nan


@dataclass(frozen=True)
class Group:
    """Several classes as one.

    softmax: one of them is right. p = sum of p_c, z = log sum of exp(z_c).
    sigmoid: any of them is right. p = 1 - product of (1 - p_c), z the number whose sigmoid that is,
    log(p / (1 - p)) = log(product of (1 + exp(z_c)) - 1).
    """

    members: Sequence[int]
    head: str
    output: str = "y"

    def held(self, whole: Outputs) -> None:
        """Nothing."""

    def score(self, z: Outputs, held: None) -> float:
        """The logit of the group."""
        total, others = 0.0, 1.0
        for c in self.members:
            total += math.exp(z[self.output][c])
            others *= 1 + math.exp(z[self.output][c])
        return math.log(total) if self.head == "softmax" else math.log(others - 1)

    def probability(self, z: Outputs, held: None) -> float:
        """The probability of the group."""
        p = chances(z[self.output], self.head)
        total, none = 0.0, 1.0
        for c in self.members:
            total += p[c]
            none *= 1 - p[c]
        return float(total if self.head == "softmax" else 1 - none)


@dataclass(frozen=True)
class Contrast:
    """Class `index` and not its rivals: z_c - 0.6 * mean of z_d; `rivals` None: the similar ones."""

    index: int
    head: str
    rivals: Sequence[int] | None = None
    output: str = "y"

    def held(self, whole: Outputs) -> list[int]:
        """The rivals: those named, without the class itself, or those closest to it in this image."""
        z = logits(whole[self.output], self.head)
        if self.rivals is not None:
            return [d for d in self.rivals if d != self.index]
        others = [d for d in range(len(z)) if d != self.index]
        return sorted(others, key=lambda d: abs(z[d] - z[self.index]))[:SIMILAR]

    def score(self, z: Outputs, held: list[int]) -> float:
        """z_c - 0.6 * mean of z_d over the rivals d."""
        all_of_them = logits(z[self.output], self.head)
        against = sum(float(all_of_them[d]) for d in held) / len(held)
        return float(all_of_them[self.index]) - GAMMA * against

    def probability(self, z: Outputs, held: list[int]) -> float:
        """p_c."""
        return float(chances(z[self.output], self.head)[self.index])


@dataclass(frozen=True)
class Region:
    """A target at some pixels: the sum of the numbers, the mean of the chances (Vinogradova et al. 2020).

    `of` is what it is at a pixel, `where` is "predicted", "all" or a mask (H, W) of bool. Predicted are the
    pixels whose highest class is that of `of`, or one of them; of labels and of one unit those with p_c of at
    least a half (class 0 of one unit: what class 1 leaves).
    """

    of: OneClass | Value | Group | Contrast
    where: str | np.ndarray = "predicted"

    def held(self, whole: Outputs) -> list[Pair]:
        """The pixels (i, j) that count."""
        z = whole[self.of.output]
        return [pixel for pixel in product(range(z.shape[0]), range(z.shape[1])) if self._counts(z, pixel)]

    def _counts(self, z: Array, pixel: Pair) -> bool:
        if isinstance(self.where, np.ndarray):
            return bool(self.where[pixel])
        if self.where == "all" or isinstance(self.of, Value):
            return True
        members = self.of.members if isinstance(self.of, Group) else [self.of.index]
        if self.of.head == "softmax":
            return max(range(z.shape[2]), key=lambda c: z[pixel][c]) in members
        if self.of.head == "sigmoid":
            return any(sigmoid(z[pixel][c]) >= 0.5 for c in members)
        return int(sigmoid(z[pixel][0]) >= 0.5) in members

    def _at(self, z: Outputs, pixel: Pair) -> tuple[Outputs, Any]:
        """The outputs at a pixel, and what is held there: of classes that are named, always the same."""
        there = {self.of.output: z[self.of.output][pixel]}
        return there, self.of.held(there)

    def score(self, z: Outputs, held: list[Pair]) -> float:
        """Sum over the pixels."""
        return sum(self.of.score(*self._at(z, pixel)) for pixel in held)

    def probability(self, z: Outputs, held: list[Pair]) -> float:
        """Mean over the pixels; NaN where there are none."""
        total = sum(self.of.probability(*self._at(z, pixel)) for pixel in held)
        return total / len(held) if held else math.nan


@dataclass(frozen=True)
class Similarity:
    """Cosine of the angle between an embedding and that of a reference, (N,)."""

    reference: Array
    output: str = "y"

    def held(self, whole: Outputs) -> None:
        """Nothing."""

    def score(self, z: Outputs, held: None) -> float:
        """The scalar product over both lengths."""
        inner, length, other = 0.0, 0.0, 0.0
        for a, b in zip(z[self.output], self.reference, strict=True):
            inner, length, other = inner + a * b, length + a**2, other + b**2
        return inner / math.sqrt(length * other)

    def probability(self, z: Outputs, held: None) -> float:
        """There is none."""
        return math.nan


@dataclass(frozen=True)
class Own:
    """A function of one's own, of the outputs *behind* their final activations, by name."""

    function: Callable[[Outputs], float]
    heads: Mapping[str, str]

    def held(self, whole: Outputs) -> None:
        """Nothing."""

    def score(self, z: Outputs, held: None) -> float:
        """What the function says of the outputs; those of values are the values."""
        behind = {}
        for name, values in z.items():
            activate = {"softmax": softmax, "values": np.asarray}.get(self.heads[name], sigmoid)
            behind[name] = activate(values)
        return float(self.function(behind))

    def probability(self, z: Outputs, held: None) -> float:
        """There is none."""
        return math.nan
