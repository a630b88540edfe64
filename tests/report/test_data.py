"""What the page's script reads: plain values, and each text once."""

from __future__ import annotations

import json

import pytest

from support.report_pages import make_page
from xai_cam.report.data import base_name, gallery_data
from xai_cam.report.model import Asset, Column, Item, Map, Page, Parts


def test_everything_of_an_image_by_hand() -> None:
    shown = Map(
        variant="grad-cam at conv",
        layer="conv",
        method="grad-cam",
        class_index=2,
        class_name="cat",
        score=1.5,
        score_name="logit",
        probability=0.25,
        metrics={"drop": 3.0},
        overlay=Asset("ab", "t.jpg", "f.jpg", 40, 30),
        file="maps/a.png",
        provenance={"image_sha256": "12"},
        parts=Parts((40, 30), ((8, 5, 20, 10),), 120, (9, 6)),
    )
    item = Item("test/a.jpg", "written", truth="cat", predicted="dog", right=False, maps=(shown,))
    columns = Column("drop", "Drop", "", "%"), Column("max_box_acc", "of all images alone")
    data = gallery_data(Page("t", (item, Item("b.jpg", "failed", "broken")), columns))
    assert data["columns"] == [{"name": "drop", "title": "Drop", "unit": "%"}]
    assert list(data["contenders"]) == ["grad-cam at conv"]
    first, second = data["items"]
    assert first == {
        "image": "test/a.jpg",
        "name": "a.jpg",
        "outcome": "written",
        "message": "",
        "picture": None,
        "truth": "cat",
        "predicted": "dog",
        "right": False,
        "maps": [
            {
                "contender": "grad-cam at conv",
                "layer": "conv",
                "class": "cat",
                "score": 1.5,
                "scoreName": "logit",
                "probability": 0.25,
                "status": "ok",
                "cause": "",
                "metrics": {"drop": 3.0},
                "overlay": {"thumb": "t.jpg", "full": "f.jpg", "width": 40, "height": 30},
                "parts": {"width": 40, "height": 30, "boxes": ((8, 5, 20, 10),), "area": 0.1, "peak": (9, 6)},
                "file": "maps/a.png",
                "provenance": {},  # the only map's is common to all
            }
        ],
    }
    assert data["common"] == {"image sha256": "12"}
    assert (second["outcome"], second["message"], second["maps"]) == ("failed", "broken", [])


@pytest.mark.parametrize(
    ("index", "name", "label"), [(2, "cat", "cat"), (2, "", "2"), (0, "", "0"), (None, "", "")]
)
def test_a_class_without_a_name_is_its_index(index: int | None, name: str, label: str) -> None:
    page = Page("t", (Item("a.jpg", "written", maps=(Map("m", class_index=index, class_name=name),)),))
    assert gallery_data(page)["items"][0]["maps"][0]["class"] == label


def test_what_all_maps_say_is_held_once() -> None:
    data = gallery_data(make_page(hostile=False))
    assert data["common"] == {"tool": "xai-cam 1"}
    own = data["items"][1]["maps"][0]["provenance"]
    assert own == {"image sha256": f"{1:064x}", "note": "image_1.jpg"}


def test_provenance_becomes_text() -> None:
    """The second map says nothing, so that nothing is common."""
    provenance = {
        "region": [0, 1.5, [2, 3]],
        "versions": {"keras": "3", "numpy": 2},
        "flag": True,
        "empty": "",
        "none": None,
        "zero": 0,
    }
    item = Item("a.jpg", "written", maps=(Map("m", provenance=provenance), Map("n")))
    assert gallery_data(Page("t", (item,)))["items"][0]["maps"][0]["provenance"] == {
        "region": "0, 1.5, 2, 3",
        "versions": "keras 3, numpy 2",
        "flag": "true",
        "zero": "0",
    }


def test_a_page_without_maps_has_nothing_in_common() -> None:
    data = gallery_data(Page("t", (Item("a.jpg", "failed"),)))
    assert (data["common"], list(data["contenders"])) == ({}, [])
    json.dumps(data)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.jpg", "b.jpg"),
        ("b.jpg", "b.jpg"),
        ("C:\\x\\y.png", "y.png"),
        ("a/", "a/"),
        ("a/x\\y.png", "x\\y.png"),
    ],
)
def test_names_of_paths(path: str, name: str) -> None:
    assert base_name(path) == name
