"""Charts of a page: positions worked out by hand."""

from __future__ import annotations

import math

import pytest

from xai_cam.metrics.bootstrap import Estimate
from xai_cam.report.model import Column, Curve, CurveChart, DifferenceRow, SummaryRow
from xai_cam.report.svg_charts import Leaders, dot_chart, leaders, line_chart, make_axis

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


def difference(
    first: str, second: str, low: float, high: float, column: str = "x", count: int = 9
) -> DifferenceRow:
    return DifferenceRow(first, second, column, (low + high) / 2, low, high, 0.5, 0.0, count)


ABC = tuple(SummaryRow(name, {"x": Estimate(n, n - 1, n + 1, 9)}) for n, name in enumerate("abc", 1))


def test_the_best_has_to_be_told_from_all_others_in_pairs() -> None:
    """The means are 1, 2 and 3; what counts is whether the interval of a difference leaves out 0."""
    lower, clear = Column("x", "X", "lower"), [difference("a", "b", -3, -1), difference("c", "a", 1, 3)]
    assert leaders(lower, ABC, clear) == Leaders("a")
    assert leaders(lower, ABC, [difference("a", "b", -3, 1), clear[1]]) == Leaders("", frozenset("ab"))
    assert leaders(lower, ABC, [difference("a", "b", -3, -1, "other"), clear[1]]).alike == frozenset("ab")
    assert leaders(lower, ABC, []) == Leaders(), "where nothing is told from anything, nothing is marked"
    assert leaders(Column("x", "X", "higher"), ABC, [difference("b", "c", -3, -1), clear[1]]) == Leaders("c")


def test_a_difference_to_the_other_side_makes_none_the_best() -> None:
    """Such as means over other images than those that are known of both: the mean of a is the lower one."""
    lower = Column("x", "X", "lower")
    against = [difference("a", "b", 1, 3), difference("a", "c", -3, -1)]
    assert leaders(lower, ABC, against) == Leaders("", frozenset("ab"))
    turned = [difference("b", "a", 1, 3), difference("c", "a", 1, 3)]
    assert leaders(lower, ABC, turned) == Leaders("a")


def test_of_fewer_than_six_images_none_is_best() -> None:
    lower = Column("x", "X", "lower")
    for count, expected in ((6, Leaders("a")), (5, Leaders())):
        rows = [difference("a", other, -3, -1, count=count) for other in "bc"]
        assert leaders(lower, ABC, rows) == expected


def test_without_a_better_end_or_another_variant_none_is_best() -> None:
    clear = [difference("a", "b", -3, -1), difference("a", "c", -3, -1)]
    for column, summary in (
        (Column("x", "X"), ABC),
        (Column("y", "Y", "lower"), ABC),
        (Column("x", "X", "lower"), ABC[:1]),
    ):
        assert leaders(column, summary, clear) == Leaders()


def test_labels_of_ticks_have_room_inside_the_chart() -> None:
    """Steps of 0.025 have labels of 5 letters: 45 pixels, 9 for each, in the middle of the last tick."""
    column, row = Column("x", "X", "lower"), SummaryRow("a", {"x": Estimate(0.1625, 0.151, 0.174, 9)})
    for ticks, width in (
        (dot_chart(column, [row]).ticks, 400),
        (line_chart(CurveChart("T", "x", "y", "", (Curve("a", [0.15, 0.1749], [0, 1]),))).x_ticks, 460),
    ):
        assert any(len(tick.label) == 5 for tick in ticks), [tick.label for tick in ticks]
        for tick in ticks:
            half = 9 * len(tick.label) / 2
            assert half <= tick.at <= width - half


def test_curves_stand_where_their_numbers_are() -> None:
    """x: 0 to 1 over 49.5 to 446.5, half of `0.0` being 13.5 pixels; y: 0 to 1 over 254 to 10, upwards."""
    curve = Curve("a", [0, 0.5, 1], [1, 0.5, 0], [1, 0.25, 0], [1, 0.75, 0])
    gap = Curve("b", [0, 0.5, 1], [0.5, NAN, 0.5])
    drawn = line_chart(CurveChart("Deletion", "removed", "probability", "", (curve, gap, Curve("c", [], []))))
    assert [line.points for line in drawn.lines] == ["49.5,10 248,132 446.5,254", "49.5,132 446.5,132", ""]
    assert [line.band for line in drawn.lines] == [
        "49.5,10 248,71 446.5,254 446.5,254 248,193 49.5,10",
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
