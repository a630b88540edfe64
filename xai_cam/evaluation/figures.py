"""Figures of a classifier's predictions on images of known class.

Scores are probabilities where the model gives them, else its outputs. Where something cannot be known (no
image of a class, nothing predicted as it) the figure is NaN; means over classes count such a precision as 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.extras import require

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

TOP = 5
DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Area:
    """Area under a ROC curve, its standard error and its 95 % interval, clipped to [0, 1].

    An area of 0 or 1 has no interval (NaN): the formula's standard error is 0 there, however few the images.
    """

    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassFigures:
    """One class against the rest: `images` of it, and how well it is separated from the others."""

    index: int
    name: str
    images: int
    precision: float
    recall: float
    f1: float
    auc: Area


@dataclass(frozen=True)
class Mean:
    """Figures of all classes that have images, averaged."""

    precision: float
    recall: float
    f1: float
    auc: float


@dataclass(frozen=True)
class Cut:
    """Metrics of a binary classifier at one threshold; `confusion` is ((tn, fp), (fn, tp))."""

    threshold: float
    accuracy: float
    precision: float
    recall: float
    specificity: float
    f1: float
    confusion: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Evaluation:
    """All figures of one model on one set of images.

    `confusion` counts images by true class (rows) and predicted class (columns), both in the order of
    `confusion_classes`: those that have images or were predicted. `auc` and the thresholds are of class
    1 of a binary classifier (`at_half` is the model's own decision, ties as it decides them), `macro` and
    `weighted` are means over the classes that have images.
    """

    images: int
    right: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    top5: float | None
    classes: tuple[ClassFigures, ...]
    macro: Mean
    weighted: Mean
    confusion: np.ndarray
    confusion_classes: tuple[int, ...]
    auc: Area | None = None
    at_half: Cut | None = None
    best_balance: Cut | None = None

    @property
    def binary(self) -> bool:
        """Whether the model separates two classes by one score."""
        return self.auc is not None


def standard_error_of_auc(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an area under a ROC curve (Hanley & McNeil 1982, eq. 1 with Q1, Q2 of eq. 2).

    SE^2 = (A (1 - A) + (n+ - 1)(Q1 - A^2) + (n- - 1)(Q2 - A^2)) / (n+ n-), where Q1 = A / (2 - A) and
    Q2 = 2 A^2 / (1 + A).

    Returns
    -------
    float
        NaN where one of the two groups is empty.
    """
    if not positives or not negatives or math.isnan(auc):
        return math.nan
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return math.sqrt(max(spread, 0.0) / (positives * negatives))


def area(is_positive: np.ndarray, scores: np.ndarray) -> Area:
    """Area under the ROC curve of `scores` (n,), ties counted half, with its interval."""
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    if not positives or not negatives:
        return Area(math.nan, math.nan, math.nan, math.nan)
    value = float(require("sklearn.metrics").roc_auc_score(is_positive, scores))
    error = standard_error_of_auc(value, positives, negatives)
    if error == 0:  # the formula knows no doubt about an area of 1, be it of two images
        return Area(value, error, math.nan, math.nan)
    return Area(value, error, max(value - Z_95 * error, 0.0), min(value + Z_95 * error, 1.0))


def roc(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rates, true positive rates and thresholds of a ROC curve, one a different score.

    Empty where one of the two groups is. The first threshold is infinite: it chooses no image.
    """
    if is_positive.all() or not is_positive.any():
        return np.empty(0), np.empty(0), np.empty(0)
    curve = require("sklearn.metrics").roc_curve(is_positive, scores, drop_intermediate=False)
    false_rate, true_rate, thresholds = curve
    return false_rate, true_rate, thresholds


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927), which stays in [0, 1] also at 0 and 1."""
    share, z2 = right / total, Z_95**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return middle - half if right else 0.0, middle + half if right < total else 1.0


def cut(is_positive: np.ndarray, chosen: np.ndarray, threshold: float) -> Cut:
    """Metrics at a threshold; `chosen` marks the images above it."""
    tp, fp = int((chosen & is_positive).sum()), int((chosen & ~is_positive).sum())
    fn, tn = int((~chosen & is_positive).sum()), int((~chosen & ~is_positive).sum())
    return Cut(
        float(threshold),
        accuracy=(tp + tn) / len(chosen),
        precision=_share(tp, tp + fp),
        recall=_share(tp, tp + fn),
        specificity=_share(tn, tn + fp),
        f1=_share(2 * tp, 2 * tp + fp + fn),
        confusion=((tn, fp), (fn, tp)),
    )


def best_balance(is_positive: np.ndarray, scores: np.ndarray) -> float:
    """The best threshold: recall + specificity is largest (Youden 1950).

    Of several such thresholds the one nearest to 0.5. NaN where a group is empty.
    """
    if is_positive.all() or not is_positive.any():
        return math.nan
    false_rate, true_rate, thresholds = roc(is_positive, scores)
    gain = true_rate - false_rate
    best = thresholds[1:][gain[1:] >= gain.max() - 1e-12]  # the first would choose no image at all
    return float(best[np.abs(best - DEFAULT_THRESHOLD).argmin()])


def evaluate(
    truth: np.ndarray,
    scores: np.ndarray,
    predicted: np.ndarray,
    names: Sequence[str],
    binary: bool = False,
) -> Evaluation:
    """Compare predictions with the true classes.

    Parameters
    ----------
    truth : (n,) int
        Index of each image's true class, n >= 1.
    scores : (n, N) float
        The model's score of each class.
    predicted : (n,) int
        The class that the model chose.
    names : sequence of N str
        What the classes are called.
    binary : bool
        Whether there are two classes whose probabilities sum to 1, so that one threshold decides.
    """
    metrics = require("sklearn.metrics")
    right = int((truth == predicted).sum())
    there = np.unique(truth)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=there, zero_division=np.nan
    )
    classes = tuple(
        ClassFigures(int(c), names[c], int(n), float(p), float(r), float(f), area(truth == c, scores[:, c]))
        for c, p, r, f, n in zip(there, precision, recall, f1, support, strict=True)
    )
    present = np.union1d(truth, predicted)
    positive = truth == 1
    threshold = best_balance(positive, scores[:, 1]) if binary else math.nan
    return Evaluation(
        images=len(truth),
        right=right,
        accuracy=right / len(truth),
        accuracy_interval=wilson_interval(right, len(truth)),
        top5=_top(truth, scores) if len(names) > TOP else None,
        classes=classes,
        macro=_mean(classes, [1.0] * len(classes)),
        weighted=_mean(classes, [float(c.images) for c in classes]),
        confusion=_confusion(truth, predicted, present),
        confusion_classes=tuple(map(int, present)),
        auc=area(positive, scores[:, 1]) if binary else None,
        at_half=cut(positive, predicted == 1, DEFAULT_THRESHOLD) if binary else None,
        best_balance=(None if math.isnan(threshold) else cut(positive, scores[:, 1] >= threshold, threshold)),
    )


def _confusion(truth: np.ndarray, predicted: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Numbers of images by true and by predicted class, both in the order of the sorted `classes`."""
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (np.searchsorted(classes, truth), np.searchsorted(classes, predicted)), 1)
    return counts


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _top(truth: np.ndarray, scores: np.ndarray) -> float:
    """Share of images whose true class has one of the five highest scores; ties go to lower indices."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    return float((best == truth[:, None]).any(axis=1).mean())


def _mean(classes: Sequence[ClassFigures], weights: Sequence[float]) -> Mean:
    def mean(values: list[float]) -> float:
        return float(np.average(np.nan_to_num(values), weights=weights))

    areas = np.array([c.auc.value for c in classes])
    known = ~np.isnan(areas)
    return Mean(
        mean([c.precision for c in classes]),
        mean([c.recall for c in classes]),
        mean([c.f1 for c in classes]),
        float(np.average(areas[known], weights=np.array(weights)[known])) if known.any() else math.nan,
    )


def as_figures(evaluation: Evaluation, names: Sequence[str]) -> dict[str, Any]:
    """The evaluation as plain numbers for JSON, with None where a figure is not known."""
    from dataclasses import asdict

    figures = asdict(evaluation)
    figures["confusion"] = evaluation.confusion.tolist()
    figures["confusion_classes"] = [names[c] for c in evaluation.confusion_classes]
    found: dict[str, Any] = plain(figures)
    return found


def plain(value: Any) -> Any:
    """Dicts, lists and numbers for JSON, which knows neither NaN nor infinity: they become None."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
