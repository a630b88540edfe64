"""Parts of a map on a page, by its row and by its file of boxes."""

from __future__ import annotations

from pathlib import Path

from xai_cam.files.coco import document_of, encode_document
from xai_cam.files.rows import Row
from xai_cam.report.model import Parts
from xai_cam.report.row_parts import parts_in

FOUND = {"x0": 3, "y0": 2, "x1": 8, "y1": 9, "area": 30, "peak_x": 4, "peak_y": 5, "regions": 2}
SIZE = {"image_width": 40, "image_height": 30}


def test_by_the_row_alone() -> None:
    assert parts_in(Row("a", "written", threshold="0.15", **FOUND, **SIZE)) == Parts(
        (40, 30), ((3, 2, 5, 7),), 30, (4, 5)
    )
    assert parts_in(Row("a", "written", threshold="otsu", regions=0, **SIZE)) == Parts((40, 30))
    assert parts_in(Row("a", "written", **SIZE)) is None, "none were asked for"


def test_all_that_the_file_has(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    boxes = [
        {"bbox": box, "area": 1, "segmentation": [], "iscrowd": 0} for box in ([3, 2, 5, 7], [1, 1, 1, 2])
    ]
    image = {"file_name": "a", "width": 40, "height": 30}
    path.write_bytes(encode_document(document_of(image, {"id": 1, "name": "cat"}, boxes), {}))
    row = Row("a", "written", threshold="0.15", boxes=str(path), **FOUND, **SIZE)
    known = parts_in(row)
    assert known is not None and known.boxes == ((3, 2, 5, 7), (1, 1, 1, 2))
    path.write_text("{}", encoding="utf-8")
    gone = parts_in(row)
    assert gone is not None and gone.boxes == ((3, 2, 5, 7),)
