"""The summary of a comparison as text."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from xai_cam.cli.text.comparison import lines_of_summary
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.metrics.measures import METRICS


def measured(variant: str, drop: float) -> MapMetrics:
    values = dict.fromkeys(("masked_probability", *METRICS), math.nan) | {"drop": drop}
    return MapMetrics(variant, "conv", variant, 0, 0, 1.5, "logit", 0.5, "ok", "", values, {})


def compared(*drops: tuple[float, ...]) -> Comparison:
    """Of images with one value for each of the variants a, b, ..."""
    images = []
    for values in drops:
        matrix = np.full((len(values), len(values)), 0.25) + 0.75 * np.eye(len(values))
        maps = [measured(name, drop) for name, drop in zip("abc", values, strict=False)]
        images.append(ImageMetrics(tuple(maps), {"rank_correlation": matrix, "top_overlap": matrix / 2}))
    return Comparison(images)


def test_means_differences_and_agreement() -> None:
    """All images alike: the intervals have no width."""
    found = compared(*[(10.0, 30.0)] * 6)
    lines = list(lines_of_summary(found))
    unit = f"{METRICS['drop'].title}, %"
    assert lines[0] == "means over 6 images, 95 % intervals in brackets"
    assert [line.split("  ")[-1].strip() for line in lines[1:3]] == [unit, "lower is better"]
    assert lines[3:5] == ["a  10.0 [10.0, 10.0]*", "b  30.0 [30.0, 30.0]"]
    assert lines[5] == "* better than every other one (paired bootstrap over images, 95 %)"
    start = lines.index("first - second, on the same images")
    row = lines[start + 2].split("  ")
    assert [cell.strip() for cell in row if cell] == [
        *("a", "b", METRICS["drop"].title, "-20.0 [-20.0, -20.0]", "100% of images", "0%")
    ]
    start = lines.index("rank correlation of the maps")
    assert [line.split() for line in lines[start + 1 : start + 4]] == [
        ["a", "b"],
        ["a", "1.00", "0.25"],
        ["b", "0.25", "1.00"],
    ]
    assert lines[-len(found.conclusions) :] == list(found.conclusions)


def test_one_variant_has_nothing_to_agree_with() -> None:
    lines = list(lines_of_summary(compared((10.0,))))
    assert lines[0].startswith("means over 1 image,") and lines[3] == "a  10.0"
    assert not [line for line in lines if "correlation" in line or line.startswith("first")]


def test_what_is_known_of_few_images_says_of_how_many() -> None:
    lines = list(lines_of_summary(compared((10.0, 20.0), (10.0, math.nan))))
    assert lines[3:5] == ["a  10.0 [10.0, 10.0]", "b  20.0 of 1"]


def test_a_star_is_given_where_the_interval_says_so() -> None:
    """The means differ by 10, and one image of three speaks against it."""
    lines = list(lines_of_summary(compared(*[(10.0, 30.0), (10.0, 30.0), (40.0, 30.0)] * 2)))
    assert not any("*" in line for line in lines)
    assert lines[-1].startswith("average drop: no significant difference between a and b (paired bootstrap")


def test_five_images_give_no_star() -> None:
    lines = list(lines_of_summary(compared(*[(10.0, 30.0)] * 5)))
    assert not any("*" in line for line in lines) and lines[-1].endswith(
        "(5 images, too few for a test: at least 6)."
    )


def test_an_end_that_is_neither_is_not_called_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "drop", replace(METRICS["drop"], better="neither"))
    lines = list(lines_of_summary(compared(*[(10.0, 30.0)] * 6)))
    assert not any("better" in line or "*" in line for line in lines[1:6] + lines[-2:])
    assert any(line.split()[-2:] == ["-", "0%"] for line in lines), "nor is one better in a share of images"
