"""Where a map is high, from Python: in pixels of its picture, or in its cells; what is saved of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oracle import regions as oracle
from support.maps import Photos, made
from xai_cam.cam.pictured import Source
from xai_cam.drawing.overlay import place
from xai_cam.errors import InputError
from xai_cam.images.picture import Region

CAM = np.float32([[0, 3, 0, 0], [0, 0, 0, 2], [-4, 0, 0, 0]])


def test_in_cells_where_no_picture_is_known() -> None:
    assert [one.box for one in made(CAM).regions(0.5, "all")] == [(1, 0, 2, 1), (3, 1, 4, 2)]
    assert made(CAM).box("p99") == (1, 0, 2, 1, (1, 0), (3, 4))


def test_of_both_signs_what_is_above_0() -> None:
    found = made(CAM, sign="both").regions(0.5, "all")
    assert [one.box for one in found] == [(1, 0, 2, 1), (3, 1, 4, 2)]


def test_in_the_pixels_of_the_picture() -> None:
    """A part of what the model saw, which is a part of the picture."""
    photos = Photos.of((60, 80))
    photos.regions[0] = Region(5, 10, 65, 70)
    half = Region(0.0, 0.5, 1.0, 1.0)
    one = made(np.abs(CAM), source=Source(photos), part=half)
    placed, _ = place(one.saliency_map, Region(5, 40, 65, 70), (60, 80))
    expected = oracle.parts(placed >= np.float32(0.4) * placed.max())
    found = one.regions(0.4, "all")
    assert [part.box for part in found] == [oracle.box(part) for part in expected]
    box = one.box(0.4)
    assert box is not None and box[:4] == found[0].box and box.size == (60, 80)
    assert found[0].mask.sum() == found[0].area == len(expected[0])


def test_a_volume_has_a_box_and_no_regions() -> None:
    one = made(np.random.default_rng(0).random((2, 3, 4)))
    assert one.box() is not None
    with pytest.raises(InputError, match=r"Use `box\(\)`"):
        one.regions()


def test_masks_and_boxes_are_saved(tmp_path: Path) -> None:
    one = made(np.abs(CAM), source=Source(Photos.of((60, 80), folder=tmp_path)))
    path = one.save(tmp_path / "m.png", "mask", threshold="otsu", components="all")
    with Image.open(path) as image:
        assert image.mode == "L" and image.size == (80, 60)
        mask = np.asarray(image)
    parts = one.regions("otsu", "all")
    np.testing.assert_array_equal(mask, 255 * np.any([part.mask for part in parts], axis=0))
    found = json.loads(one.save(tmp_path / "b.json", "boxes", threshold="otsu").read_text("utf-8"))
    (only,) = found["annotations"]
    x0, y0, x1, y1 = parts[0].box
    assert only["bbox"] == [x0, y0, x1 - x0, y1 - y0] and found["images"][0]["file_name"] == "photo 0.png"
    for name, what in (("m.jpg", "mask"), ("b.png", "boxes")):
        with pytest.raises(InputError, match=r"Use \.png|Use \.json"):
            one.save(tmp_path / name, what)


def test_boxes_of_a_picture_whose_name_is_no_text(tmp_path: Path) -> None:
    photos = Photos.of((60, 80), folder=tmp_path)
    photos.paths[0] = tmp_path / "caf\udce9.png"
    one = made(np.abs(CAM), source=Source(photos))
    found = json.loads(one.save(tmp_path / "b.json", "boxes").read_text("utf-8"))
    assert found["images"][0]["file_name"] == "caf\\udce9.png"
    assert one.save(tmp_path / "m.png", "mask").exists()


def test_a_figure_marks_them() -> None:
    one = made(np.abs(CAM), source=Source(Photos.of((90, 120))))
    drawn = {
        (mark, components): one.figure(**{mark: True}, threshold=0.5, components=components).tobytes()  # type: ignore[arg-type] # marks are flags
        for mark in ("box", "edge")
        for components in ("largest", "all")
    }
    assert len({*drawn.values(), one.figure().tobytes()}) == 5
