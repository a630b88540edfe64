"""Boxes in COCO JSON, and files that only look like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import InputError
from xai_cam.images.boxes.box import Drawn, TrueBox
from xai_cam.images.boxes.coco import read_coco


def document() -> dict[str, Any]:
    return {
        "info": {"anything": [1]},
        "images": [
            {"id": 7, "file_name": "a/b.jpg", "width": 40, "height": 30},
            {"id": 9, "file_name": "c.jpg"},
        ],
        "categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2.5, 10, 20], "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 40, 30], "iscrowd": 1},
            {"id": 3, "image_id": 7, "category_id": 1, "bbox": [5, 6, 7, 8]},
        ],
    }


def read(folder: Path, found: Any) -> dict[str, Drawn]:
    path = folder / "b.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    return read_coco(path)


def test_boxes_of_each_image(tmp_path: Path) -> None:
    """x, y, width and height; crowds are no single object."""
    boxes = TrueBox((1, 2.5, 11, 22.5), "dog", "annotation 1"), TrueBox((5, 6, 12, 14), "cat", "annotation 3")
    assert read(tmp_path, document()) == {"a/b.jpg": Drawn(boxes, (30, 40)), "c.jpg": Drawn((), None)}


def test_without_categories_numbers_are_classes(tmp_path: Path) -> None:
    found = document()
    del found["categories"], found["annotations"][2]["category_id"]
    assert [box.kind for box in read(tmp_path, found)["a/b.jpg"].boxes] == ["3", ""]


def test_two_entries_of_one_picture_are_joined(tmp_path: Path) -> None:
    found = document()
    found["images"][1] |= {"file_name": "a/b.jpg", "width": 40, "height": 30}
    found["annotations"][2]["image_id"] = 9
    assert [box.where for box in read(tmp_path, found)["a/b.jpg"].boxes] == ["annotation 1", "annotation 3"]
    found["images"][1]["width"] = 41
    with pytest.raises(InputError, match=r"a/b\.jpg is there in two sizes"):
        read(tmp_path, found)


def changed(*places: Any) -> dict[str, Any]:
    """The document with what stands at the places replaced by the last of them; `...` takes it out."""
    found: Any = document()
    inner = found
    *path, last, value = places
    for place in path:
        inner = inner[place]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return dict(found)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("[]", "holds no object"),
        ("{", "is no JSON that can be read"),
        ("[" * 100_000, "is no JSON that can be read"),
        ('{"images": ' + "9" * 5000 + "}", "is no JSON that can be read"),
        ("{}", "no list of objects called images"),
        (changed("images", {"id": 7}), "no list of objects called images"),
        (changed("annotations", [3]), "no list of objects called annotations"),
        (changed("annotations", ...), "no list of objects called annotations"),
        (changed("categories", "cat"), "no list of objects called categories"),
        (changed("images", 0, "id", ...), "entry 1 of images has no id"),
        (changed("images", 0, "id", [1]), "entry 1 of images has no id"),
        (changed("images", 0, "id", True), "entry 1 of images has no id"),
        (changed("images", 1, "id", 7), "entry 2 of images has the id 7 of an earlier one"),
        (changed("images", 0, "file_name", 5), "image 7 has no name that is a text"),
        (changed("images", 0, "file_name", " "), "image 7 has no name that is a text"),
        (changed("images", 0, "file_name", "\ud83d"), "image 7 has no name that is a text"),
        (changed("categories", 1, "name", "\ud83d"), "annotation 1 has no name that is a text"),
        (changed("categories", 1, "name", None), "annotation 1 has no name that is a text"),
        (changed("annotations", 0, "image_id", 8), "annotation 1 is of the image 8, which is not among"),
        (changed("annotations", 0, "image_id", {}), "annotation 1 is of the image {}, which is not among"),
        (changed("annotations", 0, "category_id", 2), "annotation 1 is of the category 2, which is not"),
        (changed("annotations", 0, "category_id", [3]), r"annotation 1 is of the category \[3\]"),
        (changed("annotations", 0, "bbox", ...), "annotation 1 has no bbox"),
        (changed("annotations", 0, "bbox", [1, 2, 3]), "annotation 1 has a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", "1234"), "annotation 1 has a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", [1, 2, 3, "4"]), "a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", [1, 2, 3, True]), "a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", [1, 2, 3, float("nan")]), "a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", [1, 2, 10**400, 4]), "a bbox that is not four numbers"),
        (changed("annotations", 0, "bbox", [1, 2, 1e300, 4]), "no picture is large enough"),
        (changed("annotations", 2, "bbox", [1, 2, 0, 4]), r"\(annotation 3\), which is empty"),
        (changed("annotations", 2, "bbox", [1, 2, -1, 4]), r"\(annotation 3\), which ends before it begins"),
    ],
)
def test_what_is_refused(tmp_path: Path, found: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, found)


def test_a_file_beyond_all_bounds_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.images.boxes.coco.MAX_BYTES", 100)
    with pytest.raises(InputError, match=r"The boxes .* are larger than .* Keep the images of this run"):
        read(tmp_path, document())
    with pytest.raises(InputError, match="Cannot read the boxes in"):
        read_coco(tmp_path / "none.json")
