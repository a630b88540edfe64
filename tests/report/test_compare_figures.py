"""Figures of a comparison as parts of a page; a comparison as JSON, which gives the same figures."""

from __future__ import annotations

import json
from dataclasses import replace

from support.measured import image, measured
from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics
from xai_cam.report.compare_figures import IOU, as_told, figures_of
from xai_cam.report.model import Page

IMAGES = [
    image(
        measured("grad-cam", curve=(0.9, 0.5, 0.25), drop=10.0 * n, deletion=0.5),
        measured("score-cam", curve=(0.9, 0.75, 0.5), drop=10.0 * n + 5, deletion=0.75),
    )
    for n in range(8)
]


def test_the_parts_of_a_page_tell_of_all_images() -> None:
    page = replace(Page("T", ()), **figures_of(Comparison(IMAGES)))
    assert [column.name for column in page.columns] == ["drop", "deletion"]
    means = {row.variant: row.estimates["drop"].value for row in page.summary}
    assert means == {"grad-cam": 35.0, "score-cam": 40.0}
    (difference,) = [row for row in page.differences if row.column == "drop"]
    assert (difference.first, difference.second, difference.value) == ("grad-cam", "score-cam", -5.0)
    assert [matrix.values[0][1] for matrix in page.matrices] == [0.5, 0.25]
    curves = {curve.variant: curve.y for curve in page.curve_charts[0].curves}
    assert curves["score-cam"] == [curves["grad-cam"][0], 0.75, 0.5]


def test_one_method_agrees_with_none() -> None:
    assert figures_of(Comparison([image(measured("a", drop=1.0), rank=[[1.0]])]))["matrices"] == ()


def test_a_comparison_as_json_gives_the_same_figures() -> None:
    comparison = Comparison(IMAGES, ChannelLimits(max_channels=8), "p80")
    told = json.loads(json.dumps(as_told(comparison, (IOU, "boxes"))))
    assert (told["limits"]["max_channels"], told["threshold"], told["iou"]) == (8, "p80", [IOU, "boxes"])
    again = Comparison([ImageMetrics.from_dict(one) for one in told["images"]])
    assert repr(figures_of(again)) == repr(figures_of(Comparison(IMAGES)))
