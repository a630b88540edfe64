"""Maps kept in the panel that shows them, so that a report can be made of it later without the model."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.files.provenance import Provenance
from xai_cam.images.picture import Region
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics

KEY = "maps"
"""Of the maps in a panel's provenance."""

MAX_TEXT = 1 << 19
"""Limit of the text of all maps of a panel, which every reader of the picture has to pass over."""


def keep_maps(explanations: Sequence[Explanation], region: Region) -> Provenance:
    """The maps, exactly as they are, and where they lie in the image; nothing where they are too large."""
    maps: list[dict[str, Any]] = [
        {
            "cam": base64.b64encode(zlib.compress(np.ascontiguousarray(e.cam, "<f4").tobytes(), 9)).decode(),
            "shape": list(e.cam.shape),
            "part": None if e.part is None else list(astuple(e.part)),
        }
        for e in explanations
    ]
    if sum(len(one["cam"]) for one in maps) > MAX_TEXT:
        return {}
    return {KEY: {"region": list(astuple(region)), "maps": maps}}


def kept_maps(panel: Provenance, metrics: ImageMetrics) -> tuple[Region, list[Explanation]] | None:
    """Where the maps of a panel lie in the image, and the maps; None where they are not there."""
    try:
        kept = panel[KEY]
        region = Region(*map(float, kept["region"]))
        pairs = zip(metrics.maps, kept["maps"], strict=True)
        return region, [_explanation(one, found) for one, found in pairs]
    except (KeyError, TypeError, ValueError, zlib.error, binascii.Error):  # too large, or written into
        return None


def _explanation(one: MapMetrics, kept: Mapping[str, Any]) -> Explanation:
    shape = tuple(map(int, kept["shape"]))
    size, stream = 4 * math.prod(shape), zlib.decompressobj()
    data = stream.decompress(base64.b64decode(kept["cam"]), size + 1)  # however much it would become
    if len(data) != size or not stream.eof:
        raise ValueError("a map of another size")
    cam = np.frombuffer(data, "<f4").reshape(shape).astype(np.float32)
    part = None if kept["part"] is None else Region(*map(float, kept["part"]))
    return Explanation(
        cam=cam,
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
    )
