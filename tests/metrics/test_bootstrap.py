"""Means with intervals, and paired differences, against loops and against what is known of the normal."""

import math
import tracemalloc
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import estimates as oracle
from xai_cam.metrics.bootstrap import (
    DRAWS_AT_ONCE,
    Difference,
    Estimate,
    at_best,
    mean_interval,
    paired_difference,
    pooled_difference,
    pooled_interval,
    pooled_value,
)

NAN = math.nan
SAMPLE = [3.0, NAN, 0.0, 0.0, 41.5, 7.25, 100.0, 12.0, NAN, 55.0, 0.0, 18.0]

same = pytest.approx

values = st.lists(st.one_of(st.just(NAN), st.integers(0, 5).map(float)), min_size=1, max_size=12)


def normal(n: int, seed: int) -> np.ndarray:
    """Numbers whose mean is 0 and whose deviation is 1, as far as these can be had exactly."""
    x = np.random.default_rng(seed).normal(size=n)
    return (x - x.mean()) / x.std(ddof=1)


# --- One mean ------------------------------


def test_interval_of_normal_numbers_is_two_standard_errors_wide() -> None:
    for n, seed in ((100, 1), (400, 2)):
        found = mean_interval(10 + 3 * normal(n, seed), seed=5)
        error = 3 / math.sqrt(n)
        assert (found.value, found.count) == (same(10), n)
        # An end of 2000 resamples is itself off by about 0.06 standard errors.
        assert found.low == same(10 - 1.96 * error, abs=0.25 * error)
        assert found.high == same(10 + 1.96 * error, abs=0.25 * error)


def test_interval_against_another_bootstrap() -> None:
    found = mean_interval(np.array(SAMPLE), resamples=8000)
    low, high = oracle.interval(SAMPLE, 8000)
    assert (found.value, found.count) == (same(oracle.mean(SAMPLE)), 10)
    assert found.value == same((3 + 41.5 + 7.25 + 100 + 12 + 55 + 18) / 10)
    assert (found.low, found.high) == same((low, high), abs=1.2)  # the interval is 38 wide
    assert found.low < found.value < found.high


def test_interval_of_coins_has_the_right_ends() -> None:
    """Of two images, one 0 and one 1, means of resamples are 0, 0.5 and 1 with chances 1/4, 1/2, 1/4."""
    assert mean_interval(np.array([0.0, 1.0])) == Estimate(0.5, 0.0, 1.0, 2)


def test_few_images() -> None:
    nothing = mean_interval(np.array([]))
    assert nothing.count == 0 and all(map(math.isnan, (nothing.value, nothing.low, nothing.high)))
    unknown = mean_interval(np.array([NAN, NAN]))
    assert unknown.count == 0 and all(map(math.isnan, (unknown.value, unknown.low, unknown.high)))
    one = mean_interval(np.array([NAN, 4.0]))
    assert (one.value, one.count) == (4.0, 1) and math.isnan(one.low) and math.isnan(one.high)


def test_equal_values_leave_no_doubt() -> None:
    found = mean_interval(np.full(7, 2.5, np.float32))
    assert found == Estimate(2.5, 2.5, 2.5, 7)


@settings(deadline=None, max_examples=40)
@given(values)
def test_means_stay_among_the_values(sample: list[float]) -> None:
    found = mean_interval(np.array(sample), resamples=200)
    known = [v for v in sample if not math.isnan(v)]
    assert found.count == len(known)
    if known:
        assert found.value == same(oracle.mean(sample))
    if len(known) > 1:
        assert min(known) - 1e-9 <= found.low <= found.high <= max(known) + 1e-9


def test_a_seed_decides_the_interval() -> None:
    sample = np.array(SAMPLE)
    assert mean_interval(sample, seed=3) == mean_interval(sample, seed=3)
    assert mean_interval(sample, seed=3).low != mean_interval(sample, seed=4).low


def test_shifts_and_factors_carry_over() -> None:
    """The same images are drawn for whatever is measured on them."""
    sample = np.array(SAMPLE)
    plain, moved = mean_interval(sample), mean_interval(5 - 2 * sample)
    assert moved.value == same(5 - 2 * plain.value)
    assert (moved.low, moved.high) == same((5 - 2 * plain.high, 5 - 2 * plain.low))


