"""Scores of channels, asked for in rounds over a batch: images that have enough drop out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.engines.questions import ChannelScores, Progress, live_channels
from xai_cam.cam.scored import Scored
from xai_cam.cam.tolerance import ChannelSearch
from xai_cam.cam.weighting import Weighting

Ask = Callable[[np.ndarray], ChannelScores]
"""Channels (n, k) bool -> their scores."""


class ChannelRounds:
    """Asks for the channels of a batch, each of them once, whoever needs it.

    Parameters
    ----------
    ask : callable
        The engine's question.
    activations : (n, h, w, k) array
    limits : ChannelLimits
    sign : str
        Of the maps.
    progress : RoundsProgress, optional
        Is told how many channels there will be at most.
    """

    def __init__(
        self,
        ask: Ask,
        activations: np.ndarray,
        limits: ChannelLimits,
        sign: str = "positive",
        progress: RoundsProgress | None = None,
    ) -> None:
        self._ask, self._activations, self._limits, self._sign = ask, activations, limits, sign
        self._progress = progress or RoundsProgress()
        self._known = np.zeros((len(activations), activations.shape[-1]), bool)
        self._tables: tuple[np.ndarray, np.ndarray] | None = None

    def all_at_once(self) -> ChannelScores:
        """All channels that are not constant, or as many of them as there may be, those that vary most."""
        return self._ask(live_channels(self._activations, self._limits.max_channels))

    def scored(self, weighting: Weighting, score: str, base: np.ndarray) -> Scored:
        """As many channels as it takes, for weights that follow so from `logit` or `probability`.

        `base` (n, m) are the scores of the images as they are.
        """
        tolerance, most = self._limits.tolerance, self._limits.max_channels
        searches = [ChannelSearch(maps, weighting, tolerance, most, self._sign) for maps in self._activations]
        total = sum(min(most or one.channels, one.channels) for one in searches)
        with self._progress.expecting(total):
            while wanted := {i: new for i, one in enumerate(searches) if len(new := one.next_round())}:
                table = self._table(wanted, score)
                for i, channels in wanted.items():
                    searches[i].take(channels, table[i][:, channels], base[i])
        found = np.full((len(searches), base.shape[1], self._known.shape[1]), np.nan, np.float32)
        for i, search in enumerate(searches):
            search.write(found[i])
        return Scored(
            found,
            np.array([search.passes for search in searches]),
            np.array([search.channels for search in searches]),
            np.array([search.error for search in searches]),
        )

    def _table(self, wanted: Mapping[int, np.ndarray], score: str) -> np.ndarray:
        """(n, m, k) scores, with those in it of the channels that are wanted of each image."""
        new = np.zeros_like(self._known)
        for i, channels in wanted.items():
            new[i, channels] = ~self._known[i, channels]
        if new.any() or self._tables is None:
            found = self._ask(new)
            tables = self._tables or (found.logits, found.probabilities)
            fresh = new[:, None]
            logits, probabilities = (
                np.where(fresh, some, table)
                for some, table in zip((found.logits, found.probabilities), tables, strict=True)
            )
            self._tables, self._known = (logits, probabilities), self._known | new
        return self._tables[0] if score == "logit" else self._tables[1]


class RoundsProgress:
    """Progress over several rounds of which the engine counts each by itself.

    Parameters
    ----------
    progress : callable
        As of `Computing`.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress, self._total, self._before = progress, 0, 0
        self._what = ""

    def expecting(self, total: int) -> RoundsProgress:
        """For so many channels at most, as a context."""
        self._total, self._before, self._what = total, 0, ""
        return self

    def __enter__(self) -> RoundsProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._what and self._progress:  # what is not needed counts as done
            self._progress(self._what, self._total, self._total)
        self._total = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """The engine has done so many of a round's."""
        if self._progress is None:
            return
        if not self._total:
            self._progress(what, done, total)
            return
        self._what = what
        self._progress(what, min(self._before + done, self._total - 1), self._total)
        self._before += done if done >= total else 0
