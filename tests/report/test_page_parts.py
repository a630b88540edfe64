"""The page of a shard as data: what was written is read back, and nothing else is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.files.numbered import Numbered
from xai_cam.files.shard import Shard
from xai_cam.report.model import Asset, ColourBar, Item, Map, Page, PagePart, Parts
from xai_cam.report.page import render
from xai_cam.report.page_parts import encode_part, part_of, read_part
from xai_cam.runs.share import Share

pytest.importorskip("jinja2")

PICTURE = Asset("ab12", "r_files/xai-cam-ab12-thumb.jpg", "r_files/xai-cam-ab12.jpg", 400, 300)
ITEMS = (
    Item(
        "photos/</script><b>.png",
        "written",
        picture=PICTURE,
        truth="ant",
        predicted="bee",
        right=False,
        maps=(
            Map(
                "grad-cam",
                "conv",
                "grad-cam",
                class_index="3+5",
                score=0.1,
                metrics={"drop": None, "deletion": 1 / 3},
                overlay=PICTURE,
                provenance={"size": [1, 2], "of": {"a": 1e-9}},
                parts=Parts((400, 300), ((1.0, 2.0, 3.0, 4.0),), 12, (5, 6)),
            ),
        ),
    ),
    Item("photos/x.png", "failed", "no picture"),
)
PART = PagePart("2/3", 2, 7, (4, 6), {"images": [], "threshold": "0.15"}, "123", "456")
PAGE = Page(
    "Title",
    ITEMS,
    facts=(("tool", "xai-cam 1"),),
    notes=("A note.",),
    model="m/a.keras",
    part=PART,
    colours=ColourBar(("#000000", "#ffffff")),
)


def test_a_page_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(PAGE), encoding="utf-8")
    found = read_part(path)
    assert (found.title, found.facts) == (PAGE.title, PAGE.facts)
    assert (found.part, found.colours, found.notes, found.model) == (
        PART,
        PAGE.colours,
        PAGE.notes,
        PAGE.model,
    )
    assert found.items[1] == ITEMS[1]
    assert (found.items[0].picture, found.items[0].maps[0].overlay) == (PICTURE, PICTURE)
    assert render(found) == render(PAGE)


def test_a_text_cannot_end_the_script() -> None:
    assert render(PAGE).count("</script>") == 3, "of the data, of the shard and of the page's own"


def test_a_page_of_a_whole_run_has_no_part(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(Page("Title", ITEMS)), encoding="utf-8")
    assert 'id="shard"' not in path.read_text("utf-8")
    with pytest.raises(InputError, match=r"page\.html is no report of a shard"):
        read_part(path)


def test_numbers_that_are_none_become_nothing(tmp_path: Path) -> None:
    page = Page("Title", (Item("a.png", "written", maps=(Map("x", score=math.nan),)),), part=PART)
    (tmp_path / "page.html").write_text(render(page), encoding="utf-8")
    assert read_part(tmp_path / "page.html").items[0].maps[0].score is None


@pytest.mark.parametrize(
    ("before", "after"),
    [("no picture", "a picture"), ("0.1,", "0.2,"), ('"ab12"', '"../x"'), ('"sha256":"', '"sha256":"0')],
)
def test_a_page_that_was_changed_is_refused(before: str, after: str, tmp_path: Path) -> None:
    head, mark, part = render(PAGE).partition('id="shard">')
    assert before in part
    (tmp_path / "page.html").write_text(head + mark + part.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError, match="was changed since xai-cam wrote it"):
        read_part(tmp_path / "page.html")


def test_a_picture_lies_nowhere_else_than_beside_its_page(tmp_path: Path) -> None:
    """Also if somebody worked out the hash."""
    item = Item("a.png", "written", picture=Asset("../../secret", "", "", 1, 1))
    text = f'<script type="application/json" id="shard">{encode_part(Page("T", (item,), part=PART))}</script>'
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="was changed since"):
        read_part(tmp_path / "page.html")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b'<script type="application/json" id="shard">1</script>'])
def test_what_is_no_page_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(data)
    with pytest.raises(InputError, match=r"is no report of a shard|was changed since"):
        read_part(tmp_path / "page.html")


def test_a_part_says_where_its_images_are_in_the_plan() -> None:
    share = Share(Shard(2, 3), Numbered([("a.png", 6), ("b.png", 4)]), 2, None, "123", "456")
    told = PagePart("2/3", 2, 0, (4, 6), options="123", paths="456")
    assert part_of(share, ["b.png", "a.png"]) == told
    assert part_of(None, ["b.png"]) is None
