"""The page of `compare`, made of figures that are known, without a model."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.measured import image, measured
from support.report_pages import flat
from support.runs import plan_of
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.overlay import draw_overlay
from xai_cam.drawing.true_boxes import draw_true_boxes
from xai_cam.images.labels import Labels
from xai_cam.images.picture import Region
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.metrics.measures import METRICS
from xai_cam.report.compare_page import ComparePage, facts_of_measures
from xai_cam.runs.compare_measures import Measures

SIZE = 300, 400
PANEL = "ab12"
PROVENANCE = {"tool": "xai-cam 0", "preprocessing": "unit rgb", "request": PANEL, "compared": {}}
WHOLE = Region(0, 0, *SIZE)


def map_of(method: str, drop: float, curve: tuple[float, ...] = ()) -> MapMetrics:
    """The map of class 1 in an image whose predicted class is 0."""
    values = dict.fromkeys(METRICS, math.nan) | {"masked_probability": math.nan, "drop": drop}
    curves = {"deletion": np.array(curve, np.float32)} if curve else {}
    return MapMetrics(method, "conv", method, 1, 0, 2.5, "logit", 0.75, "ok", "", values, curves)


def metrics_of(*drops: float) -> ImageMetrics:
    """Two maps, and how far they agree."""
    maps = (
        map_of("grad-cam", drops[0], (0.8, 0.4, 0.2)),
        map_of("score-cam", drops[1], (0.6, 0.6, 0.0)),
    )
    agreement = np.array([[1, 0.5], [0.5, 1]])
    return ImageMetrics(maps, {"rank_correlation": agreement, "top_overlap": agreement / 2})


@pytest.fixture
def page(tmp_path: Path) -> ComparePage:
    """The page of two images, `ant/1.png` and `bee/2.png`; the classes are ant and bee."""
    images = [tmp_path / "ant" / "1.png", tmp_path / "bee" / "2.png"]
    plan = plan_of(tmp_path, images, labels=Labels(("ant", "bee")))
    return ComparePage(tmp_path / "page.html", plan, [("steps", "2")])


def explanation(cam: Any) -> Explanation:
    return Explanation(np.array(cam, np.float32), "m", "conv", 1, 0, 2.5, "logit", 0.75, (), "ok", "")


# --- Pictures ----------------------------------------------------------------------------------------


def test_pictures_are_the_image_and_its_overlays(page: ComparePage, tmp_path: Path) -> None:
    maps = [explanation([[0, 1], [2, 4]]), explanation([[0, 0], [0, 0]])]
    assert not page.has_pictures(PANEL, 2)
    page.add_pictures(PANEL, flat(90, SIZE), WHOLE, maps)
    assert page.has_pictures(PANEL, 2) and not page.has_pictures(PANEL, 3) and not page.has_pictures("cd", 2)
    page.add(page.plan.tasks[0], Path("a.png"), metrics_of(1, 2), PROVENANCE, "written")
    (item,) = page.items
    assert item.picture is not None
    first, second = (shown.overlay for shown in item.maps)
    expected = [flat(90, SIZE), *(draw_overlay(flat(90, SIZE), m.saliency_map, WHOLE) for m in maps)]
    for asset, pixels in zip((item.picture, first, second), expected, strict=True):
        assert asset is not None
        drawn = np.asarray(Image.open(tmp_path / asset.full)).astype(int)
        assert np.abs(drawn - pixels).mean() < 3  # a JPEG's losses


def test_boxes_are_drawn_over_the_maps(page: ComparePage, tmp_path: Path) -> None:
    """In a picture that is drawn eight times as large as it is."""
    maps, seen = [explanation([[0, 1]])] * 2, Region(0, 0, 28, 28)
    page.add_pictures(PANEL, flat(90, (28, 28)), seen, maps, [((2, 3, 20, 21), [(5, 5, 9, 9)]), (None, [])])
    page.add(page.plan.tasks[0], Path("a.png"), metrics_of(1, 2), PROVENANCE, "written")
    first, second = (
        np.asarray(Image.open(tmp_path / shown.overlay.full)).astype(int)
        for shown in page.items[0].maps
        if shown.overlay is not None
    )
    expected = draw_true_boxes(second.astype(np.uint8), (16, 24, 160, 168), [(40, 40, 72, 72)])
    assert np.abs(first - expected).mean() < 3 < np.abs(first - second).mean()


def test_small_images_are_enlarged(page: ComparePage) -> None:
    """28 pixels eight times are 224."""
    page.add_pictures(PANEL, flat(90, (28, 28)), Region(0, 0, 28, 28), [explanation([[0, 1]])] * 2)
    page.add(page.plan.tasks[0], Path("a.png"), metrics_of(1, 2), PROVENANCE, "written")
    assert {(asset.height, asset.width) for asset in page.page(Comparison([])).assets} == {(224, 224)}


# --- Images ------------------------------------------------------------------------------------------


def test_an_image_is_shown_with_what_was_measured(page: ComparePage) -> None:
    page.add(page.plan.tasks[0], Path("a_compare.png"), metrics_of(10, math.nan), PROVENANCE, "written")
    page.add(page.plan.tasks[1], Path("b_compare.png"), metrics_of(30, 40), PROVENANCE, "up to date")
    first, second = page.items
    assert (first.outcome, first.truth, first.predicted, first.right) == ("written", "ant", "ant", True)
    assert (second.outcome, second.truth, second.predicted, second.right) == (
        "up to date",
        "bee",
        "ant",
        False,
    )
    shown = first.maps[0]
    assert (shown.variant, shown.method, shown.layer, shown.class_name) == (
        "grad-cam",
        "grad-cam",
        "conv",
        "bee",
    )
    assert (shown.score, shown.score_name, shown.probability, shown.file) == (
        2.5,
        "logit",
        0.75,
        "a_compare.png",
    )
    assert shown.metrics["drop"] == 10
    assert set(shown.metrics) == {name for name, row in METRICS.items() if not row.pooled}
    assert shown.provenance == {"tool": "xai-cam 0", "preprocessing": "unit rgb"}
    assert shown.overlay is None, "no picture was put beside the page"


def test_a_failed_image_has_its_reason(page: ComparePage) -> None:
    page.fail(Path("gone.png"), "there is no such file")
    (item,) = page.items
    assert (item.image, item.outcome, item.message) == ("gone.png", "failed", "there is no such file")


def test_the_accuracy_of_boxes_against_the_threshold(page: ComparePage) -> None:
    """Of two images one fits at half of the thresholds: 50 % there."""
    tables = [np.repeat([[100, fits]], 50, 1).astype(np.float32) for fits in (0, 100)]
    images = [
        replace(one, maps=tuple(replace(m, curves={"max_box_acc": table}) for m in one.maps))
        for one, table in zip([metrics_of(10, 20), metrics_of(30, 50)], tables, strict=True)
    ]
    page.facts = (("boxes", "b.csv"),)
    found = page.page(Comparison(images))
    chart = found.curve_charts[-1]
    assert (chart.title, chart.limits, len(chart.curves)) == ("MaxBoxAcc", (0, 100), 2)
    assert chart.curves[0].x[:2] == [0, 0.01] and len(chart.curves[0].y) == 100
    assert chart.curves[0].y[::50] == [100, 50]
    assert any("dashed" in line for line in found.notes)


# --- Figures of all images ---------------------------------------------------------------------------


def test_figures_stand_above_the_images(page: ComparePage) -> None:
    """Drops of 10 and 30 against 20 and 50: means 20 and 35; the first is the better one in both images."""
    images = [metrics_of(10, 20), metrics_of(30, 50)]
    for task, compared in zip(page.plan.tasks, images, strict=True):
        page.add(task, Path("a.png"), compared, PROVENANCE, "written")
    whole = page.page(Comparison(images))
    assert [(column.name, column.better, column.unit) for column in whole.columns] == [("drop", "lower", "%")]
    means = {row.variant: row.estimates["drop"].value for row in whole.summary}
    assert means == {"grad-cam": 20, "score-cam": 35}
    (difference,) = whole.differences
    assert (difference.first, difference.second, difference.column) == ("grad-cam", "score-cam", "drop")
    assert (difference.value, difference.won, difference.tied, difference.count) == (-15, 1, 0, 2)
    assert [(m.names, m.values) for m in whole.matrices] == [
        (["grad-cam", "score-cam"], [[1, 0.5], [0.5, 1]]),
        (["grad-cam", "score-cam"], [[0.5, 0.25], [0.25, 0.5]]),
    ]
    deletion, insertion = whole.curve_charts
    assert (deletion.title, insertion.title, insertion.curves) == ("Deletion", "Insertion", ())
    assert [(curve.variant, curve.x) for curve in deletion.curves] == [
        ("grad-cam", [0, 0.5, 1]),
        ("score-cam", [0, 0.5, 1]),
    ]
    assert deletion.curves[0].y == pytest.approx([0.8, 0.4, 0.2])
    assert deletion.curves[0].low == pytest.approx([0.8, 0.4, 0.2]), "equal curves have no band"
    facts = dict(whole.facts)
    assert not any("dashed" in line for line in whole.notes)
    assert (facts["steps"], facts["preprocessing"]) == ("2", "unit rgb")
    assert whole.notes and any("grad-cam" in line for line in whole.findings)


def test_one_variant_has_nothing_to_agree_with(page: ComparePage) -> None:
    one = ImageMetrics((map_of("grad-cam", 10),), {"rank_correlation": np.eye(1), "top_overlap": np.eye(1)})
    whole = page.page(Comparison([one]))
    assert (whole.matrices, whole.differences, whole.notes) == ((), (), ())


def test_the_page_is_written(page: ComparePage) -> None:
    pytest.importorskip("jinja2")
    page.fail(Path("gone.png"), "there is no such file")
    page.write(Comparison([metrics_of(1, 2)]))
    text = page.path.read_text("utf-8")
    assert METRICS["drop"].summary in text and METRICS["drop"].objection in text
    assert METRICS["gain"].objection not in text, "it is not measured"
    assert "Which method is the more faithful" in text and "there is no such file" in text


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (
            (32, Path("masks"), "own", ("center",)),
            [
                ("steps of deletion and insertion", "32"),
                ("baselines", "center"),
                ("masks", "masks"),
                ("scale of the panels", "own"),
            ],
        ),
        (
            (0, None, "shared", ()),
            [("steps of deletion and insertion", "not measured"), ("scale of the panels", "shared")],
        ),
    ],
)
def test_facts_of_measures(
    arguments: tuple[int, Path | None, str, tuple[str, ...]], facts: list[tuple[str, str]]
) -> None:
    assert facts_of_measures(Measures(*arguments)) == facts


def test_the_facts_say_from_where_on_boxes_of_iou_are_drawn(page: ComparePage) -> None:
    boxed = Comparison([image(measured("a", iou=0.5), rank=[[1.0]])])
    assert dict(page.page(boxed).facts)["boxes of IoU"] == "the largest part at or above 0.15 of the maximum"
    assert "boxes of IoU" not in dict(page.page(Comparison([])).facts)
