"""An evaluation as charts and numbers on disk: ROC curve, confusion matrix, histogram of scores, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.drawing.matplotlib_chart import default_style, encode_chart, new_figure, without_formulas
from xai_cam.drawing.text import shorten
from xai_cam.evaluation.figures import DEFAULT_THRESHOLD, Evaluation, as_figures, roc
from xai_cam.files.provenance import KEY, Provenance, check_replaceable, read_provenance
from xai_cam.files.texts import MOST_BYTES, read_text
from xai_cam.files.writing import write_together

FIGURES_FILE = "evaluation.json"
REPORT_CHARTS = ("roc", "confusion", "scores")
"""Names of the pictures in an evaluation's report."""

REPORT_FILES = (FIGURES_FILE, *(f"{chart}.png" for chart in REPORT_CHARTS))

MAX_CURVES = 10
"""With more classes the ROC chart shows only their mean."""

MAX_NUMBERED = 20
"""With more classes the confusion matrix shows colours without numbers."""

MAX_TICKS = 60
LONGEST_NAME = 30

MAX_LEVEL, LONGEST_LEVEL = 4, 12
"""With more or longer names, those of the columns are written vertically."""

INCHES_A_LETTER = 0.09
BINS, LONGEST_LEGEND = 40, 64
"""Bins of the histogram, and letters of its groups' names that have room side by side."""

LEAST = 0.7
"""Foot of the histogram's logarithmic axis, below a single image."""


def check_report(folder: Path, overwrite: bool) -> None:
    """Refuse to replace files that this tool did not write.

    Raises
    ------
    InputError
    """
    for name in REPORT_FILES:
        if not overwrite:
            check_replaceable(folder / name, _is_own, "`charts`")


def _is_own(path: Path) -> bool:
    if path.suffix == ".png":
        return read_provenance(path) is not None
    try:
        found = json.loads(read_text(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and str(found.get("tool", "")).startswith(KEY)


def write_report(
    folder: Path,
    evaluation: Evaluation,
    truth: np.ndarray,
    scores: np.ndarray,
    predicted: np.ndarray,
    names: Sequence[str],
    provenance: Provenance,
) -> None:
    """Write `evaluation.json`, `roc.png`, `confusion.png` and `scores.png` into `folder`.

    They appear together, when all of them are ready.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    XaiCamError
        Matplotlib is not installed.
    """
    figures = {**provenance, **as_figures(evaluation, names)}
    if evaluation.binary:
        columns = zip(*roc(truth == 1, scores[:, 1]), strict=True)
        figures["roc"] = [
            {"false_positive_rate": float(f), "true_positive_rate": float(t), "threshold": _finite(s)}
            for f, t, s in columns
        ]
    text = json.dumps(figures, ensure_ascii=False, indent=1, allow_nan=False)
    files = {FIGURES_FILE: (text + "\n").encode("utf-8", "backslashreplace")}  # as JSON escapes them, too
    with default_style():
        charts = {
            "roc": draw_roc(evaluation, truth, scores),
            "confusion": draw_confusion(evaluation, names),
            "scores": draw_scores(evaluation, truth, scores, predicted, names),
        }
        for name in REPORT_CHARTS:
            files[f"{name}.png"] = encode_chart(charts[name], provenance | {"chart": name})
    write_together([(folder / name, data) for name, data in files.items()], "`charts`", kept=True)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _shown(name: str) -> str:
    """A class's name for Matplotlib: never read as a formula, never dropped, not too long."""
    short = shorten(name, LONGEST_NAME)
    return (" " if short.startswith("_") else "") + without_formulas(short)


def draw_roc(evaluation: Evaluation, truth: np.ndarray, scores: np.ndarray) -> Any:
    """ROC curve of class 1 with its thresholds, or one curve a class against the rest; as a figure."""
    figure, axes = new_figure(5.6, 5.2)
    axes.plot([0, 1], [0, 1], color="0.7", linestyle=":", linewidth=1)
    if evaluation.binary:
        _draw_binary_roc(axes, evaluation, truth, scores)
    else:
        _draw_class_rocs(axes, evaluation, truth, scores)
    axes.set(
        xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01)
    )
    axes.set_aspect("equal")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right", fontsize="small")
    return figure


def _draw_binary_roc(axes: Any, evaluation: Evaluation, truth: np.ndarray, scores: np.ndarray) -> None:
    area = evaluation.auc
    if area is None or np.isnan(area.value):
        axes.text(0.5, 0.5, "needs images of both classes", ha="center")
        return
    false_rate, true_rate, _ = roc(truth == 1, scores[:, 1])
    known = not np.isnan(area.low)
    label = f"AUC {area.value:.3f}" + (f" (95 % {area.low:.3f} to {area.high:.3f})" if known else "")
    axes.plot(false_rate, true_rate, label=label)
    for cut, name, marker in (
        (evaluation.at_half, "threshold", "o"),
        (evaluation.best_balance, "best balance at", "D"),
    ):
        if cut is not None:
            place = (1 - cut.specificity, cut.recall)
            axes.plot(*place, marker, color="C3", markersize=6, label=f"{name} {cut.threshold:.3g}")


def _draw_class_rocs(axes: Any, evaluation: Evaluation, truth: np.ndarray, scores: np.ndarray) -> None:
    shared = np.linspace(0, 1, 501)
    curves = []
    for found in evaluation.classes:
        if np.isnan(found.auc.value):
            continue
        false_rate, true_rate, _ = roc(truth == found.index, scores[:, found.index])
        curves.append(np.interp(shared, false_rate, true_rate))
        if len(evaluation.classes) <= MAX_CURVES:
            label = f"{_shown(found.name)}, AUC {found.auc.value:.3f}"
            axes.plot(false_rate, true_rate, linewidth=1.2, label=label)
    if curves:
        label = f"mean of {len(curves)} classes, AUC {evaluation.macro.auc:.3f}"
        axes.plot(shared, np.mean(curves, axis=0), color="black", linewidth=2, label=label)


def draw_confusion(evaluation: Evaluation, names: Sequence[str]) -> Any:
    """Confusion matrix: numbers of images, coloured by their share of the true class; as a figure."""
    counts = evaluation.confusion
    total = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    ticks = [_shown(names[c]) for c in evaluation.confusion_classes] if len(counts) <= MAX_TICKS else []
    longest = max(map(len, ticks), default=0)
    upright = len(ticks) > MAX_LEVEL or longest > LONGEST_LEVEL
    side, room = float(np.clip(2.6 + 0.45 * len(counts), 4.2, 14)), INCHES_A_LETTER * longest
    figure, axes = new_figure(side + 0.8 + room, side + upright * room)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(counts) <= MAX_NUMBERED:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.55 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, fontsize="small")
    axes.set_xticks(range(len(ticks)), ticks, rotation=90 if upright else 0)
    axes.set_yticks(range(len(ticks)), ticks)
    axes.set(xlabel="predicted", ylabel="true")
    figure.colorbar(image, label="share of the true class", shrink=0.8)
    return figure


