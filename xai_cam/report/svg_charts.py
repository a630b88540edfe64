"""Numbers -> the geometry of a page's charts, in the pixels of their SVG; the template draws it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xai_cam.metrics.bootstrap import Estimate
from xai_cam.metrics.verdicts import FEWEST
from xai_cam.report.model import Column, Curve, CurveChart, DifferenceRow, SummaryRow
from xai_cam.report.text import MISSING, number

DOTS_WIDTH, ROW_HEIGHT, DOTS_MARGIN, AXIS_HEIGHT = 400, 38, 12, 26
DIGIT = 9
"""Pixels of a digit of a label, at most: labels stand in the middle of their ticks, and are not cut."""

CURVES_WIDTH, CURVES_HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 46


@dataclass(frozen=True)
class Tick:
    """A number on an axis, and where it stands."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on the pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    step: float

    def at(self, value: float) -> float:
        """Where a value stands, in pixels."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def inside(self) -> Axis:
        """The same with both ends so far from the edges that the ticks' labels have room."""
        longest = max(len(tick.label) for tick in self.ticks)
        more = max(0.0, longest * DIGIT / 2 - DOTS_MARGIN)
        return replace(self, start=self.start + more, end=self.end - more)

    @property
    def ticks(self) -> list[Tick]:
        """A mark at every step, with as many digits as the steps need."""
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        digits += round(self.step * 10**digits, 6) % 1 != 0  # steps of 2.5
        count = round((self.high - self.low) / self.step)
        values = [self.low + i * self.step for i in range(count + 1)]
        return [Tick(self.at(v), f"{v + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")) for v in values]


def make_axis(values: Iterable[float], start: float, end: float, steps: int = 5) -> Axis:
    """An axis with round numbers that covers all values, and 0 where they reach half-way down to it."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    if 0 < low <= high / 2:
        low = 0.0
    power = 10 ** math.floor(math.log10((high - low) / steps))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f * steps >= (high - low) * (1 - 1e-9))
    below, above = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(below * step, above * step, start, end, step)


# --- Dots and intervals -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dot:
    """One variant's estimate; positions are None where there is no number."""

    variant: str
    text: str
    y: float
    x: float | None
    left: float | None
    right: float | None


@dataclass(frozen=True)
class DotChart:
    """The estimates of one column, one below the other."""

    column: Column
    dots: list[Dot]
    ticks: list[Tick]
    width: int
    height: float
    base: float
    label: str


def dot_chart(column: Column, summary: Sequence[SummaryRow]) -> DotChart:
    """A row for each variant: its mean as a dot, its 95 % interval as a line."""
    estimates = [(row.variant, row.estimates.get(column.name)) for row in summary]
    numbers = [n for _, e in estimates if e is not None for n in (e.value, e.low, e.high)]
    axis = make_axis(numbers, DOTS_MARGIN, DOTS_WIDTH - DOTS_MARGIN).inside()
    dots = []
    for row, (variant, estimate) in enumerate(estimates):
        y = row * ROW_HEIGHT + 28.0
        x, left, right = (
            axis.at(n) if estimate and math.isfinite(n) else None
            for n in ((estimate.value, estimate.low, estimate.high) if estimate else (0.0, 0.0, 0.0))
        )
        dots.append(Dot(variant, interval(estimate), y, x, left, right))
    base = len(dots) * ROW_HEIGHT + 4.0
    description = "; ".join(f"{dot.variant} {dot.text}" for dot in dots)
    label = f"{column.title}, {direction(column)}mean and 95 % interval: {description}"
    return DotChart(column, dots, axis.ticks, DOTS_WIDTH, base + AXIS_HEIGHT, base, label)


def interval(estimate: Estimate | None) -> str:
    """`13.6 (10.1 to 17.0)`; without the bracket where there is no interval."""
    if estimate is None or not math.isfinite(estimate.value):
        return MISSING
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return number(estimate.value)
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})"


