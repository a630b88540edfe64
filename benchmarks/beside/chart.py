"""Figures -> bars: seconds an image, a panel a network and method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beside.contenders import CONTENDERS, METHODS
from beside.figures import Figure, figures
from beside.table import number

COLOURS = {"OpenVINO": "#7b3fa0", "TensorFlow": "#e07b00", "PyTorch": "#2f7fb8"}


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write the chart of the fewest images measured, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    images, methods, cases = min(results["images"]), results["methods"], results["cases"]
    canvas = Canvas(figsize=(4.2 * len(cases) + 0.6, 2.6 * len(methods) + 0.7), layout="constrained")
    FigureCanvasAgg(canvas)
    panels = canvas.subplots(len(methods), len(cases), squeeze=False)
    for line, method in zip(panels, methods, strict=True):
        names = [
            name
            for name, contender in CONTENDERS.items()
            if not contender.floor
            and any(
                name == row.contender for c in cases for row in figures(results, c["name"], method, images)
            )
        ]
        for panel, case in zip(line, cases, strict=True):
            rows = {row.contender: row for row in figures(results, case["name"], method, images)}
            _draw_panel(panel, f"{METHODS[method]}, {case['name']}", names, rows)
            if panel is not line[0]:
                panel.set_yticklabels([])
    for panel in panels[-1]:
        panel.set_xlabel("seconds an image" if images == 1 else f"seconds an image, {images} at once")
    taking_part = {CONTENDERS[record["contender"]].engine for record in results["records"]}
    engines = [engine for engine in COLOURS if engine in taking_part]
    canvas.legend(
        handles=[_patch(COLOURS[engine]) for engine in engines],
        labels=[f"by {engine}" for engine in engines],
        loc="outside lower center",
        ncols=len(engines) or 1,
        frameon=False,
    )
    canvas.savefig(path, dpi=110)


def _patch(colour: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(color=colour)


def _draw_panel(panel: Any, title: str, names: list[str], rows: Mapping[str, Figure]) -> None:
    """Bars from the top in the order of the names; ours full, others paler; a mark where the floor is."""
    known = [row.seconds for row in rows.values() if row.seconds]
    longest = max([*known, *(row.floor for row in rows.values() if row.floor)], default=1.0)
    for place, name in enumerate(names):
        row, contender = rows.get(name), CONTENDERS[name]
        if row is None or row.seconds is None:
            told = "not measured" if row is None else "failed"
            panel.text(0.02, place, told, transform=panel.get_yaxis_transform(), va="center", fontsize=8)
            continue
        shade = 1.0 if contender.ours else 0.55
        panel.barh(place, row.seconds, color=COLOURS[contender.engine], alpha=shade)
        end = max(row.seconds, row.floor or 0)
        panel.text(end + longest / 60, place, number(row.seconds), va="center", fontsize=8)
        if row.floor:
            panel.plot([row.floor] * 2, [place - 0.4, place + 0.4], color="black", linewidth=1.4)
    panel.set_xlim(0, longest * 1.18)
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.set_yticks(range(len(names)), names, fontsize=9)
    panel.set_title(title, fontsize=10)
    panel.spines[["top", "right"]].set_visible(False)
