"""A list of maps that is a list in every respect, and shows itself."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import xai_cam.extras
from support.maps import Photos, made
from xai_cam.cam.explanations import Explanations
from xai_cam.cam.pictured import Source
from xai_cam.errors import InputError, XaiCamError


def several(count: int = 3, **other: object) -> Explanations:
    source = Source(Photos.of(*[(20, 30)] * count))
    return Explanations(made(image=i, source=source, **other) for i in range(count))


def test_a_list_that_knows_its_images() -> None:
    a, b, c = (made(image=i) for i in (0, 1, 1))
    found = Explanations([a, b, c])
    assert found == [a, b, c] and found.by_image == [[a], [b, c]] and found[-1] is c and len(found) == 3
    assert repr(found).count("<Explanation") == 3
    assert Explanations() == [] and repr(Explanations()) == "[]"


def test_it_is_a_list_and_what_is_cut_of_it_is_of_its_kind() -> None:
    found = several()
    assert isinstance(found, list) and [*found] == list(found) and found.index(found[1]) == 1
    for part in (found[:2], found[::-1], found + found[:1], found.copy(), copy.copy(found)):
        assert type(part) is Explanations
    assert found[::-1][0] is found[2] and (found + found)[3] is found[0] and len(found[5:]) == 0
    found.append(made(image=7))
    assert len(found.by_image) == 4 and sorted(found, key=lambda e: -e.image)[0].image == 7
    assert len(pickle.loads(pickle.dumps(found))) == 4
    del found[0]
    assert [e.image for e in found] == [1, 2, 7]


def test_a_table() -> None:
    frame = several(2, labels="abc").to_frame()
    assert list(frame["image"]) == [0, 1] and list(frame["class_name"]) == ["c", "c"]
    assert {"method", "layer", "probability", "status", "path"} <= set(frame.columns)
    json.dumps(several().to_dict(), allow_nan=False)


@pytest.mark.parametrize("library", ["pandas", "matplotlib"])
def test_a_missing_library_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: not module.startswith(library))
    with pytest.raises(XaiCamError, match=r"needs (pandas|matplotlib), which is not installed"):
        several().to_frame() if library == "pandas" else several().plot()


def test_files_have_names_that_are_told_apart(tmp_path: Path) -> None:
    photos = Photos.of((9, 9), (9, 9), folder=tmp_path)
    photos.paths[1] = tmp_path / "other" / "PHOTO 0.png"
    source = Source(photos)
    found = Explanations(made(image=i, method=m, source=source) for i in (0, 1) for m in ("m/1", "m2"))
    names = [path.name for path in found.save(tmp_path / "out", suffix=".npy")]
    assert names == ["photo-0_m.1.npy", "photo-0_m2.npy", "PHOTO-0_m.1_2.npy", "PHOTO-0_m2_2.npy"]
    assert [path.name for path in several(2).save(tmp_path / "plain", "overlay")] == [
        "image_0.png",
        "image_1.png",
    ]


def test_a_chart_has_a_panel_for_each_map() -> None:
    figure = several(5).plot()
    shown = [axes for axes in figure.axes if axes.images]
    assert len(figure.axes) == 8 and len(shown) == 5 and "class 2" in shown[0].get_title()
    assert figure._repr_png_()[:4] == b"\x89PNG"
    assert len([a for a in several(1).plot().axes if a.images]) == 1 and Explanations().plot().axes


def test_a_gallery_is_bounded_and_escaped() -> None:
    html = several(14, labels=["", "", "<b>&"])._repr_html_()
    assert html.count("<img") == 12 and "2 more" in html and "14 maps of 14 images" in html
    assert "<b>&" not in html and "&lt;b&gt;&amp;" in html
    assert "more" not in several(2)._repr_html_() and Explanations()._repr_html_().count("<img") == 0


def test_no_figure_replaces_any_picture_that_was_explained(tmp_path: Path) -> None:
    photos = Photos.of((9, 9), (9, 9))
    photos.paths[:] = [tmp_path / "cat.jpg", tmp_path / "cat_2.png"]  # the first map's figure is cat.png
    (tmp_path / "cat_2.png").write_bytes(b"a photo")
    source = Source(photos)
    found = Explanations(made(image=i, source=source) for i in (0, 0))
    with pytest.raises(InputError, match=r"cat_2\.png is one of the inputs"):
        found.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cat_2.png"], "not even the first was written"
    with pytest.raises(InputError, match="one of the inputs"):
        found[0].save(tmp_path / "cat_2.png")


def test_figures_are_saved_with_the_looks_that_figures_have(tmp_path: Path) -> None:
    looks = {"theme": "dark", "box": True, "peak": True, "colormap": "jet"}
    found = several(1)
    path = found[0].save(tmp_path / "dark.png", **looks)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), found[0].figure(**looks))
    assert found.save(tmp_path / "all", **looks)[0].read_bytes() == path.read_bytes()
    found[0].save(path, "overlay", blend="spotlight")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), found[0].overlay(blend="spotlight"))
    with pytest.raises(InputError, match="An overlay has no theme"):
        found[0].save(path, "overlay", box=True)


def test_regions_of_all_maps_in_one_file(tmp_path: Path) -> None:
    """Every part of every map, at its image and its class; images of one name are two."""
    cams = [
        np.float32(cam) for cam in ([[0, 3], [0, 0]], [[3, 0], [0, 2]], [[0, 0], [0, 0]], [[0, 0], [1, 0]])
    ]
    photos = Photos.of((20, 30), (40, 10), (8, 8), folder=tmp_path)
    photos.paths[1] = tmp_path / "other" / photos.paths[0].name
    goals = [(0, 4), (1, 2), (2, 4), (0, 2)]
    found = Explanations(
        made(cam, image=image, target_class=goal, source=Source(photos), labels="abcde")
        for cam, (image, goal) in zip(cams, goals, strict=True)
    )
    path = found.save_coco(tmp_path / "all.json", 0.5, "all")
    told = json.loads(path.read_text("utf-8"))
    names = {one["id"]: one["name"] for one in told["categories"]}
    assert names == {3: "c", 5: "e"}
    images = [(one["id"], one["file_name"], one["width"], one["height"]) for one in told["images"]]
    first, third = photos.paths[0].name, photos.paths[2].name
    assert images == [(1, first, 30, 20), (2, first, 10, 40), (3, third, 8, 8)]
    parts = [
        (one.image + 1, [part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0], one.class_name)
        for one in found
        for part in one.regions(0.5, "all")
    ]
    assert len(parts) == 4
    assert parts == [(a["image_id"], a["bbox"], names[a["category_id"]]) for a in told["annotations"]]
    assert [one["id"] for one in told["annotations"]] == [1, 2, 3, 4]
    others = Photos.of((20, 30), folder=tmp_path)
    more = made(cams[1], image=0, target_class=2, source=Source(others), labels="abcde")
    both = json.loads((found + Explanations([more])).save_coco(tmp_path / "both.json").read_text("utf-8"))
    assert len(both["images"]) == 4, "the first image of another call is another image"
    photos.paths[2] = path
    with pytest.raises(InputError, match="is one of the inputs"):
        Explanations([made(source=Source(photos))]).save_coco(path)
    with pytest.raises(InputError, match=r"Use \.json"):
        found.save_coco(tmp_path / "x.png")
