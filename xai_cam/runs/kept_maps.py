"""Maps kept in the panel that shows them, so that a report can be made of it later without the model."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.map_sign import SIGNS
from xai_cam.files.provenance import Provenance
from xai_cam.files.stores.known import BULKY
from xai_cam.images.picture import Region
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.runs.image_state import ImageState

KEY = BULKY
"""Of the maps in a panel's provenance."""

MAX_TEXT = 3 << 20
"""Limit of the text of all maps of a panel, which every reader of the picture has to pass over."""


MAX_SIDE, MAX_CELLS = 4096, 1 << 22
"""Limits of a map that is read."""

FARTHEST = 1e7
"""Limit of the sides of a region, in pixels."""


def maps_of(state: ImageState) -> list[Explanation]:
    """The maps of an image at all places; a layer may have been named twice, by its name and by its path."""
    maps: list[Explanation] = []
    for explanations in state.explanations.values():
        known = {one.layer for one in maps}
        maps += [one for one in explanations if one.layer not in known]
    return maps


def keep_maps(explanations: Sequence[Explanation], region: Region) -> Provenance:
    """The maps, exactly as they are, and where they lie in the image; nothing where they are too large."""
    maps: list[dict[str, Any]] = [
        {
            "cam": base64.b64encode(zlib.compress(np.ascontiguousarray(e.cam, "<f4").tobytes(), 9)).decode(),
            "shape": list(e.cam.shape),
            "part": None if e.part is None else list(e.part.sides.values()),
            **({} if e.region is None else {"outline": _packed(e.region, e.region_part)}),
        }
        for e in explanations
    ]
    if sum(map(_length, maps)) > MAX_TEXT:
        return {}
    return {KEY: {"region": list(region.sides.values()), "maps": maps}}


def kept_maps(panel: Provenance, metrics: ImageMetrics) -> tuple[Region, list[Explanation]] | None:
    """Where the maps of a panel lie in the image, and the maps; None where they are not there."""
    try:
        kept = panel[KEY]
        region = _region(kept["region"])
        if sum(map(_length, kept["maps"])) > MAX_TEXT:
            return None
        pairs = zip(metrics.maps, kept["maps"], strict=True)
        return region, [_explanation(one, found) for one, found in pairs]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, zlib.error, binascii.Error):
        return None  # too large to be there, or written into


def without_maps(panel: Provenance) -> Provenance:
    """What a panel says besides of its maps: a tenth of it, which is what reports and rows need."""
    return {name: value for name, value in panel.items() if name != KEY}


def _region(sides: Sequence[float]) -> Region:
    if not all(type(side) in (int, float) for side in sides):
        raise ValueError("sides that are no numbers")
    found = Region(*map(float, sides))
    if not all(abs(side) <= FARTHEST for side in found.sides.values()):  # nor one that is no number
        raise ValueError("a region beyond all images")
    if any(first == last for first, last in found.spans):
        raise ValueError("an empty region")
    return found


def _shape(sides: Sequence[int]) -> tuple[int, ...]:
    if len(sides) not in (2, 3) or not all(type(side) is int and 1 <= side <= MAX_SIDE for side in sides):
        raise ValueError("no map has such sides")
    if math.prod(sides) > MAX_CELLS:
        raise ValueError("no map has such a shape")
    return tuple(sides)


def _explanation(one: MapMetrics, kept: Mapping[str, Any]) -> Explanation:
    shape = _shape(kept["shape"])
    cam = np.frombuffer(_inflated(kept["cam"], 4 * math.prod(shape)), "<f4").reshape(shape)
    if one.sign not in SIGNS or not (np.isfinite(cam).all() and (one.sign == "both" or (cam >= 0).all())):
        raise ValueError("a map that nothing computed")
    outline = kept.get("outline")
    part = None if kept["part"] is None else _region(kept["part"])
    return Explanation(
        cam=cam.astype(np.float32),
        method=one.method,
        layer=one.layer,
        target_class=one.target_class,
        predicted_class=one.predicted_class,
        score=one.score,
        score_name=one.score_name,
        probability=one.probability,
        ranking=(),
        status=one.status,
        cause=one.cause,
        part=part,
        sign=one.sign,
        against=one.against,
        output_name=one.output_name,
        members=one.members,
        direction=one.direction,
        region=None if outline is None else _unpacked(outline),
        region_part=_region(outline["part"]) if outline and "part" in outline else None,
    )


def _length(one: Mapping[str, Any]) -> int:
    """Letters of what is kept of a map."""
    return len(one["cam"]) + len(one.get("outline", {}).get("bits", ""))


def _inflated(text: str, size: int) -> bytes:
    """So many bytes of what was compressed, however much it would become."""
    stream = zlib.decompressobj()
    data = stream.decompress(base64.b64decode(text), size + 1)
    if len(data) != size or not stream.eof:
        raise ValueError("a map of another size")
    return data


def _packed(region: np.ndarray, part: Region | None) -> dict[str, Any]:
    """The mask of a region, eight places a byte, and what it covers of the input if not all."""
    bits = base64.b64encode(zlib.compress(np.packbits(region).tobytes(), 9)).decode()
    covered = {} if part is None else {"part": list(part.sides.values())}
    return {"bits": bits, "shape": list(region.shape), **covered}


def _unpacked(kept: Mapping[str, Any]) -> np.ndarray:
    rows, columns = _shape(kept["shape"])
    data = np.frombuffer(_inflated(kept["bits"], -(-rows * columns // 8)), np.uint8)
    return np.unpackbits(data, count=rows * columns).reshape(rows, columns).astype(bool)
