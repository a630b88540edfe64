"""Agreement of maps: against counting, and against numbers worked out on paper."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from oracle import agreement as oracle
from xai_cam.errors import InputError
from xai_cam.metrics.agreement import has_order, rank_correlation, top_overlap

UP, ACROSS, TIED = [[1, 2], [3, 4]], [[1, 3], [2, 4]], [[0, 0], [1, 2]]


def maps(*listed: object) -> np.ndarray:
    return np.array(listed, np.float32)


def some_maps(seed: int) -> np.ndarray:
    """Five maps (7, 9): two of many equal values, one of noise, its negative, and a blank one."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(7, 9))
    coarse = rng.integers(0, 3, (7, 9))
    rectified = np.maximum(noise + rng.normal(size=(7, 9)), 0)
    return np.stack([coarse, rectified, noise, -noise, np.zeros((7, 9))]).astype(np.float32)


# --- Rank correlation ------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (UP, UP, 1),
        (UP, [[4, 3], [2, 1]], -1),
        (UP, ACROSS, 0.8),  # 1 - 6 * (0 + 1 + 1 + 0) / (4 * (16 - 1))
        (UP, TIED, 4.5 / math.sqrt(5 * 4.5)),  # ranks 1.5, 1.5, 3 and 4
        (UP, [[10, 200], [3000, 3001]], 1),
        ([[0, 0], [0, 1]], [[1, 0], [0, 0]], -1 / 3),  # ranks 2, 2, 2, 4 and 4, 2, 2, 2: -1 / 3
    ],
)
def test_rank_correlation_by_hand(first: object, second: object, expected: float) -> None:
    found = rank_correlation(maps(first, second))
    np.testing.assert_allclose(found, [[1, expected], [expected, 1]], atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_rank_correlation_equals_counting(seed: int) -> None:
    five = some_maps(seed)
    expected = [[oracle.spearman(a, b) for b in five] for a in five]
    np.testing.assert_allclose(rank_correlation(five), expected, atol=1e-12)


def test_independent_maps_do_not_correlate() -> None:
    two = np.random.default_rng(0).normal(size=(2, 100, 100))
    assert abs(rank_correlation(two)[0, 1]) < 0.04  # four standard errors


# --- Overlap of the highest pixels ------------------------------


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.25, 0),  # one pixel each: the last of one, the first of the other
        (0.5, 1 / 3),  # {3, 2} and {0, 2}
        (0.6, 1 / 2),  # ceil(2.4) = 3 pixels: {3, 2, 1} and {0, 2, 1}, where 1 comes before its equal, 3
        (1, 1),
    ],
)
def test_top_overlap_by_hand(share: float, expected: float) -> None:
    found = top_overlap(maps(UP, [[4, 1], [3, 1]]), share)
    np.testing.assert_allclose(found, [[1, expected], [expected, 1]])


@pytest.mark.parametrize("share", [0.01, 0.1, 1 / 3, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_top_overlap_equals_counting(seed: int, share: float) -> None:
    five = some_maps(seed)
    expected = [[oracle.overlap(a, b, share) for b in five] for a in five]
    np.testing.assert_allclose(top_overlap(five, share), expected, atol=1e-12)


def test_a_tenth_of_thirty_pixels_is_three() -> None:
    first = np.arange(30.0).reshape(1, 5, 6)
    second = first.copy()
    second[0, 4, 2:] = (0, 29, 28, 27)  # pixels 27, 28 and 29 again, and no fourth
    assert top_overlap(np.concatenate([first, second]))[0, 1] == 1


@pytest.mark.parametrize("share", [0, -0.1, 1.01, math.nan])
def test_a_share_that_cannot_be_taken(share: float) -> None:
    with pytest.raises(InputError, match="above 0 and at most 1"):
        top_overlap(maps(UP), share)


# --- Maps that say nothing ------------------------------


@pytest.mark.parametrize("value", [0, 0.3, math.nan, math.inf])
@pytest.mark.parametrize("measure", [rank_correlation, top_overlap])
def test_a_map_without_order_compares_with_none(measure: object, value: float) -> None:
    found = measure(maps(UP, np.full((2, 2), value), ACROSS))  # type: ignore[operator]
    assert np.isnan(found[1]).all() and np.isnan(found[:, 1]).all()
    assert np.isfinite(found[np.ix_([0, 2], [0, 2])]).all() and found[0, 0] == found[2, 2] == 1


@pytest.mark.parametrize("measure", [rank_correlation, top_overlap])
def test_no_map_with_order_at_all(measure: object) -> None:
    assert np.isnan(measure(np.zeros((3, 4, 4)))).all()  # type: ignore[operator]
    assert measure(np.zeros((0, 4, 4))).shape == (0, 0)  # type: ignore[operator]


def test_one_pixel_that_is_not_finite_spoils_a_map() -> None:
    assert not has_order(maps([[1, 2], [3, math.nan]])[0])


def test_ten_maps_of_224_pixels_are_compared_at_once() -> None:
    ten = np.random.default_rng(1).normal(size=(10, 224, 224)).astype(np.float32)
    began = time.process_time()
    rank_correlation(ten), top_overlap(ten)
    assert time.process_time() - began < 2  # about 0.15 s
