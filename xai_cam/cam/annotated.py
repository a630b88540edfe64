"""A map's parts as an annotation tool takes them: an image, a category, and an annotation for each part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xai_cam.cam.components import Component
from xai_cam.cam.drawn_map import DrawnMap
from xai_cam.drawing.polygon import polygon_of
from xai_cam.files.coco import Document, document_of


def annotate(
    one: DrawnMap, name: str, parts: Sequence[Component], file_name: str, size: Sequence[int]
) -> Document:
    """The document of a map (see `files.coco`); the score is the class's probability, where it has one.

    Parameters
    ----------
    one : DrawnMap
        What the parts are of.
    name : str
        What is explained: the name of the category.
    parts : sequence of Component
        Those above the threshold.
    file_name : str
        The image's, as the document has it.
    size : (H, W)
        The image's.
    """
    image = {"file_name": file_name, "width": size[1], "height": size[0]}
    category = {"id": one.target_class + 1, "name": name}
    return document_of(image, category, [_annotation(one, part) for part in parts])


def _annotation(one: DrawnMap, part: Component) -> dict[str, Any]:
    score = {"score": one.probability} if math.isfinite(one.probability) else {}
    (across, down), said = part.peak, {"method": one.method, "layer": one.layer}
    return {
        "bbox": [part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0],
        "area": part.area,
        "segmentation": [polygon_of(part.inside, part.x0, part.y0)],
        "iscrowd": 0,
        **score,
        "attributes": {**said, "height": part.height, "peak_x": across, "peak_y": down},
    }