def direction(column: Column) -> str:
    """`higher is better, `; empty where no end of the column is better."""
    return f"{column.better} is better, " if column.better else ""


@dataclass(frozen=True)
class Leaders:
    """Who is best in a column.

    Attributes
    ----------
    clear : str
        The variant that is better than each other one, by the interval of their differences in pairs; empty
        where there is none.
    alike : frozenset of str
        Else the variant of the best mean, and those that cannot be told from it; empty where that is all.
    """

    clear: str = ""
    alike: frozenset[str] = frozenset()


def leaders(column: Column, summary: Sequence[SummaryRow], differences: Sequence[DifferenceRow]) -> Leaders:
    """Who is best in a column, as far as the differences on the same images tell."""
    estimates = {row.variant: row.estimates.get(column.name) for row in summary}
    means = {name: e.value for name, e in estimates.items() if e is not None and math.isfinite(e.value)}
    if not column.better or len(means) < 2:
        return Leaders()
    first = (min if column.better == "lower" else max)(means, key=lambda name: means[name])
    beaten = {
        other
        for row in differences
        if row.column == column.name and row.count >= FEWEST
        for other in ({row.first, row.second} - {first} if first in (row.first, row.second) else ())
        if (row.high < 0 if (row.first == first) == (column.better == "lower") else row.low > 0)
    }
    alike = set(means) - beaten
    if alike == {first}:
        return Leaders(clear=first)
    return Leaders(alike=frozenset(alike) if len(alike) < len(means) else frozenset())


# --- Curves -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One variant's curve, and the outline of its band (empty without one), as points of SVG."""

    variant: str
    points: str
    band: str


@dataclass(frozen=True)
class LineChart:
    """Curves in their axes."""

    chart: CurveChart
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    width: int
    height: int
    label: str


def line_chart(chart: CurveChart) -> LineChart:
    """The curves, their bands and axes."""
    curves = [_within(curve, *chart.limits) for curve in chart.curves]
    xs = [x for curve in curves for x in curve.x]
    ys = [y for c in curves for values in (c.y, c.low or [], c.high or []) for y in values]
    x_axis = make_axis(xs, LEFT, CURVES_WIDTH - RIGHT).inside()
    y_axis = make_axis(ys, CURVES_HEIGHT - BOTTOM, TOP)
    lines = [Line(c.variant, _points(c, c.y, x_axis, y_axis), _band(c, x_axis, y_axis)) for c in curves]
    description = "; ".join(_course(curve) for curve in chart.curves)
    label = f"{chart.title}: {chart.y_label} against {chart.x_label}. {description}"
    return LineChart(chart, lines, x_axis.ticks, y_axis.ticks, CURVES_WIDTH, CURVES_HEIGHT, label)


def _within(curve: Curve, low: float, high: float) -> Curve:
    """A curve whose band reaches no further than the values can."""
    if curve.low is None or curve.high is None:
        return curve
    return replace(curve, low=[max(low, y) for y in curve.low], high=[min(high, y) for y in curve.high])


def _points(curve: Curve, values: Sequence[float], x_axis: Axis, y_axis: Axis) -> str:
    pairs = [(x, y) for x, y in zip(curve.x, values, strict=True) if math.isfinite(x) and math.isfinite(y)]
    return " ".join(f"{x_axis.at(x):g},{y_axis.at(y):g}" for x, y in pairs)


def _band(curve: Curve, x_axis: Axis, y_axis: Axis) -> str:
    if curve.low is None or curve.high is None:
        return ""
    there = _points(curve, curve.high, x_axis, y_axis)
    back = " ".join(reversed(_points(curve, curve.low, x_axis, y_axis).split()))
    return f"{there} {back}".strip()


def _course(curve: Curve) -> str:
    """A curve in words, for those who cannot see it."""
    if not curve.y:
        return f"{curve.variant} has no values"
    first, middle, last = (number(curve.y[i]) for i in (0, len(curve.y) // 2, -1))
    return f"{curve.variant} from {first} over {middle} half-way to {last}"
