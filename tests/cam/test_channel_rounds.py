"""Channels asked for in rounds over a batch, with an engine that answers by hand."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.channel_rounds import ChannelRounds, RoundsProgress
from xai_cam.cam.engines.questions import ChannelScores
from xai_cam.cam.weighting import Weighting

RNG = np.random.default_rng(0)
MAPS = RNG.uniform(size=(3, 4, 4, 64)).astype(np.float32)
ALIKE = np.ones((2, 64))
LOGITS = np.stack([ALIKE, RNG.normal(0, 4, (2, 64)), -3 * ALIKE]).astype(np.float32)
"""Of the first and the last image all channels are alike; of the second nothing tells one by the others."""


class Asked:
    """Answers, and remembers how many channels of each image it was asked for."""

    def __init__(self, part: slice = slice(None)) -> None:
        self.part, self.rounds = part, list[list[int]]()

    def __call__(self, channels: np.ndarray) -> ChannelScores:
        self.rounds.append(channels.sum(axis=1).tolist())
        logits = np.where(channels[:, None], LOGITS[self.part], np.nan)
        return ChannelScores(logits, np.exp(logits - 20))


def rounds(limits: ChannelLimits, part: slice = slice(None)) -> tuple[Asked, ChannelRounds]:
    ask = Asked(part)
    return ask, ChannelRounds(ask, MAPS[part], limits)


def test_images_that_have_enough_drop_out() -> None:
    ask, found = rounds(ChannelLimits(tolerance=0.02))
    scored = found.scored(Weighting.SOFTMAX, "logit", np.zeros((3, 2)))
    assert scored.passes.tolist() == [24, 64, 24] and scored.channels.tolist() == [64] * 3
    assert ask.rounds[0] == [24, 24, 24] and all(r[0] == r[2] == 0 < r[1] for r in ask.rounds[1:])
    assert np.sum(ask.rounds, axis=0).tolist() == [24, 64, 24]  # none twice
    np.testing.assert_allclose(scored.scores, LOGITS, atol=1e-5)
    assert scored.told(1) == (64, 64, 0) and (scored.told(0)[2] or 0) < 0.02


def test_an_image_does_not_depend_on_its_batch() -> None:
    limits = ChannelLimits(tolerance=0.02)
    whole = rounds(limits)[1].scored(Weighting.SOFTMAX, "logit", np.zeros((3, 2)))
    for i in range(3):
        alone = rounds(limits, slice(i, i + 1))[1].scored(Weighting.SOFTMAX, "logit", np.zeros((1, 2)))
        np.testing.assert_array_equal(alone.scores[0], whole.scores[i])
        assert alone.passes[0] == whole.passes[i]


def test_what_one_method_asked_for_another_is_given() -> None:
    ask, found = rounds(ChannelLimits(tolerance=0.02))
    found.scored(Weighting.SOFTMAX, "logit", np.zeros((3, 2)))
    before = np.sum(ask.rounds, axis=0)
    official = found.scored(Weighting.PROBABILITY, "probability", np.zeros((3, 2)))
    assert (np.sum(ask.rounds, axis=0) <= 64).all()
    assert np.sum(ask.rounds, axis=0)[0] == before[0]  # the first round is the same, and it is enough
    np.testing.assert_allclose(official.scores[0], np.exp(LOGITS[0] - 20), rtol=1e-5)


def test_so_many_at_once_where_nothing_is_decided_by_scores() -> None:
    ask, found = rounds(ChannelLimits(5, channels_by="spread"))
    scores = found.all_at_once().logits
    assert ask.rounds == [[5, 5, 5]] and (~np.isnan(scores[:, 0])).sum(axis=1).tolist() == [5, 5, 5]


def test_progress_goes_on_over_rounds() -> None:
    """Of ten at most: seven were needed, and then all is done."""
    seen: list[tuple[str, int, int]] = []
    progress = RoundsProgress(lambda *given: seen.append(given))
    with progress.expecting(10):
        for one in ((2, 4), (4, 4), (3, 3)):
            progress("masked scores", *one)
    progress("masked scores", 1, 2)
    assert seen == [("masked scores", n, 10) for n in (2, 4, 7, 10)] + [("masked scores", 1, 2)]


def test_without_anybody_to_tell_progress_is_silent() -> None:
    with RoundsProgress().expecting(3) as progress:
        progress("masked scores", 1, 2)
