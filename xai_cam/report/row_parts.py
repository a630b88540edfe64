"""The parts of a map as a row tells of them, and all boxes as the file has them that it names."""

from __future__ import annotations

from pathlib import Path

from xai_cam.errors import OutputError
from xai_cam.files.coco import read_document
from xai_cam.files.names import as_told
from xai_cam.files.rows import Row
from xai_cam.report.model import Parts


def parts_in(row: Row) -> Parts | None:
    """The parts that a row tells of; None where it tells of none, since none were asked for."""
    if not row.threshold or row.image_width is None or row.image_height is None:
        return None
    size = row.image_width, row.image_height
    corners = row.x0, row.y0, row.x1, row.y1
    if None in corners or row.area is None or row.peak_x is None or row.peak_y is None:
        return Parts(size)
    x0, y0, x1, y1 = (corner or 0 for corner in corners)
    boxes = _boxes_in(as_told(row.boxes)) if row.boxes else ()
    return Parts(size, boxes or ((x0, y0, x1 - x0, y1 - y0),), row.area, (row.peak_x, row.peak_y))


def _boxes_in(path: Path) -> tuple[tuple[float, ...], ...]:
    """The boxes of a file of them; none where it cannot be read any more."""
    try:
        annotations = read_document(path)["annotations"]
    except (OutputError, OSError):  # the second of a store
        return ()
    boxes = [one["bbox"] for one in annotations]
    numbers = all(len(box) == 4 and all(type(side) in (int, float) for side in box) for box in boxes)
    return tuple(map(tuple, boxes)) if numbers else ()
