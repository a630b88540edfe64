"""Similarity to the original maps, layer by layer, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.drawing.matplotlib_chart import default_style, encode_chart, new_figure, without_formulas
from xai_cam.drawing.text import shorten_path
from xai_cam.extras import require
from xai_cam.files.provenance import Provenance
from xai_cam.sanity.checks import Check
from xai_cam.sanity.dependence import ALIKE, SAME
from xai_cam.sanity.result import Sanity

MAX_TICKS, LONGEST_NAME = 30, 24
MEASURES = (
    ("correlation", "rank correlation with the original map"),
    ("overlap", "overlap of the top 10 % of pixels"),
)

KEY = {
    "same": "from here up, maps do not depend on the weights",
    "alike": "from here up, they hardly depend on them",
    "target": "right of it, also the layer of the maps, and those below it, are random",
}
"""What the straight lines mean."""

STYLES: dict[str, dict[str, Any]] = {
    "same": {"color": "0.25", "linestyle": "-.", "linewidth": 1},
    "alike": {"color": "0.45", "linestyle": ":", "linewidth": 1.2},
    "target": {"color": "0.45", "linestyle": "--", "linewidth": 1},
}


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
            one.set_title(f"maps at {_shown(layer)}" if layer else "maps of the input", fontsize=10)
            one.set_ylabel(MEASURES[number][1])
            one.set_xlabel("layer made random last, from the head down", fontsize=9)
        methods = axes[0].get_legend_handles_labels()
        axes[0].legend(*methods, fontsize=8, loc="lower left")
    figure.legend(handles=_key(), fontsize=8, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _key() -> list[Any]:
    """What the lines of all charts mean, for a legend below them."""
    lines, patches = require("matplotlib.lines"), require("matplotlib.patches")
    return [
        patches.Patch(color="grey", alpha=0.3, label="95 % interval over the images"),
        *(lines.Line2D([], [], label=label, **STYLES[name]) for name, label in KEY.items()),
    ]


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
    for name, limits in (("same", SAME), ("alike", ALIKE)):
        axes.axhline(limits[number], **STYLES[name])
    above = sum(is_above for _, is_above in stages)
    if 0 < above < len(stages):
        axes.axvline(above + 0.5, **STYLES["target"])
    stride = -(-len(steps) // MAX_TICKS)
    names = ["(learnt)", *(_shown(path) for path, _ in stages)]
    axes.set_xticks(steps[::stride], names[::stride], rotation=45, ha="right", fontsize=8)
    bottom = axes.get_ylim()[0]
    axes.set_ylim(min(-0.05, bottom), 1.05)


def _shown(path: str) -> str:
    return without_formulas(shorten_path(path, LONGEST_NAME))
