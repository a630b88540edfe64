"""Masks, boxes and columns of one map of a run."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.maps import made
from xai_cam.errors import ImageError
from xai_cam.files.rows import PARTS
from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Region
from xai_cam.runs.region_files import MapParts
from xai_cam.runs.tasks import Task

CAM = np.float32([[0, 3, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0]])
TASK = Task(ImageFile(Path("in/p/a.jpg"), Path("p")), Path("out"), "a")
SAID = {"class_name": "cat", "score_name": "logit", "output_name": "kind"}


def parts(components: str = "largest", threshold: str = "0.5") -> MapParts:
    return MapParts(made(CAM), Region(0, 0, 3, 4), (3, 4), threshold, components)


def test_the_columns_are_of_the_largest_part() -> None:
    """With all parts too, so that a column means one thing."""
    for components in ("largest", "all"):
        assert parts(components).columns == dict(zip(PARTS, ("0.5", 1, 0, 2, 1, 1, 1, 0, 2), strict=True))
    one = parts()
    assert (len(one.found), len(one.asked)) == (2, 1)
    blank = MapParts(made(0 * CAM), Region(0, 0, 3, 4), (3, 4), "otsu")
    assert blank.columns == {"threshold": "otsu", "regions": 0} and blank.asked == []


def test_a_mask_is_grey_and_carries_the_columns() -> None:
    for components, marked in (("largest", [(0, 1)]), ("all", [(0, 1), (1, 3)])):
        data = parts(components).encode("mask", TASK, SAID)
        with Image.open(io.BytesIO(data)) as image:
            assert image.mode == "L"
            assert [tuple(place) for place in np.argwhere(np.asarray(image) == 255)] == marked
            assert json.loads(image.text["xai-cam"])["x0"] == 1  # type: ignore[attr-defined] # of a PNG


def test_boxes_name_image_and_class() -> None:
    found = json.loads(parts("all").encode("boxes", TASK, SAID))
    assert found["images"][0]["file_name"] == "p/a.jpg" and found["categories"][0]["name"] == "kind: cat"
    assert [one["bbox"] for one in found["annotations"]] == [[1, 0, 1, 1], [3, 1, 1, 1]]
    said = found["info"]["xai-cam"]
    assert said["regions"] == 2 and said["components"] == "all" and "components" not in parts().columns


def test_boxes_of_an_image_whose_name_is_no_text() -> None:
    """A byte that is no UTF-8, as Python has it in names."""
    task = Task(ImageFile(Path("in/caf\udce9.jpg"), Path()), Path("out"), "caf")
    found = json.loads(parts().encode("boxes", task, SAID))
    assert found["images"][0]["file_name"] == "caf\\udce9.jpg"


def test_volumes_are_refused() -> None:
    volume = MapParts(made(np.ones((2, 2, 2))), Region(0, 0, 2, 2), (2, 2), "0.15")
    with pytest.raises(ImageError, match="it is a volume"):
        _ = volume.columns
