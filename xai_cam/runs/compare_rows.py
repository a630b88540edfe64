"""Rows of a comparison: one for each map of an image, from what its panel says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import (
    IMAGE,
    INPUT,
    ORIGIN,
    PARTS,
    PASSES,
    SAMPLED,
    SECONDS,
    TARGET,
    TRUTH,
    target_columns,
)
from xai_cam.images.labels import name_of
from xai_cam.images.target_words import TARGET_WORDS, rival_names
from xai_cam.metrics.image_metrics import EARLIER, MapMetrics
from xai_cam.metrics.measures import METRICS
from xai_cam.runs.outputs import facts_in, limits, told
from xai_cam.runs.plan import Plan
from xai_cam.runs.recorded import labels_of
from xai_cam.runs.target_part import class_cell, class_name_of
from xai_cam.runs.tasks import Task

LAST = ("cost",)
"""Measures that tables of version 0.5.0 had not: their columns are the last."""

LATER = tuple(name for name, metric in METRICS.items() if name not in (*EARLIER, *LAST) and not metric.pooled)
"""Measures that those of version 0.4.0 had not."""

COLUMNS = (
    *("image", "outcome", "status", "layer", "method", "class_index", "class_name", *TARGET),
    *("predicted_index", "predicted_name", *TRUTH, "score", "score_name", "probability"),
    *("masked_probability", *EARLIER, "head", "preprocessing", *INPUT, "max_channels", "precision"),
    *(*IMAGE, "panel", "message", *ORIGIN, SECONDS, *PASSES, *LATER, *PARTS, *SAMPLED, "baseline", *LAST),
)

OF_ONE_MAP = frozenset(
    (
        *("layer", "method", "class", "class_name", "score", "score_name", "probability"),
        *("status", "cause", "engine", "made_of", "max_channels", "precision", "members", *PASSES, *SAMPLED),
        *(name for name in TARGET if name != "output_name"),
    )
)
"""Provenance of a single map."""

PANEL = "_compare"
"""Ending of the names of panels, behind the image's own."""


def panel_path(plan: Plan, task: Task) -> Path:
    """Where the panel of an image goes."""
    return task.folder / f"{task.stem}{PANEL}{plan.request.sign_suffix}.png"


def of_all_maps(provenance: Provenance) -> Provenance:
    """What a panel, which shows several maps, has of the provenance of one of them."""
    return {name: value for name, value in provenance.items() if name not in OF_ONE_MAP}


def values_of(plan: Plan, task: Task, one: MapMetrics, panel: Provenance) -> dict[str, Any]:
    """Values of one map's row, by column."""
    labels = labels_of(panel, one.output_name, plan.request.labels)
    found, of_class = one.as_dict(), one.score_name not in TARGET_WORDS
    output_name = one.output_name or panel.get("output_name", "")
    rivals = rival_names(one.against, labels)
    return {
        **{name: found[name] for name in ("status", "layer", "method", "score", "score_name", "probability")},
        "class_index": class_cell(one.target_class, one.members) if of_class else None,
        "class_name": class_name_of(one.target_class, one.members, labels) if of_class else "",
        "predicted_index": one.predicted_class,
        "predicted_name": name_of(one.predicted_class, labels),
        **(
            {}
            if one.predicted_class is None
            else task.truth_columns(labels, "folder" in plan.request.classes)
        ),
        **{name: value for name, value in found["values"].items() if name in COLUMNS},
        "head": _head_of(panel, one.output_name),
        "preprocessing": panel["preprocessing"],
        **facts_in(panel),
        **target_columns(output_name, rivals, one.sign, one.direction, one.share),
        **limits(plan.request, one.method),
        **told(plan.request, one),
        "baseline": panel.get("compared", {}).get("baseline", ""),
        "panel": str(panel_path(plan, task)),
        "message": one.cause,
    }


def _head_of(panel: Provenance, output_name: str) -> str:
    """What an output is taken for, in the words of its panel."""
    heads = dict(zip(panel.get("outputs", ()), panel.get("heads", ()), strict=True))
    return str(heads.get(output_name, panel["head"]))
