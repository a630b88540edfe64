"""The row of a map in a comparison: what its panel says, by column."""

from __future__ import annotations

import math
from pathlib import Path

from support.runs import plan_of
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, TARGET, TRUTH
from xai_cam.metrics.image_metrics import MapMetrics
from xai_cam.metrics.measures import METRICS
from xai_cam.runs.compare_rows import COLUMNS, panel_path, values_of

MADE = {
    **{"scaling": "unit", "channel_order": "bgr", "fit": "crop", "resize_with": "bilinear"},
    **{"input_width": 20, "input_height": 16, "image_width": 7, "image_height": 5},
    **{"model_sha256": "m", "weights_sha256": "w", "tool": "xai-cam 9"},
}
PANEL = {"predicted": 0, "predicted_name": "ant", "head": "softmax", "preprocessing": "unit bgr crop", **MADE}


def a_map(predicted: int | None) -> MapMetrics:
    values = dict.fromkeys(("masked_probability", *METRICS), math.nan)
    return MapMetrics(
        "grad-cam",
        "conv",
        "grad-cam",
        1,
        predicted,
        2.5,
        "logit",
        0.25,
        "blank",
        "dead",
        values | {"drop": 20.0},
    )


def test_a_row_repeats_its_panel(tmp_path: Path) -> None:
    image = tmp_path / "bee" / "a.png"
    image.parent.mkdir()
    image.write_bytes(b"pixels")
    plan = plan_of(tmp_path, [image], labels=("ant", "bee"))
    row = values_of(plan, plan.tasks[0], a_map(0), PANEL)
    assert set(row) < set(COLUMNS) and {*TRUTH, *IMAGE, *INPUT, *ORIGIN} < set(COLUMNS)
    assert {name: row[name] for name in MADE} == MADE
    assert (row["class_name"], row["predicted_name"], row["drop"]) == ("bee", "ant", 20)
    assert (row["truth_index"], row["truth_name"]) == (1, "bee")
    assert (row["status"], row["message"]) == ("blank", "dead")
    assert row["panel"] == str(panel_path(plan, plan.tasks[0])) == str(tmp_path / "out" / "a_compare.png")
    assert not {*TARGET} & set(row), "one output, no rival, a positive map"
    more = {"sign": "negative", "against": [0], "output_name": "kind", "direction": "up", "share": 0.5}
    told = values_of(plan, plan.tasks[0], MapMetrics.from_dict({**a_map(0).as_dict(), **more}), PANEL)
    assert [told[name] for name in TARGET] == ["kind", "ant", "negative", "up", 0.5]
    assert "truth_index" not in values_of(plan, plan.tasks[0], a_map(None), PANEL), "a value has no class"
