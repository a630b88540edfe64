"""How right a model is: every figure against one that is counted, and against the papers."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import figures as oracle
from xai_cam.evaluation.figures import (
    Evaluation,
    area,
    as_figures,
    best_balance,
    evaluate,
    plain,
    roc,
    standard_error_of_auc,
    wilson_interval,
)

NAN = math.nan
same = pytest.approx

# --- Papers ------------------------------

NORMAL, ABNORMAL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
"""Hanley & McNeil 1982, table I: how many of 58 and 51 patients were rated 1 to 5."""


def rated() -> tuple[np.ndarray, np.ndarray]:
    ratings = [np.repeat(np.arange(1.0, 6.0), counts) for counts in (NORMAL, ABNORMAL)]
    return np.repeat([False, True], [58, 51]), np.concatenate(ratings)


def test_area_and_error_of_hanley_and_mcneils_own_example() -> None:
    found = area(*rated())
    assert found.value == same(0.893, abs=5e-4)
    assert found.standard_error == same(0.032, abs=1e-3)
    assert found.low == same(0.893 - 1.96 * 0.0325, abs=1e-3)
    assert found.high == same(0.893 + 1.96 * 0.0325, abs=1e-3)


@pytest.mark.parametrize("auc", [0.0, 0.3, 0.5, 0.7, 0.893, 0.999, 1.0])
@pytest.mark.parametrize("groups", [(1, 1), (1, 50), (51, 58), (1000, 3)])
def test_standard_error_is_that_of_the_formula(auc: float, groups: tuple[int, int]) -> None:
    assert standard_error_of_auc(auc, *groups) == same(oracle.standard_error(auc, *groups))


@pytest.mark.parametrize("arguments", [(0.5, 0, 3), (0.5, 3, 0), (NAN, 3, 3)])
def test_no_error_without_both_groups(arguments: tuple[float, int, int]) -> None:
    assert math.isnan(standard_error_of_auc(*arguments))


def test_a_formula_that_knows_no_doubt_gives_no_interval() -> None:
    for scores in ([0.1, 0.9], [0.9, 0.1]):
        found = area(np.array([False, True]), np.array(scores))
        assert found.value == (scores[1] > scores[0]) and found.standard_error == 0
        assert math.isnan(found.low) and math.isnan(found.high)


def test_intervals_stay_between_0_and_1() -> None:
    high = area(np.array([True, True, False, True, False]), np.array([0.9, 0.8, 0.3, 0.7, 0.75]))
    assert 0 < high.low < high.value < high.high == 1
    low = area(np.array([True, True, False, True, False]), -np.array([0.9, 0.8, 0.3, 0.7, 0.75]))
    assert low.low == 0 < low.value < low.high < 1


def test_wilson_1927() -> None:
    """81 of 263, the example of Newcombe 1998, table I."""
    assert wilson_interval(81, 263) == same((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == same((0.0, 0.1611), abs=1e-4)
    assert wilson_interval(20, 20) == same((0.8389, 1.0), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_where_the_share_lies_two_errors_away(counts: tuple[int, int]) -> None:
    low, high = wilson_interval(*counts)
    assert (low, high) == same(oracle.wilson(*counts), abs=1e-9)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


# --- Against counting ------------------------------


@st.composite
def answers(draw: st.DrawFn, classes: int | None = None) -> dict[str, Any]:
    """Truth and scores of a few images; few different scores, so that many are equal."""
    n, total = draw(st.integers(1, 25)), classes or draw(st.integers(2, 8))
    there = draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=total, unique=True))
    truth = draw(st.lists(st.sampled_from(there), min_size=n, max_size=n))
    row = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0]), min_size=total, max_size=total)
    scores = np.array(draw(st.lists(row, min_size=n, max_size=n)), np.float32)
    return {"truth": np.array(truth), "scores": scores, "predicted": scores.argmax(axis=1)}


def figures(asked: dict[str, Any], binary: bool = False) -> Evaluation:
    return evaluate(**asked, names=[f"class {c}" for c in range(asked["scores"].shape[1])], binary=binary)


@settings(deadline=None)
@given(answers())
def test_every_class_against_the_rest(asked: dict[str, Any]) -> None:
    found = figures(asked)
    truth, predicted, scores = (asked[k].tolist() for k in ("truth", "predicted", "scores"))
    right = sum(a == b for a, b in zip(truth, predicted, strict=True))
    assert (found.images, found.right) == (len(truth), right)
    assert found.accuracy == same(right / len(truth))
    assert found.accuracy_interval == same(oracle.wilson(right, len(truth)), abs=1e-9)
    assert [c.index for c in found.classes] == sorted(set(truth))
    for c in found.classes:
        expected = oracle.rates(truth, [p == c.index for p in predicted], c.index)
        assert c.name == f"class {c.index}" and c.images == truth.count(c.index)
        for name in ("precision", "recall", "f1"):
            assert getattr(c, name) == same(expected[name], nan_ok=True)
        assert c.auc.value == same(oracle.auc(truth, [s[c.index] for s in scores], c.index), nan_ok=True)
        if 0 < c.auc.value < 1:
            error = oracle.standard_error(c.auc.value, c.images, len(truth) - c.images)
            assert c.auc.standard_error == same(error)
            assert c.auc.low == same(max(0, c.auc.value - 1.959964 * error), abs=1e-6)
            assert c.auc.high == same(min(1, c.auc.value + 1.959964 * error), abs=1e-6)
    assert not found.binary and found.at_half is found.best_balance is None


@settings(deadline=None)
@given(answers())
def test_means_confusions_and_top_five(asked: dict[str, Any]) -> None:
    found = figures(asked)
    truth, predicted, scores = (asked[k].tolist() for k in ("truth", "predicted", "scores"))
    there = sorted(set(truth))
    each = [oracle.rates(truth, [p == c for p in predicted], c) for c in there]
    areas = [oracle.auc(truth, [s[c] for s in scores], c) for c in there]
    for mean, weights in ((found.macro, [1] * len(there)), (found.weighted, [truth.count(c) for c in there])):
        for name in ("precision", "recall", "f1"):
            values = [0 if math.isnan(rates[name]) else rates[name] for rates in each]
            assert getattr(mean, name) == same(oracle.mean(values, weights))
        assert mean.auc == same(oracle.mean(areas, weights), nan_ok=True)
    met = sorted(set(truth) | set(predicted))
    assert found.confusion_classes == tuple(met)
    assert found.confusion.tolist() == oracle.confusion(truth, predicted, met)
    if len(scores[0]) > 5:
        assert found.top5 == same(oracle.top(truth, scores, 5))
    else:
        assert found.top5 is None


@settings(deadline=None)
@given(answers(classes=2))
def test_thresholds_of_two_classes(asked: dict[str, Any]) -> None:
    found = figures(asked, binary=True)
    truth, chosen = asked["truth"].tolist(), [bool(p) for p in asked["predicted"]]
    scores = asked["scores"][:, 1].tolist()
    assert found.binary and found.auc is not None and found.at_half is not None
    assert found.auc.value == same(oracle.auc(truth, scores, 1), nan_ok=True)
    cuts = [(found.at_half, chosen)]
    if len(set(truth)) == 1:
        assert found.best_balance is None
    else:
        assert found.best_balance is not None
        best, threshold = oracle.best_thresholds(truth, scores), found.best_balance.threshold
        assert threshold in best
        assert abs(threshold - 0.5) == min(abs(t - 0.5) for t in best)
        cuts.append((found.best_balance, [s >= threshold for s in scores]))
    for cut, rule in cuts:
        for name, value in oracle.rates(truth, rule, 1).items():
            assert getattr(cut, name) == same(value, nan_ok=True)
        tp, fp, fn, tn = oracle.outcomes(truth, rule, 1)
        assert cut.confusion == ((tn, fp), (fn, tp))


@settings(deadline=None)
@given(answers(classes=2))
def test_a_curve_has_a_point_for_every_score(asked: dict[str, Any]) -> None:
    truth, scores = asked["truth"] == 1, asked["scores"][:, 1]
    false_rate, true_rate, thresholds = roc(truth, scores)
    if truth.all() or not truth.any():
        assert len(false_rate) == len(true_rate) == len(thresholds) == 0
        return
    assert (false_rate[0], true_rate[0], thresholds[0]) == (0, 0, math.inf)
    assert thresholds[1:].tolist() == sorted(set(scores.tolist()), reverse=True)
    for f, t, threshold in zip(false_rate[1:], true_rate[1:], thresholds[1:], strict=True):
        found = oracle.rates(truth.astype(int).tolist(), (scores >= threshold).tolist(), 1)
        assert (t, 1 - f) == same((found["recall"], found["specificity"]))


# --- What is special ------------------------------


def test_a_model_that_is_always_right() -> None:
    found = figures(
        {"truth": np.array([0, 1, 1]), "scores": np.eye(2)[[0, 1, 1]], "predicted": np.array([0, 1, 1])}, True
    )
    assert found.accuracy == found.macro.f1 == found.weighted.auc == 1
    assert found.auc is not None and found.auc.value == 1


def test_a_worse_threshold_than_none_at_all_is_still_a_score() -> None:
    """Where every score is on the wrong side, the best that can be had is to take all images."""
    assert best_balance(np.array([False, True]), np.array([0.8, 0.2])) == 0.2
    assert math.isnan(best_balance(np.array([True, True]), np.array([0.8, 0.2])))


def test_ties_at_the_default_threshold_are_decided_as_the_model_does() -> None:
    """A softmax over two units says class 0 at 0.5 and 0.5, a sigmoid says 1: the table must agree."""
    half = np.full((4, 2), 0.5, np.float32)
    for said in (0, 1):
        found = figures(
            {"truth": np.array([0, 0, 0, 1]), "scores": half, "predicted": np.full(4, said)}, True
        )
        assert found.at_half is not None and found.at_half.accuracy == found.accuracy == (
            0.25 if said else 0.75
        )


def test_a_class_that_is_never_predicted_has_no_precision() -> None:
    found = figures({"truth": np.array([0, 1]), "scores": np.eye(2)[[0, 0]], "predicted": np.array([0, 0])})
    assert math.isnan(found.classes[1].precision)
    assert (found.classes[1].recall, found.classes[1].f1, found.macro.precision) == (0, 0, 0.25)


# --- As JSON ------------------------------


def test_json_has_every_figure_and_no_nan() -> None:
    asked = {
        "truth": np.array([1, 1]),
        "scores": np.array([[0.2, 0.8], [0.6, 0.4]]),
        "predicted": np.array([1, 0]),
    }
    found = as_figures(figures(asked, binary=True), ["кот", "dog"])
    again = json.loads(json.dumps(found, allow_nan=False))
    assert set(again) == {
        *("images", "right", "accuracy", "accuracy_interval", "top5", "classes", "macro", "weighted"),
        *("confusion", "confusion_classes", "auc", "at_half", "best_balance"),
    }
    assert again["auc"] == {"value": None, "standard_error": None, "low": None, "high": None}
    assert (again["confusion"], again["confusion_classes"]) == ([[0, 0], [1, 1]], ["кот", "dog"])
    assert (again["at_half"]["recall"], again["at_half"]["specificity"]) == (0.5, None)
    assert again["best_balance"] is again["top5"] is None


def test_plain() -> None:
    assert plain({"a": (1, NAN, [math.inf]), "b": "NaN", "c": True}) == {
        "a": [1, None, [None]],
        "b": "NaN",
        "c": True,
    }
