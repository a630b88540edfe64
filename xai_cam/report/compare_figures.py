"""The figures of a comparison as the page of `compare` has them: means, differences, agreement, curves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from xai_cam.metrics.bootstrap import Difference
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.measures import METRICS
from xai_cam.report.model import Column, Curve, CurveChart, DifferenceRow, Matrix, SummaryRow

IOU = "boxes of IoU"
"""The fact that is there only where IoU was measured."""

MATRICES = {
    "rank_correlation": ("Rank correlation of the maps", "Spearman's, at the size of the model's input."),
    "top_overlap": ("Overlap of the top 10 % of pixels", "Intersection over union."),
}
CHARTS = {
    "deletion": ("Deletion", "share of pixels removed, most salient first", "Lower is better."),
    "insertion": ("Insertion", "share of pixels put in, most salient first", "Higher is better."),
}
BOX_NOTE = {
    "max_box_acc": "Higher is better; the measure is the highest point.",
    "max_box_acc_v2": "Higher is better; each of three IoUs has a best threshold of its own, so the measure "
    "may lie above the curve of their mean.",
}
BAND = "Means over images; the band is 1.96 standard errors to each side."


def figures_of(comparison: Comparison) -> dict[str, Any]:
    """The parts of a `Page` that tell of all images together, by name."""
    return {
        "columns": tuple(_column(name, comparison.is_directed) for name in comparison.metrics),
        "summary": tuple(SummaryRow(n, e) for n, e in comparison.estimates.items() if e),
        "differences": tuple(
            _difference(p.first, p.second, p.metric, p.difference)
            for p in comparison.differences
            if p.difference.count
        ),
        "matrices": tuple(_matrices(comparison)) if len(comparison.variants) > 1 else (),
        "curve_charts": tuple(_charts(comparison)),
        "findings": comparison.conclusions,
    }


def as_told(comparison: Comparison, iou: tuple[str, str]) -> dict[str, Any]:
    """A comparison as JSON, for a page of all shards; `iou` is the fact where IoU was measured."""
    return {
        "images": [image.as_dict() for image in comparison.images],
        "limits": asdict(comparison.limits),
        "threshold": comparison.threshold,
        "iou": list(iou),
    }


def _column(name: str, is_directed: bool) -> Column:
    metric = METRICS[name]
    better = metric.better if is_directed and metric.better != "neither" else ""
    return Column(name, metric.title, better, metric.unit, metric.summary, metric.objection)


def _difference(first: str, second: str, metric: str, d: Difference) -> DifferenceRow:
    return DifferenceRow(first, second, metric, d.value, d.low, d.high, d.won, d.tied, d.count)


def _matrices(comparison: Comparison) -> list[Matrix]:
    return [
        Matrix(title, list(comparison.variants), comparison.agreement(name).tolist(), note)
        for name, (title, note) in MATRICES.items()
    ]


def _charts(comparison: Comparison) -> list[CurveChart]:
    charts = []
    for name, (title, x_label, note) in CHARTS.items():
        charts.append(
            CurveChart(
                *(title, x_label, "probability of the class", f"{note} {BAND}"),
                _curves(comparison, name),
                (0, 1),
            )
        )
    charts += [
        CurveChart(
            METRICS[name].title,
            "threshold, from the map's lowest to its highest pixel",
            "images whose box fits, %",
            f"{BOX_NOTE[name]} {BAND}",
            _curves(comparison, name),
            (0, 100),
        )
        for name in comparison.pooled
    ]
    return charts


def _curves(comparison: Comparison, name: str) -> tuple[Curve, ...]:
    return tuple(
        Curve(c.variant, c.fractions.tolist(), c.mean.tolist(), c.low.tolist(), c.high.tolist())
        for c in comparison.curves(name)
    )
