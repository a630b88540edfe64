"""An evaluation that shows itself: figures with intervals, a table of classes, charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from xai_cam.drawing.html import block, note, side_by_side, table, title
from xai_cam.drawing.html import chart as html_chart
from xai_cam.drawing.matplotlib_chart import default_style
from xai_cam.errors import InputError
from xai_cam.evaluation.charts import REPORT_CHARTS, draw_confusion, draw_roc, draw_scores
from xai_cam.evaluation.figures import Area, Evaluation, as_figures
from xai_cam.extras import is_there, require

CHART_WIDTH = 480
MAX_ROWS = 30
"""Classes in a notebook's table, those recognised worst."""


@dataclass(frozen=True, repr=False, eq=False)
class EvaluationReport(Evaluation):
    """What `evaluate` returns: figures of one model on one set of images, and the predictions behind them.

    Attributes
    ----------
    images, right : int
        How many there are, and of how many the class is predicted right.
    accuracy : float
    accuracy_interval : (float, float)
        95 %: low, high.
    top5 : float or None
        Share of images whose true class is among the five best; None of five classes or fewer.
    classes : tuple of ClassFigures
        `name`, `images`, `precision`, `recall`, `f1` and `auc` of each class.
    macro, weighted : Mean
        Means of these over the classes.
    confusion : (m, m) int
        Numbers of images by true class (rows) and predicted class (columns), in the order of
        `confusion_classes`.
    auc, at_half, best_balance : Area, Cut, Cut or None
        Of a binary classifier.
    names : sequence of str
        Of all classes.
    truth, predicted : (n,) int
        The true and the predicted class of each image.
    scores : (n, N) float
        The model's score of each class.
    """

    names: Sequence[str] = ()
    truth: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    scores: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    predicted: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    @classmethod
    def of(cls, evaluation: Evaluation, **more: Any) -> EvaluationReport:
        """The same figures, with `names` and predictions."""
        return cls(**{one.name: getattr(evaluation, one.name) for one in fields(Evaluation)}, **more)

    def __repr__(self) -> str:
        low, high = self.accuracy_interval
        area = "" if self.auc is None else f", AUC {_area(self.auc)}"
        found = f"accuracy {self.accuracy:.3f} (95 %: {low:.3f} to {high:.3f})"
        return f"<Evaluation of {self.images} images: {found}{area}>"

    @property
    def wrong(self) -> np.ndarray:
        """Numbers of the images whose class is predicted wrong."""
        return np.flatnonzero(self.truth != self.predicted)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what the command writes as `evaluation.json`."""
        plain = Evaluation(**{one.name: getattr(self, one.name) for one in fields(Evaluation)})
        return as_figures(plain, self.names)

    def to_frame(self) -> Any:
        """A row for each class, as a `pandas.DataFrame`.

        Raises
        ------
        XaiCamError
            pandas is not installed.
        """
        rows = [
            {
                "class": one.index,
                "name": one.name,
                "images": one.images,
                "precision": one.precision,
                "recall": one.recall,
                "f1": one.f1,
                "auc": one.auc.value,
                "auc_low": one.auc.low,
                "auc_high": one.auc.high,
            }
            for one in self.classes
        ]
        return require("pandas").DataFrame(rows)

    def plot(self, chart: str = "confusion") -> Any:
        """One of the charts, as a `matplotlib.figure.Figure`.

        Parameters
        ----------
        chart : str
            `confusion` (the matrix), `roc` (curves) or `scores` (a histogram).

        Raises
        ------
        InputError
            There is no such chart.
        XaiCamError
            Matplotlib is not installed.
        """
        if chart not in REPORT_CHARTS:
            raise InputError(f"`chart` is {chart!r}. Use {', '.join(REPORT_CHARTS)}.")
        with default_style():
            if chart == "roc":
                return draw_roc(self, self.truth, self.scores)
            if chart == "scores":
                return draw_scores(self, self.truth, self.scores, self.predicted, self.names)
            return draw_confusion(self, self.names)

    def _repr_html_(self) -> str:
        worst = sorted(self.classes, key=lambda one: one.f1 if math.isfinite(one.f1) else -1)[:MAX_ROWS]
        shown = self.classes if len(self.classes) <= MAX_ROWS else worst
        rows = [
            (
                one.name,
                f"{one.images:,}",
                *(_number(value) for value in (one.precision, one.recall, one.f1)),
                _area(one.auc),
            )
            for one in shown
        ]
        parts = [
            title(repr(self)[1:-1]),
            table(("class", "images", "precision", "recall", "F1", "AUC (95 %)"), rows),
        ]
        if len(shown) < len(self.classes):
            parts.append(note(f"The {len(shown)} of {len(self.classes)} classes that are recognised worst."))
        if is_there("matplotlib"):
            charts = [(name, self.plot(name)) for name in ("confusion", "roc")]
            parts.append(side_by_side((html_chart(figure, name) for name, figure in charts), CHART_WIDTH))
        return block(*parts)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _area(area: Area) -> str:
    if math.isnan(area.value):
        return ""
    return _number(area.value) + ("" if math.isnan(area.low) else f" ({area.low:.3f} to {area.high:.3f})")
