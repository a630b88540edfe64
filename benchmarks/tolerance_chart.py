"""The chart of `tolerance.py`: the error of a map against the passes that it took, network by network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

COLOURS = {"a tolerance": "#1f6f8b", "a number": "#66a182", "spread alone": "#d1495b"}
NAMES = {
    "a tolerance": "--tolerance",
    "a number": "--max-channels",
    "spread alone": "--max-channels --channels-by spread (Faster Score-CAM)",
}


def draw(path: Path, networks: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Write the chart to a PNG, SVG or PDF."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(networks), 4.2), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(networks), sharey=True))
    for axes, (name, rules) in zip(panels, networks.items(), strict=True):
        for rule, points in rules.items():
            shares, mean, high = points.T
            axes.plot(shares, mean, "o-", color=COLOURS[rule], markersize=4, label=NAMES[rule])
            axes.fill_between(shares, mean, high, color=COLOURS[rule], alpha=0.15, linewidth=0)
        axes.set(title=name, xlabel="passes, over those of an exact map", xlim=(0, 1.02), ylim=(0, 0.8))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("error over the map's maximum\n(line: mean, shade: up to the 95th percentile)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.savefig(path, dpi=130)
