"""The parts of all maps of a panel, in the panel's provenance, so that its rows tell of them later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xai_cam.cam.explanation import Explanation
from xai_cam.files.json_values import has
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import PARTS
from xai_cam.images.picture import Region
from xai_cam.runs.kept_maps import keep_maps
from xai_cam.runs.recorded import kinds_of
from xai_cam.runs.region_files import MapParts

KEY = "parts"
"""Of the parts in a panel's provenance."""


def keep(maps: Sequence[Explanation], region: Region, size: tuple[int, int], threshold: str) -> Provenance:
    """The maps (see `keep_maps`), and the columns `PARTS` of each; not of those of a volume."""
    if any(one.cam.ndim != 2 for one in maps):
        return keep_maps(maps, region)
    parts = [MapParts(one, region.part(one.part), size, threshold).columns for one in maps]
    return {**keep_maps(maps, region), KEY: parts}


def kept_parts(panel: Provenance, count: int) -> list[dict[str, Any]]:
    """The columns of each of so many maps; empty ones where the panel does not tell of them."""
    found = panel.get(KEY)
    if not isinstance(found, list) or len(found) != count:
        return [{}] * count
    kinds = kinds_of(PARTS)
    return [
        {name: one[name] for name in PARTS if name in one} if has(one, {}, kinds) else {} for one in found
    ]
