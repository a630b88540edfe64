"""The sign of a map: what speaks for the class, what speaks against it, or both in one map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xai_cam.errors import InputError

if TYPE_CHECKING:
    from xai_cam.cam.scored import Scored

SIGNS = ("positive", "negative", "both")
"""The part of sum W A that a map shows: what is above 0, what is below 0 (turned round), or all of it."""

OPPOSITE = {"positive": "negative", "negative": "positive", "both": "both"}

ROUNDING = 1e-6
"""Of sums of float32, as a share of the largest: what is below 0 by less is 0."""

WORDS = {
    "negative": "what speaks against it",
    "both": "red speaks for it, blue against it",
}
OF_A_VALUE = {
    "negative": "what lowers it",
    "both": "red raises it, blue lowers it",
}


def check_sign(sign: Any) -> str:
    """One of `SIGNS`.

    Raises
    ------
    InputError
        There is no such sign.
    """
    if not isinstance(sign, str) or sign not in SIGNS:
        raise InputError(f"`sign` is {sign!r}. Use {', '.join(SIGNS[:-1])} or {SIGNS[-1]}.")
    return sign


def cut(sums: np.ndarray, sign: str) -> np.ndarray:
    """The part of maps sum W A (n, ...) that this sign shows; >= 0, but for `both`.

    Selvaraju et al. 2017, sec. 3 (relu of the sum) and 3.3 (of its negative, for counterfactuals). A negative
    part that is no more than what rounding leaves of a map without one is 0.
    """
    if sign == "both":
        return sums
    if sign == "positive":
        return np.maximum(sums, 0)
    places = tuple(range(1, sums.ndim))
    below = np.maximum(-sums, 0)
    rounding = ROUNDING * sums.max(axis=places, keepdims=True)
    return np.where(below <= rounding, np.float32(0), below)


def cannot_be_negative(activations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,) whether no weight of an image is below 0, and no activation: then its maps have one side.

    Methods with such weights (softmax, probabilities, positive gradients) show nothing against a class behind
    a ReLU.
    """
    sides = [(one >= 0).reshape(len(one), -1).all(axis=1) for one in (activations, weights)]
    return np.asarray(sides[0] & sides[1])


class Found(NamedTuple):
    """A map (h, w), its method or baseline, the kind of score, its value, and what computed the evidence.

    `one_sided`, where the sign is negative, tells whether the map cannot be negative. `passes` counts the
    channels that were scored, of as many `channels`, and `error` is what the map is off by, over its maximum,
    as is expected: None where that cannot be told. Of `integrated-gradients` the sum of the map was off by
    the `residual` from the `change` of the score. `standard_error` is that of a map of random samples, over
    its maximum.
    """

    cam: np.ndarray
    method: str
    score: str
    value: float
    engine: str
    sign: str = "positive"
    one_sided: bool = False
    passes: int | None = None
    channels: int | None = None
    error: float | None = None
    standard_error: float | None = None
    residual: float | None = None
    change: float | None = None


class Maps(NamedTuple):
    """The maps (n, h, w) of one method, or of a baseline, for a batch of images; `errors` as maps are."""

    name: str
    score: str
    cams: np.ndarray
    sign: str = "positive"
    one_sided: np.ndarray | None = None
    scored: Scored | None = None
    off: tuple[np.ndarray, np.ndarray] | None = None
    errors: Sequence[float] | None = None

    def of(self, i: int, value: float, engine: str) -> Found:
        """That of image i, whose score has this value."""
        one_sided = self.one_sided is not None and bool(self.one_sided[i])
        told = self.scored.told(i) if self.scored else ()
        found = Found(self.cams[i], self.name, self.score, value, engine, self.sign, one_sided, *told)
        top = float(np.abs(self.cams[i]).max())
        if self.errors and math.isfinite(self.errors[i]) and top > 0:
            found = found._replace(standard_error=self.errors[i] / top)
        if self.off is None:
            return found
        residual, change = (float(one[i]) for one in self.off)
        return found._replace(residual=residual, change=change)


def describe_sign(sign: str, of_a_value: bool = False) -> str:
    """What such a map shows, for captions; empty for a positive one, which needs no words."""
    return (OF_A_VALUE if of_a_value else WORDS).get(sign, "")
