"""What an output says of itself, looked at before it is believed: it may be damaged, or written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xai_cam.files.json_values import Kinds, has
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, TARGET, TEXTS, WHOLE_NUMBERS
from xai_cam.images.labels import name_of
from xai_cam.metrics.image_metrics import ImageMetrics

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

MAYBE = kinds_of((*INPUT, *IMAGE, *ORIGIN, *TARGET, "max_channels", "precision"))
"""What it holds where there is something to say."""


def is_map(found: Provenance, labels: Sequence[str] | None = None) -> bool:
    """Whether a provenance tells all of the row of a map, of classes that these labels name."""
    if not has(found, OF_A_MAP, MAYBE) or not 0 <= found["rank"] < found["classes"]:
        return False
    pairs = [(found[name], found[f"{name}_name"]) for name in ("class", "predicted")]
    return all(_is_class(index) and _is_named(index, name, labels) for index, name in pairs)


def metrics_of(panel: Provenance, steps: int) -> ImageMetrics | None:
    """The metrics in the provenance of a panel, with curves of so many steps; None where it lacks any."""
    if not has(panel, OF_A_MODEL, MAYBE):
        return None
    try:
        metrics = ImageMetrics.from_dict(panel["compared"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    curves = [curve for one in metrics.maps for curve in one.curves.values()]
    classes = [index for one in metrics.maps for index in (one.target_class, one.predicted_class)]
    whole = metrics.maps and all(curve.shape == (steps + 1,) for curve in curves)
    return metrics if whole and all(map(_is_class, (panel["predicted"], *classes))) else None


def values_in(found: Provenance, columns: Iterable[str]) -> dict[str, Any] | None:
    """The values of an image's row in the provenance of one of its pictures; None where it lacks any."""
    values = found.get("values")
    if not isinstance(values, dict) or not has(values, kinds_of(columns)):
        return None
    classes = [values.get(name) for name in ("class_index", "predicted_index")]
    return values if all(map(_is_class, classes)) else None


def _is_class(index: int | None) -> bool:
    return index is None or index >= 0


def _is_named(index: int | None, name: str, labels: Sequence[str] | None) -> bool:
    """Whether a class has the name that labels give it, or its number, where found ones did not fit."""
    return name in (name_of(index, labels), name_of(index, None))
