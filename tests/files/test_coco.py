"""Boxes as COCO: what annotation tools ask of the file, numbers, damage, and what it may replace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import InputError, OutputError
from xai_cam.files.coco import CocoWriter, document_of, encode_document, read_document
from xai_cam.files.provenance import read_provenance
from xai_cam.files.seal import is_intact

BOX = {"bbox": [1, 2, 3, 4], "area": 9, "segmentation": [[1, 2, 4, 2, 4, 6]], "iscrowd": 0}


def boxes(path: Path, name: str, number: int, count: int = 1) -> str:
    """A file of boxes of one map, of the class of that number and name."""
    image = {"file_name": f"{path.stem}.jpg", "width": 30, "height": 20}
    found = document_of(image, {"id": number, "name": name}, [BOX] * count)
    path.write_bytes(encode_document(found, {"request": "12", "note": 'a "quoted" ü'}))
    return str(path)


def test_a_document_of_one_map(tmp_path: Path) -> None:
    path = Path(boxes(tmp_path / "a.json", "猫", 3, 2))
    found = json.loads(path.read_text("utf-8"))
    assert found["images"] == [{"id": 1, "file_name": "a.jpg", "width": 30, "height": 20}]
    assert found["categories"] == [{"id": 3, "name": "猫"}]
    assert [(one["id"], one["image_id"], one["category_id"]) for one in found["annotations"]] == [
        (1, 1, 3),
        (2, 1, 3),
    ]
    assert found["annotations"][1] == {**BOX, "id": 2, "image_id": 1, "category_id": 3}
    assert read_provenance(path) == {"request": "12", "note": 'a "quoted" ü'} and is_intact(path)
    path.write_text(path.read_text("utf-8").replace("20", "21"), "utf-8")
    assert not is_intact(path), "edited since"


def test_the_boxes_of_a_run(tmp_path: Path) -> None:
    """Two maps of one image, one of another, one without boxes; two classes of one number."""
    rows: list[dict[str, Any]] = [
        {"image": "p/a.jpg", "boxes": boxes(tmp_path / "a.json", "cat", 2)},
        {"image": "p/b.jpg", "boxes": ""},
        {"image": "p/c.jpg", "boxes": boxes(tmp_path / "c.json", "age down", 2, 2)},
        {"image": "p/a.jpg", "boxes": boxes(tmp_path / "a2.json", "ant", 1)},
        {"image": "p/d.jpg", "boxes": boxes(tmp_path / "d.json", "cat", 2, 0)},
    ]
    writer = CocoWriter(tmp_path / "run.json")
    for row in rows:
        writer.write(row)
    assert not writer.path.exists(), "whole or not at all"
    writer.close()
    found = json.loads(writer.path.read_text("utf-8"))
    assert [(one["id"], one["file_name"]) for one in found["images"]] == [
        (1, "a.jpg"),
        (2, "c.jpg"),
        (3, "d.jpg"),
    ]
    assert found["categories"] == [
        {"id": 1, "name": "ant"},
        {"id": 2, "name": "cat"},
        {"id": 3, "name": "age down"},
    ]
    assert [(one["id"], one["image_id"], one["category_id"]) for one in found["annotations"]] == [
        *((1, 1, 2), (2, 2, 3)),
        *((3, 2, 3), (4, 1, 1)),
    ]
    again = CocoWriter(tmp_path / "again.json")
    for row in rows:
        again.write(row)
    again.close()
    assert again.path.read_bytes() == writer.path.read_bytes()
    CocoWriter(writer.path).close()
    assert writer.path.read_bytes() == again.path.read_bytes(), "a run that failed before its first row"
    empty = CocoWriter(writer.path)
    empty.begin()
    empty.close()
    assert json.loads(writer.path.read_text("utf-8"))["annotations"] == []


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"images": [], "categories": [], "annotations": []}', "[" * 100_000]
)
def test_what_is_no_document(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OutputError, match="Run the same command again"):
        read_document(path)
    assert read_provenance(path) is None
    with pytest.raises(OutputError):
        read_document(tmp_path / "gone.json")


def test_a_box_that_is_none(tmp_path: Path) -> None:
    path = Path(boxes(tmp_path / "a.json", "cat", 1))
    path.write_text(
        path.read_text(encoding="utf-8").replace('"iscrowd": 0', '"iscrowd": "no"'), encoding="utf-8"
    )
    with pytest.raises(OutputError):
        read_document(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bbox", [1, 2, 3]),
        ("bbox", [1, 2, 3, float("nan")]),
        ("bbox", [1, 2, 3, "4"]),
        ("bbox", [1, 2, 3, 10**400]),
        ("segmentation", [1, 2]),
        ("segmentation", [[1, float("inf")]]),
        ("score", float("nan")),
        ("attributes", {"height": float("nan")}),
        ("attributes", {"layer": "\ud83d"}),
        ("attributes", {"layer": []}),
        ("more", 1),
    ],
)
def test_what_could_not_be_written_again_is_not_read(tmp_path: Path, name: str, value: Any) -> None:
    """A file whose seal is right may have been made by anybody."""
    path = Path(boxes(tmp_path / "a.json", "cat", 1))
    found = json.loads(path.read_text("utf-8"))
    assert read_document(path)
    found["annotations"][0][name] = value
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(OutputError, match="Run the same command again"):
        read_document(path)


def test_what_is_not_finite_is_null(tmp_path: Path) -> None:
    image = {"file_name": "a.jpg", "width": 30, "height": 20}
    data = encode_document(document_of(image, {"id": 1, "name": "cat"}, []), {"score": float("inf")})
    assert json.loads(data, parse_constant=pytest.fail)["info"]["xai-cam"]["score"] is None
    with pytest.raises(ValueError, match="JSON"):
        encode_document(document_of(image, {"id": 1, "name": "cat"}, [{"area": float("nan")}]), {})


def test_what_was_corrected_by_hand_is_kept(tmp_path: Path) -> None:
    writer = CocoWriter(tmp_path / "run.json")
    writer.begin()
    writer.close()
    CocoWriter(writer.path)
    writer.path.write_text(writer.path.read_text("utf-8").replace("Regions of", "My regions of"), "utf-8")
    with pytest.raises(InputError, match=r"run\.json was changed since .* `overwrite=True`, or name another"):
        CocoWriter(writer.path)
    CocoWriter(writer.path, overwrite=True)


def test_it_replaces_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text('{"class_name": "Functional"}', encoding="utf-8")
    with pytest.raises(InputError, match="was not written by xai-cam"):
        CocoWriter(path)
    path.write_text("", encoding="utf-8")
    CocoWriter(path).close()
    with pytest.raises(OutputError, match="Cannot write"):
        CocoWriter(tmp_path / "gone" / "a.json")
