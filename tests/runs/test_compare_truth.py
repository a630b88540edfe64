"""What is known of where an image's object is: what digests hear of it, and what has to be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xai_cam import Explanation
from xai_cam.errors import ImageError
from xai_cam.images.boxes.source import read_boxes
from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Region
from xai_cam.runs.compare_truth import WhereObjects

LABELS = ("cat", "dog")
IMAGE = ImageFile(Path("p/a.png"), Path())
MAP = Explanation(np.eye(4, dtype=np.float32), "grad-cam", "c", 1, 0, 1.5, "logit", 0.8, (), "ok", "")


def boxes(folder: Path, *rows: str) -> WhereObjects:
    (folder / "b.csv").write_text("\n".join(["image,x0,y0,x1,y1,class", *rows]), encoding="utf-8")
    return WhereObjects(boxes=read_boxes(folder / "b.csv", [IMAGE]))


def notes(where: WhereObjects) -> list[str]:
    seen = Region.whole((4, 4))
    return where.measure(IMAGE, [MAP], seen, (4, 4), frozenset({"iou"}), lambda _: LABELS)[1]


def test_digests_change_with_what_is_true(tmp_path: Path) -> None:
    assert WhereObjects().told(IMAGE, LABELS) == {"mask": None}, "as it was before there were boxes"
    assert boxes(tmp_path, "other.png,0,0,1,1,").told(IMAGE, LABELS) == {"mask": None}
    plain, moved = boxes(tmp_path, "a.png,0,0,1,1,"), boxes(tmp_path, "a.png,0,0,2,1,")
    assert plain.told(IMAGE, LABELS) != moved.told(IMAGE, LABELS)
    assert plain.told(IMAGE, LABELS) == plain.told(IMAGE, None), "no name is looked up"
    named = boxes(tmp_path, "a.png,0,0,1,1,dog")
    assert named.told(IMAGE, LABELS) != named.told(IMAGE, LABELS[::-1])
    assert named.told(IMAGE, LABELS) != plain.told(IMAGE, LABELS)


def test_what_has_to_be_said_of_an_image(tmp_path: Path) -> None:
    assert notes(boxes(tmp_path, "a.png,0,0,1,1,dog")) == []
    assert notes(boxes(tmp_path, "a.png,0,0,1,1,cat")) == ["it has no box of dog"]
    assert notes(boxes(tmp_path, "other.png,0,0,1,1,cat")) == [], "which was said of all images before"
    (tmp_path / "voc").mkdir()
    (tmp_path / "voc/a.xml").write_text("<annotation/>", encoding="utf-8")
    assert notes(WhereObjects(boxes=read_boxes(tmp_path / "voc", [IMAGE]))) == ["it has no box"]
    assert notes(WhereObjects(masks=tmp_path)) == ["there is no mask for it"]
    Image.fromarray(np.eye(4, dtype=np.uint8)).save(tmp_path / "a.png")
    assert notes(WhereObjects(masks=tmp_path)) == []


def test_volumes_have_neither(tmp_path: Path) -> None:
    for where in (boxes(tmp_path, "a.png,0,0,1,1,"), WhereObjects(masks=tmp_path)):
        Image.new("L", (4, 4)).save(tmp_path / "a.png")
        with pytest.raises(ImageError, match=r"it is a volume, and .*: leave out `(boxes|masks)`"):
            where.measure(IMAGE, [MAP], Region(0, 0, 4, 4, 0, 4), (4, 4), frozenset(), lambda _: LABELS)
