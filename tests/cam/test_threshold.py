"""From where on a pixel counts, against plain loops: what equals a threshold is above it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import regions as oracle
from xai_cam.cam.threshold import Threshold, otsu_share
from xai_cam.errors import InputError

ALL = np.ones((6, 7), bool)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (0.15, "0.15"),
        ("0.150", "0.15"),
        (1, "1"),
        ("1e-3", "0.001"),
        (" Otsu ", "otsu"),
        ("P80", "p80"),
        ("p99.50", "p99.5"),
        ("p0", "p0"),
        ("p100", "p100"),
        (np.float32(0.5), "0.5"),
    ],
)
def test_a_threshold_is_told_in_one_way(given: Any, text: str) -> None:
    assert str(Threshold.of(given)) == text and str(Threshold.of(text)) == text


@pytest.mark.parametrize("given", [0, -0.1, 1.01, "nan", "p101", "p-1", "p", "80p", "otsu2", "", True, None])
def test_what_is_none_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"`threshold` is .*\. Give a number above 0"):
        Threshold.of(given)


@pytest.mark.parametrize("seed", range(12))
def test_otsu_against_loops(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values = np.concatenate([draw.beta(2, 9, 90), draw.beta(9, 3, 5 * seed)]).astype(np.float32)
    assert otsu_share(values) == oracle.otsu([float(one) for one in values])


def test_otsu_by_hand() -> None:
    """Three dark values and one bright: every level between them is as good, the lowest is taken."""
    values = np.array([0, 0, 0, 1], np.float32)
    assert otsu_share(values) == 1 / 256
    assert otsu_share(np.array([0.25, 0.75], np.float32)) == 65 / 256, "0.25 is in the bin that begins there"
    assert otsu_share(np.array([1, 255 / 256], np.float32)) is None, "1 is in the last bin with 255/256"
    assert otsu_share(np.full(9, 0.3, np.float32)) is None


@pytest.mark.parametrize("per_cent", [0, 12.5, 50, 80, 99, 100])
def test_a_percentile_is_of_what_the_model_saw(per_cent: float) -> None:
    draw = np.random.default_rng(3)
    placed, seen = draw.random((6, 7)).astype(np.float32), draw.random((6, 7)) > 0.3
    placed[~seen] = 0
    level = oracle.percentile([float(one) for one in placed[seen]], per_cent)
    found = Threshold.of(f"p{per_cent}").above(placed, seen)
    expected = (placed >= np.float32(level) - 1e-7) & seen
    np.testing.assert_array_equal(found, expected)


def test_zero_is_never_above() -> None:
    placed = np.zeros((6, 7), np.float32)
    placed[2, 3] = 0.5
    for text in ("p10", "p80", "otsu", "0.01"):
        assert Threshold.of(text).above(placed, ALL).sum() == 1


def test_what_equals_the_threshold_is_above_it() -> None:
    placed = np.array([[4, 2, 1.9999, 3]], np.float32)
    seen = np.ones((1, 4), bool)
    assert Threshold.of(0.5).above(placed, seen).tolist() == [[True, True, False, True]]
    assert Threshold.of("p100").above(placed, seen).tolist() == [[True, False, False, False]]
    assert Threshold.of("p50").above(np.array([[4, 2, 2, 1]], np.float32), seen).sum() == 3
    level = oracle.otsu([float(one) / 4 for one in placed[0]])
    assert level is not None
    np.testing.assert_array_equal(Threshold.of("otsu").above(placed, seen), placed / 4 >= level)
