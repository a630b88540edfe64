"""Which channels of an image are scored, and when enough of them are: the map changes no more by the rest.

The scores of all channels make a map. Those of some tell, about, what the others will be (see
`expected_scores`), so that those which matter most to the map can be scored first. The others get the
weights that are expected of them. Those are off by an amount that is known about, too; as soon as all of them
together can move no place of the map by more than the tolerance, the rest is not scored.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from xai_cam.cam.channel_features import channel_features, farthest
from xai_cam.cam.expected_scores import expected_scores, inflation
from xai_cam.cam.map_sign import cut
from xai_cam.cam.weighting import Weighting

DEVIATIONS = 5.0
"""How many standard deviations of a place of the map have to lie within the tolerance."""

FIRST, FIRST_SHARE, LEAST = 48, 3 / 8, 16
"""Channels that are scored first: so many, of a layer of few that share of them, and at least so many."""

UNLIKE = 3
"""One in so many of those is as unlike those before it as any, the others are those that vary most."""

ROUND, GRAIN = 16, 8
"""Channels scored between two looks at least; those known are a multiple of the other, for full chunks."""

STEP = 1 / 2
"""A round is that share of what, by the forecast, is still needed: it is better known with every look."""

WORTH = 0.1
"""Share of the channels that has to be saved, by the forecast, for more rounds to be worth their time."""

MANY = 16
"""Of a layer of many channels the first ones, and those of a round, are one in so many."""

FAR = 40.0
"""Exponents that are larger do not fit a float, and say no more."""


class ChannelSearch:
    """One image's channels: asked for round by round, the most important first, until the map is known.

    Parameters
    ----------
    activations : (h, w, k) or (d, h, w, k) array
        The layer's output.
    weighting : Weighting
        How weights follow from scores.
    tolerance : float, optional
        Largest error of the map over its maximum; without one all channels are scored, or `most`.
    most : int, optional
        Score no more channels than these.
    sign : str
        Of the map, as of `explain`.

    Attributes
    ----------
    error : float
        What the map is off by at most, as is expected, over its maximum: 0 where all channels were scored,
        and infinite where it cannot be told.
    """

    def __init__(
        self,
        activations: np.ndarray,
        weighting: Weighting,
        tolerance: float | None = None,
        most: int | None = None,
        sign: str = "positive",
    ) -> None:
        maps = activations.reshape(-1, activations.shape[-1])
        self._live = np.flatnonzero(maps.max(axis=0) > maps.min(axis=0))
        self._maps = maps[:, self._live]
        self._weighting, self._tolerance, self._sign = weighting, tolerance, sign
        self._most = min(most or len(self._live), len(self._live))
        self._known = np.zeros(len(self._live), bool)
        self._scores = np.empty((0, len(self._live)))
        self._base = np.empty(0)
        self._expected: np.ndarray | None = None
        self._stakes = np.zeros(len(self._live))
        self._doubts = np.full((1, len(self._live)), np.inf)
        self.error = 0.0 if not len(self._live) else np.inf

    @property
    def passes(self) -> int:
        """How many channels were scored."""
        return int(self._known.sum())

    @property
    def channels(self) -> int:
        """How many there are to score: those that are not constant."""
        return len(self._live)

    def next_round(self) -> np.ndarray:
        """The channels to score next, by their numbers; none where it is enough."""
        left = self._most - self.passes
        if left <= 0 or (self._tolerance is not None and self.error <= self._tolerance):
            return self._live[:0]
        chosen = self._first() if not self.passes else self._next()
        return self._live[chosen[:left]]

    def take(self, channels: np.ndarray, scores: np.ndarray, base: np.ndarray) -> None:
        """Take in the scores (m, count) of some channels, of m classes; `base` (m,) are the image's own."""
        if not len(self._scores):
            self._scores = np.full((len(scores), self.channels), np.nan)
        places = np.searchsorted(self._live, channels)
        self._scores[:, places], self._base = self._weighting.scale(scores), base
        self._known[places] = True
        self._look()

    def write(self, scores: np.ndarray) -> None:
        """Put the scores that are known into (m, k) scores, and for the others what is expected, if known."""
        if not self.passes:
            return
        found = self._scores.copy()
        if self._expected is not None:
            found = np.where(self._known, found, self._expected)
        scores[:, self._live] = self._weighting.unscaled(found)

    # --- The order ---------------------------------------------------------------------------------------

    def _first(self) -> np.ndarray:
        """Those that vary most; and some that are unlike them, as what is like none is expected of none."""
        order = np.argsort(-self._maps.std(axis=0, dtype=np.float64), kind="stable")
        if self._most < LEAST or not self._finite:  # nothing to expect the others by
            return order[: self._most]
        count = max(min(FIRST, round(self.channels * FIRST_SHARE)), self.channels // MANY, LEAST)
        count = min(count + -count % GRAIN, self._most, max(self._most // 2, LEAST))
        unlike = count // UNLIKE
        return farthest(self._features, order[: count - unlike], unlike)

    def _next(self) -> np.ndarray:
        """Those that weigh most in the map, as is expected."""
        left = self.channels - self.passes
        order = np.argsort(-np.where(self._known, -np.inf, self._stakes), kind="stable")[:left]
        count = max(ROUND, self.channels // MANY, self.passes // 4)
        if self._tolerance is not None:
            needed = self._needed(order, self._tolerance)
            if left - needed < self.channels * WORTH:
                return order
            count = max(count, round(needed * STEP))
        return order[: count + -(count + self.passes) % GRAIN]

    def _needed(self, order: np.ndarray, tolerance: float) -> int:
        """How many more channels, in that order, will do, as far as can be told now.

        That is what is left of the error at the place where it is largest, without those that are scored;
        and the more are known, the less far off are the others.
        """
        with np.errstate(over="ignore"):
            after = np.cumsum(self._doubts[:, order[::-1]], axis=1)[:, ::-1].max(axis=0)
        counts = self.passes + np.arange(len(order))
        smaller = inflation(counts, self._features.shape[1])
        within = np.flatnonzero(np.sqrt(after) * smaller <= tolerance * smaller[0])
        return int(within[0]) if len(within) else len(order)

    # --- The rule ----------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Expect the scores that are left, and what they can do to the map."""
        if self._known.all():
            self.error = 0.0
            return
        known = self._scores[:, self._known]
        if self.passes < LEAST or not self._finite or not np.isfinite(known).all():
            self.error, self._doubts = np.inf, np.full_like(self._doubts, np.inf)
            return  # nothing is expected: the order stays
        expected, deviation = expected_scores(self._features, known, self._known)
        weights, off = self._weights(expected, deviation, known)
        maps = np.abs(cut((self._maps @ weights.T).T, self._sign))  # (m, positions)
        top = maps.max(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            doubts, squares = np.where(self._known, 0, off) ** 2, self._maps.T.astype(np.float64) ** 2
            variance = doubts @ squares  # (m, positions)
            errors = DEVIATIONS * np.sqrt(variance.max(axis=1)) / top
            worst = squares[:, variance.argmax(axis=1)].T
            self._doubts = np.nan_to_num(doubts * worst * (DEVIATIONS / top[:, None]) ** 2, nan=np.inf)
            unsure = off if self._weighting is Weighting.DIFFERENCE else 0
            stakes = (np.abs(weights) + unsure) / top[:, None]
        self.error = float(np.nan_to_num(errors, nan=np.inf).max())
        self._stakes = np.nan_to_num(stakes, posinf=0).max(axis=0) * np.abs(self._maps).max(axis=0)

    def _weights(
        self, expected: np.ndarray, deviation: np.ndarray, known: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The weights (m, k), known or expected, up to a factor; and how far off the expected ones are."""
        scores = np.where(self._known, self._scores, expected)
        if self._weighting is Weighting.DIFFERENCE:
            self._expected = expected
            return self._base[:, None] - scores, np.broadcast_to(deviation[:, None], scores.shape)
        top, spread = known.max(axis=1, keepdims=True), np.minimum(deviation[:, None] ** 2, FAR)
        self._expected = np.minimum(expected, top)  # those that are left are none of the highest
        middle = expected + spread / 2  # the mean of exp(x), x normal, is not the exp of its mean
        weights = np.exp(np.minimum(np.where(self._known, scores, middle) - top, FAR))
        unbounded = deviation[:, None] ** 2 > FAR  # the highest score alone counts, and nobody knows it
        return weights, np.where(unbounded, np.inf, weights * np.sqrt(np.expm1(spread)))

    @cached_property
    def _finite(self) -> bool:
        return bool(np.isfinite(self._maps).all())

    @cached_property
    def _features(self) -> np.ndarray:
        return channel_features(self._maps)
