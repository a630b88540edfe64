"""The page on metrics says of every measure what its row says: name, paper, what speaks against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.metrics.measures import METRICS

PAGES = Path(__file__).parents[2] / "docs"
ROWS = [line for line in (PAGES / "metrics.md").read_text("utf-8").splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("name", METRICS)
def test_every_measure_has_a_row_with_its_objection(name: str) -> None:
    metric = METRICS[name]
    (row,) = (line for line in ROWS if line.startswith(f"| `{name}`"))
    assert metric.objection in row and f"| {metric.better} |" in row
    paper = metric.paper.split(", arXiv")[0]
    assert paper in row or "| the same |" in row
    assert f"`{name}`" in (PAGES / "compare.md").read_text("utf-8")
