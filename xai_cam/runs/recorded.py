"""What an output says of itself, looked at before it is believed: it may be damaged, or written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from xai_cam.files.json_values import Kinds, has
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, PARTS, PASSES, SAMPLED, TARGET, TEXTS, WHOLE_NUMBERS
from xai_cam.images.class_specs import group_of
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import is_found, labels_behind
from xai_cam.metrics.image_metrics import ImageMetrics
from xai_cam.metrics.pointing import TABLES
from xai_cam.runs.target_part import class_name_of

TEXT, WHOLE, NUMBER = (str,), (int, None), (float, None)


def kinds_of(columns: Iterable[str]) -> Kinds:
    """The types of the values of a row, by column."""
    return {name: TEXT if name in TEXTS else WHOLE if name in WHOLE_NUMBERS else NUMBER for name in columns}


OF_A_MODEL: Kinds = {"predicted": WHOLE, **dict.fromkeys(("predicted_name", "head", "preprocessing"), TEXT)}

OF_A_MAP: Kinds = {
    **OF_A_MODEL,
    **dict.fromkeys(("rank", "classes", "class"), (int,)),
    **dict.fromkeys(("layer", "method", "class_name", "score_name", "status", "cause"), TEXT),
    "score": (float,),
    "probability": NUMBER,
}
"""What the provenance of a map has to hold so that its row can be told."""

MAYBE: Kinds = {
    **kinds_of((*INPUT, *IMAGE, *ORIGIN, *TARGET, "max_channels", "precision", *PASSES, *PARTS, *SAMPLED)),
    **dict.fromkeys(("members", "outputs", "heads"), (list,)),
    "labelled": TEXT,
}
"""What it holds where there is something to say."""


def is_map(found: Provenance, labels: Sequence[str] | None = None) -> bool:
    """Whether a provenance tells all of the row of a map, of classes that these labels name."""
    if not has(found, OF_A_MAP, MAYBE) or not 0 <= found["rank"] < found["classes"]:
        return False
    members, outputs = found.get("members", []), found.get("outputs", [])
    if not all(type(one) is int and one >= 0 for one in members) or not _has_outputs(found):
        return False
    if outputs and found.get("output_name") not in outputs:
        return False
    named = [class_name_of(found["class"], members, some) for some in (labels, None)]
    known = _is_class(found["class"]) and found["class_name"] in named
    return known and _is_class(found["predicted"]) and _names(found, "predicted", labels)


def _has_outputs(found: Provenance) -> bool:
    """Whether what is told of several outputs is there for each."""
    outputs, heads = found.get("outputs", []), found.get("heads", [])
    return len(outputs) == len(heads) and all(isinstance(one, str) for one in (*outputs, *heads))


def labels_of(found: Provenance, output_name: str, labels: Sequence[str] | None) -> Sequence[str] | None:
    """The labels that name the classes of one of the outputs that a provenance tells of."""
    if found.get("outputs"):
        return labels if found.get("labelled") == output_name else None
    return labels_behind(found.get("predicted_name") or "", found.get("predicted"), labels)


def is_named(found: Provenance, labels: Sequence[str] | None) -> bool:
    """Whether the class of a map has got its name from these labels: found ones may not have fitted."""
    if found.get("outputs"):
        return labels_of(found, found.get("output_name", ""), labels) is not None
    if labels is None or not is_found(labels):
        return labels is not None
    return bool(found["class_name"] == class_name_of(found["class"], found.get("members", ()), labels))


def metrics_of(panel: Provenance, steps: int, names: Iterable[str] = ()) -> ImageMetrics | None:
    """The metrics in the provenance of a panel, with curves of so many steps; None where it lacks any.

    It lacks some too where these measures were not asked for.
    """
    if not has(panel, OF_A_MODEL, MAYBE) or not _has_outputs(panel):
        return None
    try:
        metrics = ImageMetrics.from_dict(panel["compared"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    known = all(_is_curve(*named, steps) for one in metrics.maps for named in one.curves.items())
    classes = [index for one in metrics.maps for index in (one.target_class, one.predicted_class)]
    whole = metrics.maps and known and set(names) <= set(metrics.measures)
    return metrics if whole and all(map(_is_class, (panel["predicted"], *classes))) else None


def _is_curve(name: str, curve: np.ndarray, steps: int) -> bool:
    """Whether a curve has a value for each step; that of a pooled measure for each level and threshold."""
    if name in TABLES:
        return curve.shape == TABLES[name] and bool(np.isfinite(curve).all())
    return curve.shape == (steps + 1,)


def values_in(found: Provenance, columns: Iterable[str]) -> dict[str, Any] | None:
    """The values of an image's row in the provenance of one of its pictures; None where it lacks any."""
    values = found.get("values")
    kinds = dict(kinds_of(columns))
    if "class_index" in kinds:
        kinds["class_index"] = (int, str, None)
    if not isinstance(values, dict) or not has(values, kinds):
        return None
    explained, predicted = values.get("class_index"), values.get("predicted_index")
    known = group_of(explained) is not None if isinstance(explained, str) else _is_class(explained)
    return values if known and _is_class(predicted) else None


def _is_class(index: int | None) -> bool:
    return index is None or index >= 0


def _names(found: Provenance, which: str, labels: Sequence[str] | None) -> bool:
    """Whether a class has the name that labels give it, or its number, where they are not those of it."""
    index, name = found[which], found[f"{which}_name"]
    return name in (name_of(index, labels), name_of(index, None))
