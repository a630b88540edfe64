"""The chart of `scaling.py`: straight lines, by both engines, and what is flat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scaling_runs import Curve

COLOURS = {"tensorflow": "#d1495b", "openvino": "#1f6f8b"}
"""By engine, which a curve's name ends in; what stands before it has a line and a marker of its own."""

LINES, MARKERS = ("-", "--", ":"), ("o", "s", "^")
LIMIT = 1200
"""MiB that no run is to need."""


def draw(
    path: Path,
    channels: Mapping[str, Curve],
    sizes: Mapping[str, Curve],
    runs: Mapping[str, Curve],
    peaks: Mapping[str, Curve],
) -> None:
    """Write the chart to a PNG, SVG or PDF."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    (top_left, top_right), (bottom_left, bottom_right) = figure.subplots(2, 2)
    draw_lines(top_left, channels, "time against channels", "channels of one image")
    draw_lines(top_right, runs, "time against images", "images of one run")
    draw_lines(bottom_left, sizes, "time of one call against its size", "images or masked inputs in the call")
    draw_memory(bottom_right, runs, peaks)
    figure.savefig(path, dpi=130)


def styles(curves: Mapping[str, Curve]) -> Iterator[tuple[str, Curve, str, int]]:
    """Each curve with its name, the colour of its engine, and the number of what it is of."""
    kinds = list(dict.fromkeys(name.rpartition(", ")[0] for name in curves))
    for name, curve in curves.items():
        kind, _, engine = name.rpartition(", ")
        yield name, curve, COLOURS[engine], kinds.index(kind)


def draw_lines(axes: Any, curves: Mapping[str, Curve], title: str, label: str) -> None:
    """The points of each curve over its straight line."""
    for name, curve, colour, kind in styles(curves):
        slope, intercept = np.polyfit(curve.x, curve.y, 1)
        ends = np.array([0, curve.x.max()])
        every = max(len(curve.x) // 20, 1)
        axes.plot(ends, slope * ends + intercept, LINES[kind], color=colour, linewidth=1)
        axes.plot(
            *(curve.x[::every], curve.y[::every], MARKERS[kind]),
            **{"color": colour, "markersize": 5, "fillstyle": "none" if kind else "full", "label": name},
        )
    decorate(axes, title, label, "seconds")


def draw_memory(axes: Any, runs: Mapping[str, Curve], peaks: Mapping[str, Curve]) -> None:
    """Memory over the images of a run, and peaks by channels."""
    for name, curve, colour, kind in styles(runs):
        axes.plot(curve.x, curve.memory, LINES[kind], color=colour, linewidth=1.5, label=f"{name}: by images")
    for name, curve, colour, kind in styles(peaks):
        marker = MARKERS[kind] + ":"
        axes.plot(curve.x, curve.y, marker, color=colour, fillstyle="none", label=f"{name}: peak by channels")
    axes.axhline(LIMIT, color="#999999", linewidth=1)
    axes.set_xscale("log")
    decorate(axes, "memory", "images, or channels", "MiB")


def decorate(axes: Any, title: str, x: str, y: str) -> None:
    """Names, a grid, and nothing below 0."""
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