@pytest.mark.parametrize("n", [DRAWS_AT_ONCE // 8 + 1, DRAWS_AT_ONCE // 2])
def test_many_images_need_little_memory(n: int) -> None:
    """Drawn all at once, ten resamples of half a million images would take 80 MB for the indices alone."""
    sample = np.linspace(0, 1, n)
    tracemalloc.start()
    found = mean_interval(sample, resamples=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
    assert found.value == same(0.5)
    assert abs(found.high - found.low) < 10 / math.sqrt(n)


def test_steps_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.array(SAMPLE)
    at_once = mean_interval(sample, resamples=101)
    monkeypatch.setattr("xai_cam.metrics.bootstrap.DRAWS_AT_ONCE", 30)
    assert mean_interval(sample, resamples=101) == at_once


# --- Two methods ------------------------------


def test_a_pair_by_hand() -> None:
    first = np.array([10.0, 0.0, 5.0, NAN, 7.0, NAN])
    second = np.array([20.0, 0.0, 2.0, 1.0, 8.0, NAN])
    found = paired_difference(first, second, "lower")  # differences -10, 0, 3, -1
    assert (found.value, found.count, found.won, found.tied) == (-2.0, 4, 0.5, 0.25)
    assert found.low < -2 < found.high
    assert paired_difference(first, second, "higher").won == 0.25


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_rounding_wins_nothing(scale: float) -> None:
    """Of numbers up to 80, 0.0008 and less is rounding: not won by the one, nor lost by the other."""
    first = scale * np.array([80.0, 40.0, 1e-4, 0.0, 0.01])
    second = scale * np.array([80.00002, 39.9997, 0.0, 0.0, 0.012])
    lower, found = (paired_difference(first, second, better) for better in ("lower", "higher"))
    assert (lower.won, lower.tied) == (0.2, 0.8)
    assert (found.won, found.tied) == (0, 0.8)
    assert found.value == same(scale * -0.002 / 5)


def test_rounding_that_always_goes_the_same_way_is_no_difference() -> None:
    first = np.linspace(0.2, 0.9, 12)
    found = paired_difference(first, first - 1e-8, "higher")
    assert (found.value, found.low, found.high, found.tied) == (0, 0, 0, 1)
    levels = np.random.default_rng(6).random((12, 3, 1))
    turned = pooled_difference(levels, levels[:, ::-1] - 1e-12, "higher")
    assert (turned.low, turned.high) == (0, 0), "the same levels in another order"


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_differences_are_resampled_as_means_are(better: Literal["lower", "higher"]) -> None:
    first, second = normal(50, 3), normal(50, 4)
    found, mean = paired_difference(first, second, better, seed=9), mean_interval(first - second, seed=9)
    assert (found.value, found.low, found.high, found.count) == (mean.value, mean.low, mean.high, 50)


def test_what_is_hard_for_both_cancels() -> None:
    """Images differ by much, methods by 1 on each: the pair is sure of it, the two means are not."""
    hard = 100 * normal(40, 5)
    found = paired_difference(hard, hard + 1 + 0.1 * normal(40, 6), "lower")
    assert found.value == same(-1, abs=0.01) and -1.1 < found.low < found.high < -0.9
    assert (found.won, found.tied) == (1, 0)
    one, other = mean_interval(hard), mean_interval(hard + 1)
    assert one.low < other.low < one.high


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from(["lower", "higher"]))
def test_shares_against_counting(data: st.DataObject, better: Literal["lower", "higher"]) -> None:
    first = data.draw(values)
    length = len(first)
    second = data.draw(st.lists(st.sampled_from([NAN, 0.0, 1.0, 2.0]), min_size=length, max_size=length))
    found = paired_difference(np.array(first), np.array(second), better, resamples=100)
    turned = paired_difference(np.array(second), np.array(first), better, resamples=100)
    known = oracle.pairs(first, second)
    assert found.count == turned.count == len(known)
    if not known:
        assert all(map(math.isnan, (found.value, found.low, found.high, found.won, found.tied)))
        return
    assert found.value == same(oracle.mean([a - b for a, b in known])) == -turned.value
    assert (found.won, found.tied) == same(oracle.won_and_tied(first, second, better))
    assert found.won + turned.won + found.tied == same(1)
    if len(known) > 1:
        assert (found.low, found.high) == same((-turned.high, -turned.low))


def test_one_pair_has_no_interval() -> None:
    found = paired_difference(np.array([1.0, NAN]), np.array([3.0, 2.0]), "higher")
    assert isinstance(found, Difference)
    assert (found.value, found.count, found.won, found.tied) == (-2.0, 1, 0.0, 0.0)
    assert math.isnan(found.low) and math.isnan(found.high)


# --- What is pooled over images ------------------------------


def tables(*images: list[list[float]]) -> np.ndarray:
    return np.array(images, float)


def test_a_pooled_value_has_one_threshold_for_all_images() -> None:
    """At the second threshold two of three images are hit, at the first and the third one."""
    hits = tables([[1, 0, 0]], [[0, 1, 0]], [[0, 1, 1]])
    found = pooled_interval(hits)
    assert found.value == pytest.approx(2 / 3) and found.count == 3
    np.testing.assert_array_equal(at_best(hits), [0, 1, 1])
    two_levels = np.concatenate([hits, 1 - hits], axis=1)
    assert pooled_interval(two_levels).value == pytest.approx((2 / 3 + 2 / 3) / 2), (
        "a best one for each level"
    )
    assert pooled_value(np.array([[[0.2, 0.5], [0.9, 0.1]]])) == pytest.approx([0.7])


def test_a_pooled_interval_against_loops() -> None:
    """Every set of images has a best threshold of its own; of one threshold it is the interval of a mean."""
    hits = np.random.default_rng(3).integers(0, 2, (9, 2, 4)).astype(float)
    random, values = np.random.default_rng(5), []
    for drawn in random.integers(0, 9, (300, 9)):
        levels = [max(np.mean([hits[i, k, t] for i in drawn]) for t in range(4)) for k in range(2)]
        values.append(sum(levels) / 2)
    found = pooled_interval(hits, seed=5, resamples=300)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(values, (2.5, 97.5))))
    single = hits[:, :1, :1]
    plain = mean_interval(single[:, 0, 0], seed=5)
    pooled = pooled_interval(single, seed=5)
    assert (pooled.value, pooled.low, pooled.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_a_pooled_difference_is_of_the_same_images() -> None:
    """The second is the first with its thresholds in another order: the same values in every set."""
    hits = np.random.default_rng(4).integers(0, 2, (12, 1, 3)).astype(float)
    same = pooled_difference(hits, hits[..., ::-1], "higher")
    assert (same.value, same.low, same.high, same.tied) == pytest.approx((0, 0, 0, 1), abs=1e-12)
    worse = hits * np.array([1, 0, 0])
    found = pooled_difference(hits, worse, "higher", seed=2)
    turned = pooled_difference(worse, hits, "higher", seed=2)
    assert found.value == pytest.approx(pooled_interval(hits).value - pooled_interval(worse).value)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))
    assert found.won + turned.won + found.tied == pytest.approx(1)


def test_pooled_values_that_are_not_known() -> None:
    hits = tables([[1, 0]], [[NAN, 1]], [[0, 1]])
    assert pooled_interval(hits).count == 2 and np.isnan(at_best(hits)[1])
    nothing = pooled_interval(hits[1:2])
    assert math.isnan(nothing.value) and nothing.count == 0 and np.isnan(at_best(hits[1:2])).all()
    one = pooled_interval(hits[:1])
    assert one.value == 1 and math.isnan(one.low)
    assert pooled_difference(hits, hits, "higher").count == 2
    assert math.isnan(pooled_difference(hits[:1], hits[:1], "higher").low)


def test_where_neither_end_is_better_no_image_is_won() -> None:
    found = paired_difference(np.array([1.0, 2.0]), np.array([1.0, 5.0]), "neither")
    assert math.isnan(found.won) and found.tied == 0.5 and found.value == -1.5
