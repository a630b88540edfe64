"""The channels that are scored, and the rule that ends it: against plain loops and maps of all channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.channel_features import channel_features
from xai_cam.cam.expected_scores import expected_scores
from xai_cam.cam.tolerance import DEVIATIONS, ChannelSearch
from xai_cam.cam.weighting import Weighting

RNG = np.random.default_rng(0)
CHANNELS = 160
PLACES = RNG.uniform(size=36)
BUMPS = [np.exp(-((PLACES - PLACES[k % 36]) ** 2) * 9) * (1 + k % 7) for k in range(CHANNELS)]
MAPS = (np.stack(BUMPS, axis=-1) + RNG.uniform(0, 0.1, (36, CHANNELS))).reshape(6, 6, -1).astype(np.float32)
FLATTENED = MAPS.reshape(36, CHANNELS)
BY_SPREAD = np.argsort(-FLATTENED.std(axis=0, dtype=np.float64), kind="stable")


def scores_of(height: float, noise: float) -> np.ndarray:
    """Scores (1, k) that follow from what a mask lets through of a made-up object."""
    masks = (FLATTENED - FLATTENED.min(axis=0)) / np.ptp(FLATTENED, axis=0)
    share = (PLACES > 0.7) @ masks / (PLACES > 0.7).sum()
    return np.asarray((height * share + np.random.default_rng(1).normal(0, noise, CHANNELS))[None])


PEAKED, FLAT = scores_of(30, 0.4), scores_of(0.5, 0.01)
UNRELATED = np.random.default_rng(2).normal(0, 3, (1, CHANNELS))


def search(
    scores: np.ndarray, weighting: Weighting = Weighting.SOFTMAX, base: float = 0, **asked: Any
) -> tuple[ChannelSearch, np.ndarray]:
    """A search that was answered, and the scores (m, k) that it ends with."""
    found = ChannelSearch(MAPS, weighting, **asked)
    while len(channels := found.next_round()):
        found.take(channels, scores[:, channels], np.full(len(scores), base))
    table = np.full(scores.shape, np.nan)
    found.write(table)
    return found, table


def map_of(scores: np.ndarray, weighting: Weighting = Weighting.SOFTMAX, base: float = 0) -> np.ndarray:
    """The map over its maximum of scores (k,), channel by channel."""
    total = np.zeros(36)
    for k in np.flatnonzero(~np.isnan(scores)):
        weight = {
            Weighting.SOFTMAX: np.exp(scores[k] - np.nanmax(scores)),
            Weighting.PROBABILITY: scores[k],
            Weighting.DIFFERENCE: base - scores[k],
        }[weighting]
        total += weight * FLATTENED[:, k]
    return np.asarray(np.maximum(total, 0) / total.max())


@pytest.mark.parametrize("tolerance", [0.05, 0.01])
@pytest.mark.parametrize(
    ("weighting", "scores", "base"),
    [
        (Weighting.SOFTMAX, PEAKED, 0),
        (Weighting.SOFTMAX, FLAT, 0),
        (Weighting.PROBABILITY, np.exp(PEAKED - PEAKED.max() - 0.1), 0),
        (Weighting.DIFFERENCE, PEAKED, PEAKED.max() + 3),
    ],
    ids=["peaked", "flat", "probability", "difference"],
)
def test_the_map_is_within_the_tolerance_and_channels_are_saved(
    weighting: Weighting, scores: np.ndarray, base: float, tolerance: float
) -> None:
    found, table = search(scores, weighting, base, tolerance=tolerance)
    exact = map_of(scores[0], weighting, base)
    assert np.abs(map_of(table[0], weighting, base) - exact).max() <= tolerance
    assert found.error <= tolerance and found.passes < CHANNELS == found.channels
    assert np.isclose(table, scores, rtol=1e-9).sum() >= found.passes and not np.isnan(table).any()


def test_scores_that_nothing_tells_are_all_needed() -> None:
    found, table = search(UNRELATED, tolerance=0.02)
    assert found.passes == CHANNELS and found.error == 0
    np.testing.assert_allclose(table, UNRELATED)


def test_where_one_score_leaves_all_others_far_behind_all_are_needed() -> None:
    """Logits of hundreds, as of models that take pixels as they are: the next may be the highest."""
    found, _ = search(100 * PEAKED + 50 * UNRELATED, tolerance=0.05)
    assert found.passes == CHANNELS


def test_the_rule_is_the_sum_of_all_that_may_be_off() -> None:
    """The error at the first look, channel by channel and place by place."""
    found = ChannelSearch(MAPS, Weighting.SOFTMAX, tolerance=1e-9)
    channels = found.next_round()
    found.take(channels, PEAKED[:, channels], np.zeros(1))
    known = np.isin(np.arange(CHANNELS), channels)
    expected, deviation = expected_scores(channel_features(FLATTENED), PEAKED[:, known], known)
    spread, total, variance = deviation[0] ** 2, np.zeros(36), np.zeros(36)
    for k in range(CHANNELS):
        column = FLATTENED[:, k].astype(float)
        if known[k]:
            total += np.exp(PEAKED[0, k]) * column
        else:  # a log-normal weight: its mean, and its deviation
            weight = np.exp(expected[0, k] + spread / 2)
            total += weight * column
            variance += weight**2 * (np.exp(spread) - 1) * column**2
    assert found.error == pytest.approx(DEVIATIONS * np.sqrt(variance.max()) / total.max(), rel=1e-5)


def test_the_first_are_those_that_vary_most_and_some_that_are_unlike_them() -> None:
    first = ChannelSearch(MAPS, Weighting.SOFTMAX, 0.02).next_round()
    assert len(first) == len(set(first)) == 48 and set(BY_SPREAD[:32]) <= set(first)
    left = np.setdiff1d(np.arange(CHANNELS), first)
    features = channel_features(FLATTENED)
    near = [min(np.sum((features[k] - features[c]) ** 2) for c in first) for k in left]
    among = [min(np.sum((features[k] - features[c]) ** 2) for c in first if c != k) for k in first[32:]]
    assert max(near) <= min(among) + 1e-9  # none that is left is more unlike them


def test_channels_that_are_like_no_other_are_not_passed_over() -> None:
    """A few that hardly vary, and whose masks let the object through: nothing tells it but they."""
    maps, scores = MAPS.copy(), FLAT.copy()
    maps[..., 150:154] = 1 + 1e-4 * MAPS[..., 150:154]
    scores[0, 150:154] += 12
    found = ChannelSearch(maps, Weighting.SOFTMAX, tolerance=0.02)
    table = np.full((1, CHANNELS), np.nan)
    while len(channels := found.next_round()):
        found.take(channels, scores[:, channels], np.zeros(1))
    found.write(table)
    weights, exact = (np.exp(one[0] - scores.max()) for one in (table, scores))
    cams = [maps.reshape(36, -1) @ one for one in (weights, exact)]
    assert np.abs(cams[0] / cams[0].max() - cams[1] / cams[1].max()).max() <= 0.02


@pytest.mark.parametrize("most", [1, 5, 15])
def test_of_very_few_channels_nothing_is_expected(most: int) -> None:
    """They are those that vary most, as in Faster Score-CAM."""
    found, table = search(PEAKED, most=most)
    assert found.passes == most and set(np.flatnonzero(~np.isnan(table[0]))) == set(BY_SPREAD[:most])
    assert found.error == np.inf


def test_so_many_channels_and_no_more() -> None:
    most = 64
    found, table = search(PEAKED, most=most)
    by_spread = np.full(CHANNELS, np.nan)
    by_spread[BY_SPREAD[:most]] = PEAKED[0, BY_SPREAD[:most]]
    exact = map_of(PEAKED[0])
    assert found.passes == most and np.isfinite(found.error)
    assert np.abs(map_of(table[0]) - exact).max() < np.abs(map_of(by_spread) - exact).max() / 2


def test_several_classes_end_together() -> None:
    alone, _ = search(FLAT, tolerance=0.02)
    both, _ = search(np.concatenate([FLAT, UNRELATED]), tolerance=0.02)
    assert alone.passes < both.passes == CHANNELS


def test_constant_channels_are_never_asked_for() -> None:
    maps = MAPS[..., :20].copy()
    maps[..., [3, 8]] = 2
    found, asked = ChannelSearch(maps, Weighting.SOFTMAX, tolerance=1e-9), list[int]()
    while len(channels := found.next_round()):
        asked += channels.tolist()
        found.take(channels, UNRELATED[:, channels], np.zeros(1))
    assert sorted(asked) == [k for k in range(20) if k not in (3, 8)]
    table = np.full((1, 20), np.nan)
    found.write(table)
    assert np.flatnonzero(np.isnan(table[0])).tolist() == [3, 8]


def test_a_layer_of_constants_has_nothing_to_score() -> None:
    found = ChannelSearch(np.ones((2, 2, 3), np.float32), Weighting.SOFTMAX, tolerance=0.1)
    assert not len(found.next_round()) and (found.passes, found.channels, found.error) == (0, 0, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_where_scores_are_no_numbers_all_are_asked_for(bad: float) -> None:
    scores = PEAKED.copy()
    scores[0, ::5] = bad
    found, table = search(scores, tolerance=0.05)
    assert found.passes == CHANNELS
    np.testing.assert_array_equal(table, scores)


def test_where_activations_are_no_numbers_all_are_asked_for_at_once() -> None:
    maps = MAPS.copy()
    maps[0, 0, 7] = np.inf
    assert len(ChannelSearch(maps, Weighting.SOFTMAX, tolerance=0.05).next_round()) == CHANNELS


@pytest.mark.parametrize("tolerance", [None, 0.05])
def test_where_activations_are_no_numbers_nothing_is_expected_of_those_left_out(
    tolerance: float | None,
) -> None:
    maps, most = MAPS.copy(), 64
    maps[0, 0, 7] = np.inf
    found = ChannelSearch(maps, Weighting.SOFTMAX, tolerance, most)
    channels = found.next_round()
    found.take(channels, PEAKED[:, channels], np.zeros(1))
    assert not len(found.next_round()) and (found.passes, found.error) == (most, np.inf)
    table = np.full((1, CHANNELS), np.nan)
    found.write(table)
    assert (~np.isnan(table)).sum() == most


def test_a_score_that_is_no_number_leaves_the_error_open() -> None:
    found = ChannelSearch(MAPS, Weighting.SOFTMAX, 1e-9, 64)
    first = found.next_round()
    found.take(first, PEAKED[:, first], np.zeros(1))
    assert np.isfinite(found.error)
    second = found.next_round()
    found.take(second, np.full((1, len(second)), np.nan), np.zeros(1))
    assert found.error == np.inf


def test_of_a_blank_map_no_share_can_be_told() -> None:
    """Of activations that are not negative nothing is below 0."""
    found, _ = search(PEAKED, tolerance=0.05, sign="negative")
    assert found.passes == CHANNELS and found.error == 0


def rounds_of(scores: np.ndarray, tolerance: float) -> list[int]:
    """How many channels are known after each round."""
    found, known = ChannelSearch(MAPS, Weighting.SOFTMAX, tolerance), list[int]()
    while len(channels := found.next_round()):
        found.take(channels, scores[:, channels], np.zeros(1))
        known.append(found.passes)
    return known


def test_where_nothing_will_be_saved_all_that_are_left_come_at_once() -> None:
    assert rounds_of(UNRELATED, 0.02) == [48, CHANNELS]


def test_rounds_are_few_and_fill_chunks() -> None:
    known = rounds_of(PEAKED, 0.0003)
    assert 2 < len(known) <= 4 and all(count % 8 == 0 for count in known)
