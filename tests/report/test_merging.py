"""Pages of shards as one: order, facts, pictures; what does not belong together is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support.measured import image, measured
from xai_cam.errors import InputError
from xai_cam.metrics.comparison import Comparison
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.compare_figures import IOU, as_told
from xai_cam.report.merging import MergedPages
from xai_cam.report.model import Item, Map, Page, PagePart
from xai_cam.report.page import write_report

pytest.importorskip("jinja2")

FACTS = (("model", "/a/m.keras"), ("SHA-256 of the model", "abc"), ("preprocessing", "auto"), ("tool", "x 1"))


def page_of(path: Path, shard: str, positions: tuple[int, ...], failed: tuple[int, ...] = ()) -> Page:
    """A page whose images are called by their places, with a picture each."""
    store = AssetStore(folder_of(path))
    items = tuple(
        Item(f"{n}.png", "failed", "why")
        if n in failed
        else Item(
            f"{n}.png",
            "written",
            picture=store.put(f"{n:02x}", np.full((340, 20, 3), n, np.uint8)),
            maps=(Map("m", overlay=store.put(f"{n:02x}ff", np.full((20, 20, 3), n, np.uint8))),),
        )
        for n in positions
    )
    return Page("Maps", items, facts=FACTS, model="m", part=PagePart(shard, len(positions), 5, positions))


def write(path: Path, page: Page) -> Path:
    write_report(path, page)
    return path


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    first, second = tmp_path / "1.html", tmp_path / "2.html"
    return [
        write(first, page_of(first, "1/2", (2, 5, 1), failed=(1,))),
        write(second, page_of(second, "2/2", (3, 4))),
    ]


def test_images_come_in_the_order_of_the_plan_with_their_pictures(pages: list[Path], tmp_path: Path) -> None:
    merged = MergedPages(pages[::-1])
    assert (len(merged), merged.failed, merged.comparison) == (5, 1, None)
    page = merged.page(tmp_path / "all" / "all.html")
    assert [item.image for item in page.items] == [f"{n}.png" for n in range(1, 6)]
    assert page.part is None and page.facts == FACTS and page.model == "m"
    for asset in page.assets:
        for url in (asset.thumb, asset.full):
            assert url.startswith("all_files/")
            source = next(
                one for one in (tmp_path / "1_files", tmp_path / "2_files") if (one / Path(url).name).exists()
            )
            assert (tmp_path / "all" / url).read_bytes() == (source / Path(url).name).read_bytes()
    assert len(list((tmp_path / "all" / "all_files").iterdir())) == 12, "4 thumbnails, and 8 in full"


def test_pictures_that_are_there_already_stay(pages: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "all.html"
    first = MergedPages(pages).page(target)
    times = {path: path.stat().st_mtime_ns for path in folder_of(target).iterdir()}
    assert MergedPages(pages).page(target) == first
    assert {path: path.stat().st_mtime_ns for path in folder_of(target).iterdir()} == times


def test_preprocessing_is_told_by_the_first_image_with_a_map(pages: list[Path], tmp_path: Path) -> None:
    for path, shard, positions, told in (("1", "1/2", (1,), "auto"), ("2", "2/2", (2, 3, 4, 5), "unit")):
        page = page_of(tmp_path / f"{path}.html", shard, positions, failed=(1,))
        facts = tuple((name, told if name == "preprocessing" else value) for name, value in FACTS)
        write(
            tmp_path / f"{path}.html", replace(page, facts=facts, notes=("Known.",) if told == "unit" else ())
        )
    page = MergedPages(pages).page(tmp_path / "all.html")
    assert dict(page.facts)["preprocessing"] == "unit" and page.notes == ("Known.",)


def refused(pages: list[Path]) -> str:
    with pytest.raises(InputError) as error:
        MergedPages(pages)
    return str(error.value)


def test_other_facts_are_named_but_for_places_of_files(pages: list[Path], tmp_path: Path) -> None:
    page = page_of(pages[1], "2/2", (3, 4))
    write(pages[1], replace(page, facts=(("model", "/other/place.keras"), *FACTS[1:])))
    assert len(MergedPages(pages)) == 5
    write(pages[1], replace(page, facts=(FACTS[0], ("SHA-256 of the model", "def"), *FACTS[2:])))
    assert refused(pages).startswith(
        f"{pages[0]} and {pages[1]} differ in SHA-256 of the model (abc and def)."
    )
    write(pages[1], replace(page, facts=(*FACTS, ("sign", "both"))))
    assert "differ in sign (nothing and both)." in refused(pages)


def test_pages_of_other_commands_and_shards_are_refused(pages: list[Path], tmp_path: Path) -> None:
    assert refused(pages[:1]).startswith("Missing shard: 2/2: 3 of 5 images are there.")
    other = tmp_path / "3.html"
    write(other, page_of(other, "2/3", (3, 4)))
    assert refused([pages[0], other]).startswith(f"{pages[0]} is of 2 shards and {other} of 3.")
    write(other, page_of(other, "2/2", (2, 4)))
    assert "both have an image at place 2 of the plan" in refused([pages[0], other])
    write(other, replace(page_of(other, "2/2", (3, 4)), title="Another"))
    assert "are pages of different commands" in refused([pages[0], other])
    write(other, replace(page_of(other, "2/2", (3, 4)), part=PagePart("2/2", 2, 5, (3,))))
    assert refused([pages[0], other]).startswith(f"{other} is no report of a shard.")


def test_pages_of_other_runs_are_refused(pages: list[Path]) -> None:
    """Options that no page tells, and another folder with as many images."""
    for part, says in (
        ({"options": "123"}, "had different options."),
        ({"paths": "4"}, "found different images."),
    ):
        for path, shard, positions in zip(pages, ("1/2", "2/2"), ((1, 2, 5), (3, 4)), strict=True):
            page = page_of(path, shard, positions)
            assert page.part is not None
            told = part if path == pages[0] else dict.fromkeys(part, "other")
            write(path, replace(page, part=replace(page.part, **told)))
        assert refused(pages).startswith(f"The runs of {pages[0]} and {pages[1]} {says}")


def test_a_picture_that_is_gone_is_told(pages: list[Path], tmp_path: Path) -> None:
    (tmp_path / "2_files" / "xai-cam-03ff.jpg").unlink()
    with pytest.raises(InputError, match=r"A picture of .*2\.html is not in .*2_files any more"):
        MergedPages(pages).page(tmp_path / "all.html")


def test_figures_are_of_the_images_of_all_pages_in_their_order(pages: list[Path], tmp_path: Path) -> None:
    metrics = {n: image(measured("a", drop=float(n), iou=0.5), rank=[[1.0]]) for n in range(2, 6)}
    for path, shard, positions in ((pages[0], "1/2", (2, 5, 1)), (pages[1], "2/2", (3, 4))):
        page = page_of(path, shard, positions, failed=(1,))
        told = as_told(Comparison([metrics[n] for n in positions if n > 1]), (IOU, "boxes"))
        assert page.part is not None
        facts = (*FACTS, (IOU, "boxes")) if path == pages[0] else FACTS
        write(path, replace(page, part=replace(page.part, comparison=told), facts=facts))
    merged = MergedPages(pages)
    assert merged.comparison is not None
    assert [one.maps[0].values["drop"] for one in merged.comparison.images] == [2, 3, 4, 5]
    page = merged.page(tmp_path / "all.html")
    assert page.summary[0].estimates["drop"].value == 3.5
    assert page.facts == (*FACTS, (IOU, "boxes"))


def test_a_page_without_images_stands_for_its_shard(tmp_path: Path) -> None:
    """It is needed where nobody knows how many images a missing one had."""
    paths = [tmp_path / f"{n}.html" for n in (1, 2, 3)]
    for path, shard, positions in zip(paths, ("1/3", "2/3", "3/3"), ((2, 1), (), (3,)), strict=True):
        page = page_of(path, shard, positions)
        assert page.part is not None
        write(path, replace(page, part=replace(page.part, all_images=0)))
    assert len(MergedPages(paths)) == 3
    assert len(MergedPages([paths[1], paths[0], paths[2]]).page(tmp_path / "all.html").items) == 3
    assert refused([paths[0], paths[2]]) == "Missing shard: 2/3. Name the file of the missing, too."