def draw_scores(
    evaluation: Evaluation, truth: np.ndarray, scores: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> Any:
    """Histogram of the score of class 1 by true class, or of the predicted class by right and wrong.

    The axis of the numbers of images is logarithmic: a single mistake is seen beside hundreds of others.
    """
    figure, axes = new_figure(6.4, 4.4)
    if evaluation.binary:
        wrong = [int(np.count_nonzero(predicted[truth == c] != c)) for c in (0, 1)]
        groups = [
            (f"{_shown(names[c])}: {_of(truth == c, wrong[c])}", scores[truth == c, 1], f"C{c}")
            for c in (0, 1)
        ]
        threshold = f"threshold {DEFAULT_THRESHOLD:g}"
        axes.axvline(DEFAULT_THRESHOLD, color="0.4", linestyle=":", linewidth=1, label=threshold)
        axes.set_xlabel(f"probability of {_shown(names[1])}")
    else:
        best = scores[np.arange(len(scores)), predicted]
        right = truth == predicted
        groups = [
            (f"right ({np.count_nonzero(right):,})", best[right], "C0"),
            (f"wrong ({np.count_nonzero(~right):,})", best[~right], "C3"),
        ]
        axes.set_xlabel("score of the predicted class")
    values = np.concatenate([group for _, group, _ in groups]).astype(float)
    unit = values.size == 0 or (values.min() >= 0 and values.max() <= 1)
    bins = np.linspace(0, 1, BINS + 1) if unit else np.histogram_bin_edges(values, BINS)
    for name, group, colour in groups:
        axes.hist(group, bins, alpha=0.6, color=colour, label=name)
    axes.set_yscale("log")
    axes.set_ylim(bottom=LEAST)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylabel("images, logarithmic")
    beside = sum(len(name) for name, *_ in groups) <= LONGEST_LEGEND
    columns = len(groups) + evaluation.binary if beside else 1
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=columns, frameon=False, fontsize="small")
    return figure


def _of(chosen: np.ndarray, wrong: int) -> str:
    """`500 images, 31 wrong`."""
    count = int(np.count_nonzero(chosen))
    return f"{count:,} image{'s' * (count != 1)}, {wrong:,} wrong"
