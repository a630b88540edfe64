"""Similarity to the original maps, layer by layer, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.drawing.matplotlib_chart import default_style, encode_chart, new_figure, without_formulas
from xai_cam.drawing.text import shorten_path
from xai_cam.files.provenance import Provenance
from xai_cam.sanity.checks import Check
from xai_cam.sanity.dependence import ALIKE, SAME
from xai_cam.sanity.result import Sanity

MAX_TICKS, LONGEST_NAME = 30, 24
MEASURES = (("correlation", "rank correlation with the original"), ("overlap", "overlap of the top 10 %"))


def draw_curves(sanity: Sanity, provenance: Provenance) -> bytes:
    """PNG: a row of two charts for each layer, a line for each method, its 95 % interval shaded.

    Raises
    ------
    XaiCamError
        Matplotlib is not installed.
    """
    with default_style():
        return encode_chart(curve_figure(sanity), provenance)


def curve_figure(sanity: Sanity) -> Any:
    """The same as Matplotlib's figure."""
    layers = list(dict.fromkeys(check.layer for check in sanity.checks))
    figure, rows = new_figure(11, 4.4 * len(layers), len(layers), 2)
    for layer, axes in zip(layers, rows, strict=True):
        checks = [check for check in sanity.checks if check.layer == layer]
        for number, one in enumerate(axes):
            _draw(one, checks, number)
            one.set_title(f"{_shown(layer)}: {MEASURES[number][1]}", fontsize=10)
        axes[0].legend(fontsize=8, loc="lower left")
    return figure


def _draw(axes: Any, checks: Sequence[Check], number: int) -> None:
    """One measure's curves of all methods at one layer, and the limits of the verdicts."""
    measure = MEASURES[number][0]
    stages = checks[0].stages
    steps = np.arange(1 + len(stages))
    for check in checks:
        estimates = [getattr(step.similarity, measure) for step in check.steps]
        (line,) = axes.plot(steps, [1, *(e.value for e in estimates)], marker=".", label=check.method)
        low, high = ([1, *(getattr(e, bound) for e in estimates)] for bound in ("low", "high"))
        axes.fill_between(steps, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    for limits in (SAME, ALIKE):
        axes.axhline(limits[number], color="grey", linestyle=":", linewidth=1)
    above = sum(is_above for _, is_above in stages)
    if 0 < above < len(stages):
        axes.axvline(above + 0.5, color="grey", linestyle="--", linewidth=1)
    stride = -(-len(steps) // MAX_TICKS)
    names = ["(learnt)", *(_shown(path) for path, _ in stages)]
    axes.set_xticks(steps[::stride], names[::stride], rotation=45, ha="right", fontsize=8)
    bottom = axes.get_ylim()[0]
    axes.set_ylim(min(-0.05, bottom), 1.05)


def _shown(path: str) -> str:
    return without_formulas(shorten_path(path, LONGEST_NAME))
