"""An evaluation as text: the tables that `xai-cam evaluate` prints."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from xai_cam.cli.text.tables import lines_of_table
from xai_cam.evaluation.figures import Area, ClassFigures, Cut, Evaluation, wilson_interval
from xai_cam.evaluation.preprocessing_search import ScalingScore

MAX_CLASSES = 20
"""Of more classes the worst are listed, and the most frequent confusions in place of the matrix."""


def describe_evaluation(evaluation: Evaluation, names: Sequence[str]) -> Iterator[str]:
    """Lines of text: overall figures, classes, thresholds, confusions."""
    yield from lines_of_table(_overall(evaluation))
    yield ""
    yield from _classes(evaluation)
    if evaluation.at_half is not None:
        yield ""
        yield from lines_of_table(_thresholds(evaluation, names))
    yield ""
    yield from _confusions(evaluation, names)


def number(value: float) -> str:
    """Three decimals; a dash where there is no such figure."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def interval(area: Area) -> str:
    return "" if math.isnan(area.low) else f"{area.low:.3f} to {area.high:.3f}"


def _overall(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    low, high = evaluation.accuracy_interval
    right = f"95 % {low:.3f} to {high:.3f}; {evaluation.right:,} of {evaluation.images:,} images"
    rows = [("accuracy", number(evaluation.accuracy), right)]
    if evaluation.top5 is not None:
        rows.append(("top-5 accuracy", number(evaluation.top5), ""))
    if evaluation.auc is not None:
        area = evaluation.auc
        note = f"95 % {interval(area)} (Hanley & McNeil 1982)"
        note = note if interval(area) else "no interval: the formula's standard error is 0 here"
        note = "needs images of both classes" if math.isnan(area.value) else note
        rows.append(("AUC", number(area.value), note))
    return rows


def _classes(evaluation: Evaluation) -> Iterator[str]:
    classes = list(evaluation.classes)
    hidden = len(classes) > MAX_CLASSES
    if hidden:
        classes = sorted(classes, key=_f1)[:MAX_CLASSES]
    rows: list[tuple[str, ...]] = [("class", "images", "precision", "recall", "F1", "AUC", "95 %")]
    rows += [
        (c.name, f"{c.images:,}", *map(number, (c.precision, c.recall, c.f1, c.auc.value)), interval(c.auc))
        for c in classes
    ]
    for name, mean in (("macro mean", evaluation.macro), ("weighted mean", evaluation.weighted)):
        rows.append((name, "", *map(number, (mean.precision, mean.recall, mean.f1, mean.auc)), ""))
    yield from lines_of_table(rows)
    if hidden:
        yield f"The {MAX_CLASSES} worst of {len(evaluation.classes)} classes; --json and --charts have all."


def _f1(figures: ClassFigures) -> float:
    return float(np.nan_to_num(figures.f1))


def _thresholds(evaluation: Evaluation, names: Sequence[str]) -> list[tuple[str, ...]]:
    def row(name: str, cut: Cut) -> tuple[str, ...]:
        figures = (cut.accuracy, cut.precision, cut.recall, cut.specificity, cut.f1)
        return (name, f"{cut.threshold:.6g}", *map(number, figures))

    rows: list[tuple[str, ...]] = [
        (f"threshold for {names[1]}", "", "accuracy", "precision", "recall", "specificity", "F1")
    ]
    if evaluation.at_half is not None:
        rows.append(row("default", evaluation.at_half))
    if evaluation.best_balance is not None:
        rows.append(row("best balance", evaluation.best_balance))
    return rows


def _confusions(evaluation: Evaluation, names: Sequence[str]) -> Iterator[str]:
    counts, classes = evaluation.confusion, [names[c] for c in evaluation.confusion_classes]
    if len(classes) <= MAX_CLASSES:
        rows = [("true \\ predicted", *classes)]
        rows += [(name, *(f"{n:,}" for n in row)) for name, row in zip(classes, counts, strict=True)]
        yield from lines_of_table(rows)
        return
    wrong = counts * (1 - np.eye(len(classes), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[: MAX_CLASSES // 2]
    pairs = [np.unravel_index(place, wrong.shape) for place in order]
    rows = [(classes[i], classes[j], f"{wrong[i, j]:,}") for i, j in pairs if wrong[i, j]]
    if rows:
        yield from lines_of_table([("most frequent mistakes: true", "predicted", "images"), *rows])


def describe_scalings(
    scores: Sequence[ScalingScore], truth: Sequence[int], current: tuple[str, str], grey: bool
) -> Iterator[str]:
    """Lines of text: every scaling with its figures, and a verdict; `truth` has the images' classes."""
    images = len(truth)
    yield f"{images:,} images, {len(set(truth)):,} classes."
    rows = [("", "--preprocess", "--channel-order", "accuracy", "log loss")]
    for score in scores:
        mark = "*" if (score.preprocess, score.channel_order) == current else ""
        order = "grey" if grey else score.channel_order
        rows.append((mark, score.preprocess, order, number(score.accuracy), number(score.log_loss)))
    yield from lines_of_table(rows)
    best = scores[0]
    same = (best.preprocess, best.channel_order) == current
    order = "" if grey else f" --channel-order {best.channel_order}"
    yield (
        f"Best: --preprocess {best.preprocess}{order}"
        + (", which is what would be used (*)." if same else "; what would be used is marked by *.")
    )
    most_frequent = max(Counter(truth).values())
    if wilson_interval(round(best.accuracy * images), images)[0] <= most_frequent / images:
        yield "But that is hardly better than guessing: try more images, or check the labels."
