"""The items of a page as its script reads them."""

from __future__ import annotations

import json
import ntpath
import posixpath
from collections import Counter
from collections.abc import Iterable
from typing import Any

from xai_cam.report.model import Asset, Column, Item, Map, Page, Parts

Entries = dict[str, str]


def gallery_data(page: Page) -> dict[str, Any]:
    """Everything that the gallery shows, of plain dicts and lists.

    What all maps say of themselves is held once, in `common`.
    """
    provenances = [_as_texts(shown.provenance) for item in page.items for shown in item.maps]
    common = _common(provenances)
    own = iter(provenances)
    return {
        "columns": [{"name": c.name, "title": c.title, "unit": c.unit} for c in _columns(page)],
        "contenders": page.variants,
        "common": common,
        "items": [_item(item, [(shown, next(own)) for shown in item.maps], common) for item in page.items],
    }


def _columns(page: Page) -> list[Column]:
    """The columns that images have values in, by which they are sorted; some have one of all images alone."""
    known = {name for item in page.items for shown in item.maps for name in shown.metrics}
    return [column for column in page.columns if column.name in known or not known]


def _common(provenances: list[Entries]) -> Entries:
    count = Counter(entry for one in provenances for entry in one.items())
    return (
        {name: text for (name, text), found in count.items() if found == len(provenances)}
        if provenances
        else {}
    )


def _item(item: Item, maps: Iterable[tuple[Map, Entries]], common: Entries) -> dict[str, Any]:
    return {
        "image": item.image,
        "name": base_name(item.image),
        "outcome": item.outcome,
        "message": item.message,
        "picture": _asset(item.picture),
        "truth": item.truth,
        "predicted": item.predicted,
        "right": item.right,
        "maps": [_map(shown, entries, common) for shown, entries in maps],
    }


def _map(shown: Map, entries: Entries, common: Entries) -> dict[str, Any]:
    return {
        "contender": shown.variant,
        "layer": shown.layer,
        "class": shown.class_name or ("" if shown.class_index is None else str(shown.class_index)),
        "score": shown.score,
        "scoreName": shown.score_name,
        "probability": shown.probability,
        "status": shown.status,
        "cause": shown.cause,
        "metrics": shown.metrics,
        "overlay": _asset(shown.overlay),
        "parts": _parts(shown.parts),
        "file": shown.file,
        "provenance": {name: text for name, text in entries.items() if common.get(name) != text},
    }


def _parts(parts: Parts | None) -> dict[str, Any] | None:
    if parts is None:
        return None
    width, height = parts.size
    share = parts.area / (width * height)
    return {"width": width, "height": height, "boxes": parts.boxes, "area": share, "peak": parts.peak}


def _asset(asset: Asset | None) -> dict[str, Any] | None:
    if asset is None:
        return None
    return {"thumb": asset.thumb, "full": asset.full, "width": asset.width, "height": asset.height}


def base_name(path: str) -> str:
    """The last part of a path of any system; all of it where that is empty."""
    return posixpath.basename(ntpath.basename(path) if ntpath.splitdrive(path)[0] else path) or path


def _as_texts(provenance: dict[str, Any]) -> Entries:
    return {
        str(name).replace("_", " "): _as_text(value)
        for name, value in provenance.items()
        if value not in (None, "")
    }


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{name} {_as_text(entry)}" for name, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_as_text, value))
    return json.dumps(value, ensure_ascii=False, default=str)
