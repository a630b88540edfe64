"""Curves of a sanity check, read back from Matplotlib's own figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import Check
from xai_cam.sanity.curves import draw_curves

pytest.importorskip("matplotlib")

CORRELATION = np.array([[[0.8, 0.2]], [[0.6, 0.0]]])  # two images, one draw, two steps


def check(method: str, layer: str = "block/conv", first: str = "top/dense") -> Check:
    lost, others = np.zeros((2, 1, 2), bool), np.zeros((2, 1))
    return Check(
        layer,
        method,
        ((first, True), (layer, False)),
        np.arange(2),
        (),
        CORRELATION,
        CORRELATION / 2,
        lost,
        others,
        others,
        others.astype(bool),
        np.zeros((2, 3, 1, 1), np.float32),
    )


def drawn(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> Any:
    """The figure instead of its PNG file."""
    monkeypatch.setattr("xai_cam.sanity.curves.encode_chart", lambda figure, provenance: figure)
    return draw_curves(Sanity(checks, np.zeros(2, int), trials=1, seed=0), {})


def test_a_line_begins_at_1_and_goes_through_the_means(monkeypatch: pytest.MonkeyPatch) -> None:
    correlation, overlap = drawn(monkeypatch, check("a"), check("b")).axes
    for axes, means in ((correlation, [1, 0.7, 0.1]), (overlap, [1, 0.35, 0.05])):
        curves = [line for line in axes.get_lines() if line.get_label() in ("a", "b")]
        assert len(curves) == 2
        for line in curves:
            np.testing.assert_allclose(line.get_ydata(), means)
            assert list(line.get_xdata()) == [0, 1, 2]
    assert [text.get_text() for text in correlation.get_legend().get_texts()] == ["a", "b"]


def test_a_row_for_each_layer_and_the_target_set_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(monkeypatch, check("a"), check("a", layer="other"))
    titles = [axes.get_title().partition(":")[0] for axes in figure.axes]
    assert titles == ["conv", "conv", "other", "other"]
    upright = [line for line in figure.axes[0].get_lines() if list(line.get_xdata()) == [1.5, 1.5]]
    assert len(upright) == 1  # between the last layer above the target and the target


def test_names_of_layers_are_short_and_no_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "long$name$" * 4
    axes = drawn(monkeypatch, check("a", first=f"block/{name}")).axes[0]
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["(learnt)", "…" + name[-23:].replace("$", r"\$"), "conv"]
