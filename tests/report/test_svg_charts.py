"""Charts of a page: positions worked out by hand."""

from __future__ import annotations

import math

import pytest

from xai_cam.metrics.bootstrap import Estimate
from xai_cam.report.model import Column, Curve, CurveChart, SummaryRow
from xai_cam.report.svg_charts import best, dot_chart, line_chart, make_axis

DROP = Column("drop", "Drop", "lower")
NAN = math.nan


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([3, 42], ["0", "10", "20", "30", "40", "50"]),
        ([0.42, 0.5], ["0.42", "0.44", "0.46", "0.48", "0.50"]),
        ([-0.3, 0.6], ["−0.4", "−0.2", "0.0", "0.2", "0.4", "0.6"]),
        ([10, 22], ["0", "5", "10", "15", "20", "25"]),
        ([0, 12], ["0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        ([0, 0.00012], ["0.000000", "0.000025", "0.000050", "0.000075", "0.000100", "0.000125"]),
        ([5], ["0", "2", "4", "6", "8"]),
        ([NAN, math.inf], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_axes_have_round_numbers(values: list[float], labels: list[str]) -> None:
    axis = make_axis(values, 0, 100)
    assert [tick.label for tick in axis.ticks] == labels
    assert axis.ticks[0].at == 0 and axis.ticks[-1].at == 100
    known = [v for v in values if math.isfinite(v)]
    assert all(0 <= axis.at(v) <= 100 for v in known)
    assert len(axis.ticks) <= 7


def test_dots_stand_where_their_numbers_are() -> None:
    """The axis runs from 0 to 40 over 376 pixels from 12 on: 9.4 pixels each."""
    summary = (
        SummaryRow("a", {"drop": Estimate(20, 10, 40, 9)}),
        SummaryRow("b", {"drop": Estimate(30, NAN, NAN, 1)}),
        SummaryRow("c", {"drop": Estimate(NAN, NAN, NAN, 0)}),
        SummaryRow("d", {}),
    )
    chart = dot_chart(DROP, summary)
    assert [(d.x, d.left, d.right) for d in chart.dots] == [
        (200.0, 106.0, 388.0),
        (294.0, None, None),
        (None, None, None),
        (None, None, None),
    ]
    assert [d.text for d in chart.dots] == ["20.0 (10.0 to 40.0)", "30.0", "–", "–"]
    assert chart.label == (
        "Drop, lower is better, mean and 95 % interval: a 20.0 (10.0 to 40.0); b 30.0; c –; d –"
    )
    assert sorted({d.y for d in chart.dots}) == [d.y for d in chart.dots] and chart.dots[-1].y < chart.base


def test_the_best_is_by_the_column() -> None:
    summary = (SummaryRow("a", {"x": Estimate(2, 1, 3, 9)}), SummaryRow("b", {"x": Estimate(1, NAN, NAN, 1)}))
    assert best(Column("x", "X", "lower"), summary) == 1
    assert best(Column("x", "X", "higher"), summary) == 2
    assert best(Column("x", "X"), summary) is None
    assert best(Column("y", "Y", "higher"), summary) is None
    assert best(Column("x", "X", "lower"), summary[:1]) is None, "alone it is no best"


def test_curves_stand_where_their_numbers_are() -> None:
    """x: 0 to 1 over 48 to 448; y: 0 to 1 over 254 to 10, upwards."""
    curve = Curve("a", [0, 0.5, 1], [1, 0.5, 0], [1, 0.25, 0], [1, 0.75, 0])
    gap = Curve("b", [0, 0.5, 1], [0.5, NAN, 0.5])
    drawn = line_chart(CurveChart("Deletion", "removed", "probability", "", (curve, gap, Curve("c", [], []))))
    assert [line.points for line in drawn.lines] == ["48,10 248,132 448,254", "48,132 448,132", ""]
    assert [line.band for line in drawn.lines] == [
        "48,10 248,71 448,254 448,254 248,193 48,10",
        "",
        "",
    ]
    assert drawn.label == (
        "Deletion: probability against removed. a from 1.00 over 0.500 half-way to 0.000; "
        "b from 0.500 over – half-way to 0.500; c has no values"
    )


def test_a_band_ends_where_values_do() -> None:
    curve = Curve("a", [0, 1], [0.5, 0.9], [-0.2, 0.7], [1.2, 1.1])
    drawn = line_chart(CurveChart("Deletion", "removed", "probability", "", (curve,), (0, 1)))
    assert [drawn.y_ticks[0].label, drawn.y_ticks[-1].label] == ["0.0", "1.0"]
    top = min(float(point.split(",")[1]) for point in drawn.lines[0].band.split())
    assert top == drawn.y_ticks[-1].at
