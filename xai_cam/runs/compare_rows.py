"""Rows of a comparison: one for each map of an image, from what its panel says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, SECONDS, TARGET, TRUTH, target_columns
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import labels_behind
from xai_cam.images.target_words import rival_names
from xai_cam.metrics.faithfulness import METRICS
from xai_cam.metrics.image_metrics import MapMetrics
from xai_cam.runs.outputs import facts_in, limits
from xai_cam.runs.plan import Plan
from xai_cam.runs.tasks import Task

COLUMNS = (
    *("image", "outcome", "status", "layer", "method", "class_index", "class_name", *TARGET),
    *("predicted_index", "predicted_name", *TRUTH, "score", "score_name", "probability"),
    *("masked_probability", *METRICS, "head", "preprocessing", *INPUT, "max_channels", "precision"),
    *(*IMAGE, "panel", "message", *ORIGIN, SECONDS),
)

OF_ONE_MAP = frozenset(
    (
        *("layer", "method", "class", "class_name", "score", "score_name", "probability"),
        *("status", "cause", "engine", "max_channels", "precision", *TARGET),
    )
)
"""Provenance of a single map."""

PANEL = "_compare"
"""Ending of the names of panels, behind the image's own."""


def panel_path(task: Task) -> Path:
    """Where the panel of an image goes."""
    return task.folder / f"{task.stem}{PANEL}.png"


def of_all_maps(provenance: Provenance) -> Provenance:
    """What a panel, which shows several maps, has of the provenance of one of them."""
    return {name: value for name, value in provenance.items() if name not in OF_ONE_MAP}


def values_of(plan: Plan, task: Task, one: MapMetrics, panel: Provenance) -> dict[str, Any]:
    """Values of one map's row, by column."""
    labels = labels_behind(panel.get("predicted_name", ""), panel.get("predicted"), plan.request.labels)
    found = one.as_dict()
    return {
        **{name: found[name] for name in ("status", "layer", "method", "score", "score_name", "probability")},
        "class_index": one.target_class,
        "class_name": name_of(one.target_class, labels),
        **target_columns(one.output_name, rival_names(one.against, labels), one.sign),
        "predicted_index": one.predicted_class,
        "predicted_name": name_of(one.predicted_class, labels),
        **(
            {}
            if one.predicted_class is None
            else task.truth_columns(labels, "folder" in plan.request.classes)
        ),
        **found["values"],
        "head": panel["head"],
        "preprocessing": panel["preprocessing"],
        **facts_in(panel),
        **limits(plan.request, one.method),
        "panel": str(panel_path(task)),
        "message": one.cause,
    }
