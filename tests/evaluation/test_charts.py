"""Charts of an evaluation: drawn and right, whatever the figures are and the classes are called."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image

from oracle import figures as oracle
from support.commands import provenance, strict, tree
from support.systems import link
from xai_cam.errors import InputError, OutputError
from xai_cam.evaluation.charts import (
    REPORT_FILES,
    check_report,
    draw_confusion,
    draw_roc,
    draw_scores,
    write_report,
)
from xai_cam.evaluation.figures import evaluate
from xai_cam.files.provenance import is_own_output

PROVENANCE = {"tool": "xai-cam 1.2.3", "preprocessing": "unit rgb stretch"}


class Case:
    """Random answers of a model: `kind` says what is special about them."""

    def __init__(
        self, classes: int, images: int = 200, kind: str = "", names: list[str] | None = None
    ) -> None:
        rng = np.random.default_rng(classes)
        self.truth = rng.integers(0, classes, images)
        self.scores = rng.dirichlet(np.ones(classes), images)
        self.scores[np.arange(images), self.truth] += 0.5
        self.scores /= self.scores.sum(axis=1, keepdims=True)
        if kind == "one class":
            self.truth[:] = 1
        if kind == "no wrong":
            self.truth = self.scores.argmax(axis=1)
        if kind == "all wrong":
            self.truth = (self.scores.argmax(axis=1) + 1) % classes
        if kind == "one image":
            self.truth, self.scores = self.truth[:1], self.scores[:1]
        if kind == "all the same":
            self.scores[:] = 1 / classes
        if kind == "logits":
            self.scores = np.log(self.scores) * 1e4
        if kind == "nearly the same":
            self.scores = np.float32(1e8) + (self.scores * 16).round(0).astype(np.float32)
        self.predicted = self.scores.argmax(axis=1)
        self.names = names or [f"class {c}" for c in range(classes)]
        self.binary = classes == 2 and self.scores.max() <= 1
        self.evaluation = evaluate(self.truth, self.scores, self.predicted, self.names, self.binary)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the report; the figures in it."""
        arrays = self.truth, self.scores, self.predicted
        write_report(folder, self.evaluation, *arrays, self.names, PROVENANCE)
        return strict((folder / "evaluation.json").read_text("utf-8"))

    def roc(self) -> Any:
        return draw_roc(self.evaluation, self.truth, self.scores).axes[0]

    def histogram(self) -> Any:
        return draw_scores(self.evaluation, self.truth, self.scores, self.predicted, self.names).axes[0]


def words(axes: Any) -> list[str]:
    """The legend."""
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


