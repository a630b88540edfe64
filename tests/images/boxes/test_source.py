"""Boxes by the names of images, from all three kinds of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xai_cam.errors import InputError, XaiCamError
from xai_cam.images.boxes.box import Drawn
from xai_cam.images.boxes.source import BoxSource, read_boxes
from xai_cam.images.finding import ImageFile

IMAGES = [ImageFile(Path("p") / name, Path(name).parent) for name in ("a/1.png", "b/1.png", "2.jpg")]
BOX = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>9</ymax></bndbox>"
XML = f"<annotation><object><name>cat</name>{BOX}</object></annotation>"


def right_edges(source: BoxSource) -> list[list[float]]:
    found = [source.of(image) for image in IMAGES]
    return [[] if one is None else [box.corners[2] for box in one.boxes] for one in found]


def table(folder: Path, *rows: str) -> BoxSource:
    (folder / "b.csv").write_text("\n".join(["image,x0,y0,x1,y1,class", *rows]), encoding="utf-8")
    return read_boxes(folder / "b.csv", IMAGES)


def test_a_table(tmp_path: Path) -> None:
    source = table(
        tmp_path, "a/1.png,0,0,3,9,cat", "./a/1.png,0,0,4,9,dog", "b\\1,0,0,5,9,", "p/2.jpg,0,0,6,9,"
    )
    assert right_edges(source) == [[3, 4], [5], [6]]
    assert source.kinds == {"cat", "dog", ""} and source.files == [tmp_path / "b.csv"]
    assert source.describe_missing(IMAGES) == ""


def test_coco(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "b/1.png"}, {"id": 2, "file_name": "2.jpg"}]
    (tmp_path / "b.JSON").write_text(
        json.dumps({"images": images, "annotations": [{"image_id": 2, "bbox": [0, 0, 7, 9]}]}),
        encoding="utf-8",
    )
    source = read_boxes(tmp_path / "b.JSON", IMAGES)
    assert right_edges(source) == [[], [], [7]]
    assert "b.JSON has no box of" in source.describe_missing(IMAGES)


def test_names_that_are_no_images_are_told(tmp_path: Path) -> None:
    """The first few of them; those of an image without boxes in COCO say nothing."""
    rows = [f"a/{name}.png,0,0,3,9," for name in (1, 7, 8)]
    source = table(tmp_path, "2.jpg,0,0,3,9,", *rows[:2])
    assert source.describe_unowned() == "b.csv names a/7.png, which is none of the images."
    more = table(tmp_path, *rows, "c/1.png,0,0,3,9,", "x,0,0,3,9,", "y,0,0,3,9,")
    text = "b.csv names a/7.png, a/8.png, c/1.png and 2 more, which are none of the images."
    assert more.describe_unowned() == text
    assert table(tmp_path, "2,0,0,3,9,", "a/1,0,0,3,9,").describe_unowned() == "", "by their bare names"
    images = [{"id": 1, "file_name": "2.jpg"}, {"id": 2, "file_name": "9.jpg"}]
    document = {"images": images, "annotations": [{"image_id": 1, "bbox": [2, 3, 4, 5]}]}
    (tmp_path / "b.json").write_text(json.dumps(document), encoding="utf-8")
    assert read_boxes(tmp_path / "b.json", IMAGES).describe_unowned() == ""


def test_a_folder_of_voc(tmp_path: Path) -> None:
    for name, edge in (("a/1.xml", 3), ("b/1.png.XML", 4), (".hidden.xml", 5)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(XML.format(edge), encoding="utf-8")
    source = read_boxes(tmp_path, IMAGES)
    assert right_edges(source) == [[3], [4], []]
    assert source.files == [tmp_path / "a/1.xml", tmp_path / "b/1.png.XML"] and not source.kinds
    assert source.describe_missing(IMAGES).startswith(f"{tmp_path.name} has no box of {Path('p/2.jpg')}: how")


def test_images_without_boxes(tmp_path: Path) -> None:
    source = table(tmp_path, "a/1.png,0,0,3,9,cat")
    text = f"b.csv has no box of {Path('p/b/1.png')}, {Path('p/2.jpg')}: how well these are localised is not"
    assert source.describe_missing(IMAGES).startswith(text)
    lost = table(tmp_path, "other.png,0,0,3,9,cat")
    with pytest.raises(InputError, match=r"has no box of .* but those of 'other\.png' and others"):
        lost.describe_missing(IMAGES)


def test_a_name_of_several_images_fails_them(tmp_path: Path) -> None:
    source = table(tmp_path, "1.png,0,0,3,9,cat", "2.jpg,0,0,3,9,")
    assert source.of(IMAGES[2]) is not None and source.describe_missing(IMAGES) == ""
    with pytest.raises(XaiCamError, match=r"b\.csv has one image for 2 images of this name"):
        source.of(IMAGES[0])


def test_what_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There are no boxes at .*none\.csv\. Give a CSV file"):
        read_boxes(tmp_path / "none.csv", IMAGES)
    with pytest.raises(InputError, match="There is no file of Pascal VOC"):
        read_boxes(tmp_path, IMAGES)
    (tmp_path / "1.xml").write_text(XML.format(4), encoding="utf-8")
    with pytest.raises(InputError, match="is a file of one picture"):
        read_boxes(tmp_path / "1.xml", IMAGES)


def test_no_boxes_are_none(tmp_path: Path) -> None:
    (tmp_path / "2.xml").write_text("<annotation/>", encoding="utf-8")
    assert read_boxes(tmp_path, IMAGES).of(IMAGES[2]) is None
    assert Drawn(()).boxes == ()
