"""An evaluation in a notebook, as a table and as charts: by hand, with names that mean harm."""

from __future__ import annotations

import json

import numpy as np
import pytest

import xai_cam.evaluation.shown
from xai_cam.errors import InputError
from xai_cam.evaluation.figures import evaluate
from xai_cam.evaluation.shown import MAX_ROWS, EvaluationReport

TRUTH = np.array([0, 0, 1, 1, 2])
SCORES = np.eye(3)[[0, 1, 1, 1, 2]] * 0.8 + 0.05
NAMES = ("ant", "<i>bee</i>", "cat")


def report(
    truth: np.ndarray = TRUTH, scores: np.ndarray = SCORES, names: tuple[str, ...] = NAMES
) -> EvaluationReport:
    predicted = scores.argmax(axis=1)
    found = evaluate(truth, scores, predicted, names, binary=len(names) == 2)
    return EvaluationReport.of(found, names=names, truth=truth, scores=scores, predicted=predicted)


def test_figures_by_hand() -> None:
    """Four of five right; ants: one of two found, and nothing else taken for one."""
    found = report()
    assert found.accuracy == 0.8 and found.wrong.tolist() == [1]
    assert repr(found).startswith("<Evaluation of 5 images: accuracy 0.800 (95 %: 0.3")
    frame = found.to_frame()
    assert list(frame["name"]) == list(NAMES) and list(frame["recall"]) == [0.5, 1, 1]
    assert frame["precision"][0] == 1 and frame["images"].sum() == 5
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["right"] == 4 and "scores" not in plain and plain["confusion_classes"] == list(NAMES)


def test_two_classes_have_an_area() -> None:
    found = report(
        np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]]), ("a", "b")
    )
    assert ", AUC 0.750 (" in repr(found)


@pytest.mark.parametrize("chart", ["confusion", "roc", "scores"])
def test_charts(chart: str) -> None:
    assert report().plot(chart)._repr_png_()[:4] == b"\x89PNG"


def test_another_chart_is_refused() -> None:
    with pytest.raises(InputError, match=r"`chart` is 'pie'. Use roc, confusion, scores"):
        report().plot("pie")


def test_the_page_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    html = report()._repr_html_()
    assert "<i>" not in html and "&lt;i&gt;bee" in html and html.count("<img") == 2 and "0.500" in html
    monkeypatch.setattr(xai_cam.evaluation.shown, "is_there", lambda _: False)
    assert "<img" not in report()._repr_html_()


def test_of_many_classes_those_recognised_worst_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.evaluation.shown, "is_there", lambda _: False)
    count = MAX_ROWS + 5
    truth = np.arange(count)
    scores = np.eye(count)
    scores[count - 1] = scores[0]  # the last class is never recognised
    html = report(truth, scores, tuple(f"class {i}." for i in range(count)))._repr_html_()
    assert (
        html.count("<tr>") == 1 + MAX_ROWS and f"class {count - 1}." in html and f"of {count} classes" in html
    )