CASES: dict[str, Callable[[], Case]] = {
    "two classes": lambda: Case(2),
    "three classes": lambda: Case(3),
    **{
        f"{n} classes, {kind}": lambda n=n, kind=kind: Case(n, kind=kind)  # type: ignore[misc]
        for n in (2, 3)
        for kind in (
            "one class",
            "no wrong",
            "all wrong",
            "one image",
            "all the same",
            "logits",
            "nearly the same",
        )
    },
    "11 classes": lambda: Case(11),
    "25 classes": lambda: Case(25),
    "70 classes": lambda: Case(70, 500),
    "1000 classes": lambda: Case(1000, 300),
    "odd names": lambda: Case(
        7, names=["$x^2", "_hidden $5 or $6 $", "{", "\\frac", "a\nb\t", "\udcff", "п猫" * 40]
    ),
    "long names": lambda: Case(2, names=["a very long name " * 9, "w" * 99]),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two classes; no test may change it."""
    folder = tmp_path_factory.mktemp("report")
    Case(2).write(folder)
    return folder


@pytest.mark.filterwarnings("error", "ignore:Glyph")
@pytest.mark.parametrize("name", CASES)
def test_a_report_of_anything(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    figures = case.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(REPORT_FILES)
    assert figures["tool"] == PROVENANCE["tool"] and figures["images"] == len(case.truth)
    for chart in ("roc", "confusion", "scores"):
        path = tmp_path / f"{chart}.png"
        assert provenance(path) == PROVENANCE | {"chart": chart} and is_own_output(path)
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L"))
        assert min(pixels.shape) > 400 and max(pixels.shape) < 2200
        assert 0.001 < (pixels < 128).mean() < 0.6, "nothing is drawn, or all is black"
    check_report(tmp_path, overwrite=False)


def test_equal_figures_make_equal_files_whatever_the_users_style(tmp_path: Path, report: Path) -> None:
    with matplotlib.rc_context({"font.size": 20, "text.usetex": True, "axes.grid": True}):
        Case(2).write(tmp_path)
    assert tree(tmp_path) == tree(report)


# --- The numbers in the pictures ------------------------------


def test_the_curve_of_two_classes() -> None:
    case = Case(2, 40)
    axes = case.roc()
    _, curve, default, best = axes.get_lines()
    truth, scores = case.truth.tolist(), case.scores[:, 1].tolist()
    points = [(0.0, 0.0)]
    for threshold in sorted(set(scores), reverse=True):
        rates = oracle.rates(truth, [s >= threshold for s in scores], 1)
        points.append((1 - rates["specificity"], rates["recall"]))
    np.testing.assert_allclose(curve.get_xydata(), points, atol=1e-9)
    found = oracle.rates(truth, [s >= 0.5 for s in scores], 1)
    np.testing.assert_allclose(default.get_xydata(), [(1 - found["specificity"], found["recall"])])
    gains = [recall - false for false, recall in points]
    assert np.subtract(*best.get_xydata()[0][::-1]) == pytest.approx(max(gains))
    area = oracle.auc(truth, scores, 1)
    assert words(axes)[0].startswith(f"AUC {area:.3f} (95 % ") and words(axes)[1] == "threshold 0.5"


def test_the_curve_as_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.evaluation.charts.encode_chart", lambda *_: b"")  # they are not looked at
    case = Case(2, 40)
    first, *points = case.write(tmp_path)["roc"]
    assert first == {"false_positive_rate": 0, "true_positive_rate": 0, "threshold": None}
    scores = case.scores[:, 1].tolist()
    assert [point["threshold"] for point in points] == sorted(set(scores), reverse=True)
    for point in points:
        rates = oracle.rates(case.truth.tolist(), [s >= point["threshold"] for s in scores], 1)
        assert point["true_positive_rate"] == pytest.approx(rates["recall"])
        assert point["false_positive_rate"] == pytest.approx(1 - rates["specificity"])
    assert "roc" not in Case(3).write(tmp_path)


def test_equal_scores_make_a_slope_so_that_the_area_is_the_auc() -> None:
    case = Case(2)
    case.scores = case.scores.round(1)
    curve = case.roc().get_lines()[1]
    false_rate, true_rate = curve.get_xydata().T
    drawn = sum(np.diff(false_rate) * (true_rate[1:] + true_rate[:-1]) / 2)
    assert curve.get_drawstyle() == "default"
    assert drawn == pytest.approx(oracle.auc(case.truth.tolist(), case.scores[:, 1].tolist(), 1))


def test_curves_of_several_classes() -> None:
    case = Case(3)
    areas = [oracle.auc(case.truth.tolist(), case.scores[:, c].tolist(), c) for c in range(3)]
    expected = [f"class {c}, AUC {area:.3f}" for c, area in enumerate(areas)]
    assert words(case.roc()) == [*expected, f"mean of 3 classes, AUC {np.mean(areas):.3f}"]
    assert len(words(Case(10).roc())) == 11
    assert [word.split(",")[0] for word in words(Case(11).roc())] == ["mean of 11 classes"]


def test_a_curve_that_cannot_be() -> None:
    axes = Case(2, kind="one class").roc()
    assert [text.get_text() for text in axes.texts] == ["needs images of both classes"] and not words(axes)
    assert not words(Case(3, kind="one class").roc())
    assert words(Case(2, kind="no wrong").roc())[0] == "AUC 1.000", "no interval, and no nan"


@pytest.mark.parametrize(
    ("classes", "numbers", "ticks"), [(3, 9, 3), (20, 400, 20), (21, 0, 21), (60, 0, 60), (61, 0, 0)]
)
def test_the_matrix(classes: int, numbers: int, ticks: int) -> None:
    case = Case(classes, 2000)
    axes = draw_confusion(case.evaluation, case.names).axes[0]
    assert (len(axes.texts), len(axes.get_xticks()), len(axes.get_yticks())) == (numbers, ticks, ticks)
    counts = np.array(oracle.confusion(case.truth.tolist(), case.predicted.tolist(), range(classes)))
    np.testing.assert_allclose(axes.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True))
    if numbers:
        assert [text.get_text() for text in axes.texts] == [f"{n:,}" for n in counts.ravel()]
        assert [label.get_text() for label in axes.get_yticklabels()] == case.names


def test_the_histogram_of_two_classes() -> None:
    case = Case(2)
    axes = case.histogram()
    negatives, positives = (int((case.truth == c).sum()) for c in (0, 1))
    wrong = [int((case.predicted[case.truth == c] != c).sum()) for c in (0, 1)]
    assert words(axes) == [
        "threshold 0.5",
        f"class 0: {negatives} images, {wrong[0]} wrong",
        f"class 1: {positives} images, {wrong[1]} wrong",
    ]
    assert axes.get_yscale() == "log" and axes.get_ylim()[0] < 1, "a single mistake is seen"
    heights = np.array([[bar.get_height() for bar in group] for group in axes.containers])
    assert heights.sum(axis=1).tolist() == [negatives, positives]
    for group, c in zip(heights, (0, 1), strict=True):
        for bin_, height in enumerate(group):  # 40 from 0 to 1
            inside = [bin_ / 40 <= s < (bin_ + 1) / 40 for s in case.scores[case.truth == c, 1]]
            assert height == sum(inside)


def test_the_histogram_of_several_classes() -> None:
    case = Case(4)
    right = int((case.truth == case.predicted).sum())
    assert words(case.histogram()) == [f"right ({right})", f"wrong ({200 - right})"]
    for kind in ("logits", "nearly the same"):
        heights = [bar.get_height() for group in Case(4, kind=kind).histogram().containers for bar in group]
        assert sum(heights) == 200, "scores beyond the axis"


def test_a_class_of_any_name_is_in_the_legend() -> None:
    shown = words(Case(2, names=["_a", "$b$ $"]).histogram())
    assert [word.partition(": ")[0] for word in shown[1:]] == [" _a", r"\$b\$ \$"]
    assert all(len(word) < 60 for word in words(Case(2, names=["x" * 500, "y" * 500]).histogram()))


# --- Files of others ------------------------------


def test_what_is_ours_is_replaced(tmp_path: Path, report: Path) -> None:
    shutil.copytree(report, tmp_path, dirs_exist_ok=True)
    before = (tmp_path / "roc.png").read_bytes()
    Case(3).write(tmp_path)
    assert (tmp_path / "roc.png").read_bytes() != before
    Image.new("RGB", (4, 4)).save(tmp_path / "roc.png")
    with pytest.raises(
        InputError, match=r"roc\.png exists and was not written by xai-cam\. Use `overwrite=True`"
    ):
        check_report(tmp_path, overwrite=False)
    check_report(tmp_path, overwrite=True)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_to_nowhere_is_a_file_of_others(tmp_path: Path) -> None:
    link(tmp_path / "roc.png", tmp_path / "nowhere")
    with pytest.raises(InputError):
        check_report(tmp_path, overwrite=False)


def test_nothing_is_written_before_all_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("xai_cam.evaluation.charts.draw_scores", fail)
    with pytest.raises(MemoryError):
        Case(2).write(tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"Cannot write .*Use another `charts`"):
        Case(2).write(tmp_path / "file")
