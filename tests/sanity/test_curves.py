"""The chart of similarities: its lines, its layout, its names, and what it does not depend on."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import xai_cam.extras
from support.sanity_checks import counted_check, even_check, sanity_of
from xai_cam.drawing import matplotlib_chart
from xai_cam.errors import XaiCamError
from xai_cam.sanity.curves import draw_curves

PROVENANCE = {"tool": "xai-cam 0"}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every Matplotlib figure that is drawn from now on."""
    figure = pytest.importorskip("matplotlib.figure")
    drawn: list[Any] = []

    class Kept(figure.Figure):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            drawn.append(self)

    monkeypatch.setattr(figure, "Figure", Kept)
    matplotlib_chart._chart.cache_clear()
    yield drawn
    matplotlib_chart._chart.cache_clear()


def curves(axes: Any) -> dict[str, list[float]]:
    """Heights of the methods' lines; the limits have no label of their own."""
    return {
        line.get_label(): list(line.get_ydata())
        for line in axes.get_lines()
        if not line.get_label().startswith("_")
    }


def test_lines_begin_at_1_and_go_through_the_means(figures: list[Any]) -> None:
    """Correlations of images 0 and 2 have the mean 0.15 in both steps, overlaps half of it."""
    draw_curves(sanity_of(counted_check(), counted_check("other-cam", (2,))), PROVENANCE)
    correlation, overlap = figures[0].axes
    assert curves(correlation) == {
        "some-cam": pytest.approx([1, 0.15, 0.15]),
        "other-cam": pytest.approx([1, 0.25, 0.25]),
    }
    assert curves(overlap)["some-cam"] == pytest.approx([1, 0.075, 0.075])


def test_limits_of_the_verdicts_and_the_target_are_marked(figures: list[Any]) -> None:
    """Correlation 0.9 and 0.7, overlap 0.9 / 1.1 and 0.5 / 1.5; two of three layers stand above."""
    draw_curves(sanity_of(even_check(0, 0.5, 0)), PROVENANCE)
    for axes, limits in zip(figures[0].axes, [(0.9, 0.7), (0.9 / 1.1, 0.5 / 1.5)], strict=True):
        lines = [line for style in ("-.", ":") for line in axes.get_lines() if line.get_linestyle() == style]
        assert [line.get_ydata()[0] for line in lines] == pytest.approx(limits)
        dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
        assert [line.get_xdata()[0] for line in dashed] == [2.5]


def test_a_row_of_two_charts_for_each_layer(figures: list[Any]) -> None:
    """11 inches wide, 4.4 high for each layer, 120 dots an inch."""
    other = replace(counted_check(), layer="other")
    data = draw_curves(sanity_of(counted_check(), other), PROVENANCE)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (1320, 1056)
        assert json.loads(image.info["xai-cam"]) == PROVENANCE
    assert [axes.get_title() for axes in figures[0].axes] == [
        f"maps at {layer}" for layer in ("conv", "conv", "other", "other")
    ]


def test_axes_and_lines_are_named(figures: list[Any]) -> None:
    draw_curves(sanity_of(even_check(0, 0.5, 0)), PROVENANCE)
    assert [axes.get_ylabel() for axes in figures[0].axes] == [
        "rank correlation with the original map",
        "overlap of the top 10 % of pixels",
    ]
    assert {axes.get_xlabel() for axes in figures[0].axes} == {"layer made random last, from the head down"}
    (legend,) = figures[0].legends
    named = {
        handle.get_linestyle(): text.get_text()
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
        if hasattr(handle, "get_ydata")
    }
    assert "do not depend" in named["-."] and "hardly" in named[":"] and "layer of the maps" in named["--"]
    figures[0].draw_without_rendering()
    box, width = legend.get_window_extent(), figures[0].bbox.width
    assert box.x0 >= 0 and box.x1 <= width, "nothing of it is cut"


def test_steps_are_named_by_their_layers(figures: list[Any]) -> None:
    check = replace(even_check(0, 0.5, 0), stages=(("a/$x$", True), ("b" * 30, True), ("block/conv", False)))
    draw_curves(sanity_of(check), PROVENANCE)
    labels = [label.get_text() for label in figures[0].axes[0].get_xticklabels()]
    assert labels == ["(learnt)", r"\$x\$", "…" + "b" * 23, "conv"]


def test_of_many_steps_some_are_named(figures: list[Any]) -> None:
    """61 steps and at most 30 names: every third."""
    draw_curves(sanity_of(counted_check(steps=60)), PROVENANCE)
    assert list(figures[0].axes[0].get_xticks()) == list(range(0, 61, 3))


def test_negative_values_are_inside_the_chart(figures: list[Any]) -> None:
    draw_curves(sanity_of(even_check(0, 0.5, -0.8)), PROVENANCE)
    bottom, top = figures[0].axes[0].get_ylim()
    assert bottom < -0.8 and top == pytest.approx(1.05)


def test_the_chart_does_not_depend_on_the_users_style() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    sanity = sanity_of(counted_check())
    plain = draw_curves(sanity, PROVENANCE)
    with matplotlib.rc_context({"axes.facecolor": "black", "text.usetex": True}):
        assert draw_curves(sanity, PROVENANCE) == plain
        assert matplotlib.rcParams["axes.facecolor"] == "black"
    assert len(np.unique(np.asarray(Image.open(io.BytesIO(plain)).convert("L")))) > 10


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: module != "matplotlib")
    with pytest.raises(XaiCamError, match=r"matplotlib.*install .*'matplotlib>="):
        draw_curves(sanity_of(counted_check()), PROVENANCE)
