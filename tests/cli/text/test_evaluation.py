"""An evaluation, and a search for the scaling, as text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle import figures as oracle
from xai_cam.cli.text.evaluation import describe_evaluation, describe_scalings, interval, number
from xai_cam.evaluation.figures import Area, Evaluation, evaluate
from xai_cam.evaluation.preprocessing_search import ScalingScore

NAN = math.nan


def test_numbers() -> None:
    assert [number(x) for x in (0.12345, 1.0, 0.0, NAN)] == ["0.123", "1.000", "0.000", "-"]
    assert interval(Area(0.9, 0.05, 0.802, 0.998)) == "0.802 to 0.998"
    assert interval(Area(1.0, 0.0, NAN, NAN)) == ""


# --- An evaluation ------------------------------


def answers(classes: int, images: int = 300, wrong: bool = True) -> tuple[Evaluation, list[int], list[int]]:
    """An evaluation of random answers, the truth and what was predicted."""
    rng = np.random.default_rng(classes)
    scores = rng.dirichlet(np.ones(classes), images)
    predicted = scores.argmax(axis=1)
    truth = np.where(rng.random(images) < 0.3 * wrong, rng.integers(0, classes, images), predicted)
    names = [f"c{c}" for c in range(classes)]
    return evaluate(truth, scores, predicted, names, classes == 2), truth.tolist(), predicted.tolist()


def text_of(evaluation: Evaluation, classes: int) -> list[str]:
    return list(describe_evaluation(evaluation, [f"c{c}" for c in range(classes)]))


def test_of_many_classes_the_worst_are_listed_and_the_most_frequent_mistakes() -> None:
    evaluation, truth, predicted = answers(30)
    lines = [line.split() for line in text_of(evaluation, 30)]
    hidden = "The 20 worst of 30 classes; --json and --charts have all."
    assert hidden in text_of(evaluation, 30)
    f1 = {f"c{c}": oracle.rates(truth, [p == c for p in predicted], c)["f1"] for c in set(truth)}
    listed = [line[0] for line in lines if line and line[0] in f1 and len(line) > 3]
    others = [value for name, value in f1.items() if name not in listed]
    assert len(listed) == 20 and max(f1[name] for name in listed) <= min(others)
    assert [f1[name] for name in listed] == sorted(f1[name] for name in listed)
    counts = {
        (f"c{i}", f"c{j}"): n
        for i, row in enumerate(oracle.confusion(truth, predicted, range(30)))
        for j, n in enumerate(row)
        if i != j and n
    }
    heading = next(i for i, line in enumerate(lines) if line[:3] == ["most", "frequent", "mistakes:"])
    told = {(true, said): int(n) for true, said, n in lines[heading + 1 :]}
    assert len(told) == 10 and all(counts[pair] == n for pair, n in told.items())
    assert sorted(told.values(), reverse=True) == sorted(counts.values(), reverse=True)[:10]


def test_of_many_classes_without_a_mistake_none_is_listed() -> None:
    evaluation, *_ = answers(30, wrong=False)
    assert not [line for line in text_of(evaluation, 30) if "mistakes" in line]


def test_what_cannot_be_known_is_a_dash() -> None:
    scores = np.array([[0.2, 0.8], [0.6, 0.4]])
    evaluation = evaluate(np.array([1, 1]), scores, np.array([1, 0]), ["c0", "c1"], binary=True)
    lines = [line.split() for line in text_of(evaluation, 2)]
    assert lines[1] == ["AUC", "-", "needs", "images", "of", "both", "classes"]
    assert ["c1", "2", "1.000", "0.500", "0.667", "-"] in lines
    assert ["default", "0.5", "0.500", "1.000", "0.500", "-", "0.667"] in lines
    assert not [line for line in lines if line[:2] == ["best", "balance"]]


def test_an_area_of_1_has_no_interval_and_says_so() -> None:
    evaluation, *_ = answers(2, wrong=False)
    assert text_of(evaluation, 2)[1] == "AUC       1.000  no interval: the formula's standard error is 0 here"


def test_thresholds_can_be_copied() -> None:
    scores = np.array([[1 - p, p] for p in (0.999987, 0.99996, 0.2)])
    evaluation = evaluate(np.array([1, 0, 0]), scores, np.array([1, 1, 0]), ["c0", "c1"], binary=True)
    assert "best balance      0.999987" in "\n".join(text_of(evaluation, 2))


# --- Scalings ------------------------------


def scalings(*accuracies: float, images: int = 100) -> tuple[list[ScalingScore], list[int]]:
    names = ("unit", "raw", "signed")
    scores = [ScalingScore(n, "rgb", a, 1 - a) for n, a in zip(names, accuracies, strict=False)]
    return scores, [c % 2 for c in range(images)]


def test_a_verdict() -> None:
    lines = list(describe_scalings(*scalings(0.95, 0.5, 0.4), ("raw", "rgb"), grey=False))
    assert lines == [
        "100 images, 2 classes.",
        "   --preprocess  --channel-order  accuracy  log loss",
        "   unit          rgb              0.950     0.050",
        "*  raw           rgb              0.500     0.500",
        "   signed        rgb              0.400     0.600",
        "Best: --preprocess unit --channel-order rgb; what would be used is marked by *.",
    ]
    grey = list(describe_scalings(*scalings(0.95, 0.5), ("unit", "rgb"), grey=True))
    assert grey[2] == "*  unit          grey             0.950     0.050"
    assert grey[-1] == "Best: --preprocess unit, which is what would be used (*)."


@pytest.mark.parametrize(
    ("accuracy", "images", "guessed"),
    [(0.6, 100, False), (0.59, 100, True), (0.9, 10, False), (0.8, 10, True)],
)
def test_guessing(accuracy: float, images: int, guessed: bool) -> None:
    """Whether the most frequent class alone, half of the images, would do as well."""
    low, _ = oracle.wilson(round(accuracy * images), images)
    assert (low <= 0.5) == guessed
    lines = list(describe_scalings(*scalings(accuracy, 0.1, images=images), ("unit", "rgb"), grey=False))
    assert lines[-1].startswith("But that is hardly better than guessing") == guessed
