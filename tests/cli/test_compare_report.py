"""`xai-cam compare --report`: what is on the page, and what a second run does about it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from support.commands import counted, strict, tree
from xai_cam.cli import main

Files = tuple[Path, Path]
HOSTILE = '"><img src=x onerror=alert(1)>.png'


@pytest.fixture
def photos(make_photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos in `p/ant` and `p/bee`, one of them with a hostile name, and the labels."""
    monkeypatch.chdir(tmp_path)
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    for number, name in enumerate(("ant/one", "bee/two")):
        make_photo(tmp_path / "p" / f"{name}.png", seed=number)
    return Path("p")


def run(files: Files, *arguments: Any) -> Result:
    command = ["compare", "-m", str(files[0]), "-w", str(files[1]), "--labels", "labels.txt"]
    command += ["--steps", "2", "-r", "--report", "report.html", *map(str, arguments)]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def data(page: str) -> Any:
    """What the gallery is made of."""
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S)[1])


def test_everything_is_on_the_page(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "--baselines", "--json")
    assert result.exit_code == 0 and "Report: report.html" in result.stderr
    page = Path("report.html").read_text("utf-8")
    summary = strict(result.stdout)
    found = data(page)
    assert found["contenders"] == summary["contenders"]
    assert [c["name"] for c in found["columns"]] == ["drop", "increase", "deletion", "insertion"]
    assert [Path(item["image"]).name for item in found["items"]] == ["one.png", "two.png"]
    for item in found["items"]:
        assert item["truth"] == Path(item["image"]).parent.name
        assert item["right"] == (item["predicted"] == item["truth"])
        assert len(item["maps"]) == 5
    for variant in summary["contenders"]:
        assert page.count(variant) > 3
    for text in ("Rank correlation of the maps", "Overlap of the top 10 %", "Deletion", "steps of deletion"):
        assert text in page
    for verdict in summary["verdicts"]:
        assert verdict.replace("'", "&#39;") in page
    for asset in Path("report_files").iterdir():
        with Image.open(asset) as picture:
            assert picture.format == "JPEG"


def test_overlays_show_the_maps(tiny_files: Files, photos: Path):
    """The page's overlay is the one that explain writes, but for JPEG's losses."""
    run(tiny_files, photos / "ant", "--method", "grad-cam")
    explained = ["explain", "-m", str(tiny_files[0]), "-w", str(tiny_files[1]), "p/ant/one.png"]
    CliRunner().invoke(main, explained, catch_exceptions=False)
    (item,) = data(Path("report.html").read_text("utf-8"))["items"]
    shown = np.asarray(Image.open(item["maps"][0]["overlay"]["full"]), float)
    expected = np.asarray(Image.open("p/ant/one_grad-cam.png"), float)
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < 6


def test_a_second_run_makes_nothing_twice_and_the_same_page(tiny_files: Files, photos: Path):
    run(tiny_files, photos)
    before = tree(Path())
    again = run(tiny_files, photos)
    assert counted(again, written=0, up_to_date=2)
    after = tree(Path())
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {"compare.csv", "report.html"}  # outcomes are other ones
    page = after["report.html"].decode().replace("up to date", "written")
    one, other = data(before["report.html"].decode()), data(page)
    assert [i["maps"][0]["overlay"] for i in one["items"]] == [
        i["maps"][0]["overlay"] for i in other["items"]
    ]


def test_pictures_that_are_gone_are_made_again(tiny_files: Files, photos: Path):
    run(tiny_files, photos)
    before = tree(Path("report_files"))
    gone = next(iter(Path("report_files").iterdir()))
    gone.unlink()
    again = run(tiny_files, photos)
    assert counted(again, written=0, up_to_date=2) and "Layer" not in again.stderr, "from the panel"
    assert tree(Path("report_files")) == before


def test_a_report_that_is_asked_for_later_needs_no_model(tiny_files: Files, photos: Path):
    """Its pictures are those of a report that was asked for at once, to the byte."""
    run(tiny_files, photos, "--output", "at-once")
    expected = tree(Path("report_files"))
    shutil.rmtree("report_files")
    command = ["compare", "-m", str(tiny_files[0]), "-w", str(tiny_files[1]), "--labels", "labels.txt"]
    command += ["--steps", "2", "-r", "p"]
    CliRunner().invoke(main, command, catch_exceptions=False)
    dry = CliRunner().invoke(main, [*command, "--report", "report.html", "--dry-run"], catch_exceptions=False)
    assert dry.stdout.count("(up to date)") == 2 and not Path("report_files").exists()
    later = run(tiny_files, photos)
    assert counted(later, written=0, up_to_date=2) and "Layer" not in later.stderr
    assert len(expected) > 4 and tree(Path("report_files")) == expected
    assert len(data(Path("report.html").read_text("utf-8"))["items"]) == 2


def test_a_panel_without_its_maps_is_made_again(
    tiny_files: Files, photos: Path, monkeypatch: pytest.MonkeyPatch
):
    """Those of an early layer of a large input are too large to be kept."""
    monkeypatch.setattr("xai_cam.runs.kept_maps.MAX_TEXT", 10)
    command = ["compare", "-m", str(tiny_files[0]), "-w", str(tiny_files[1]), "--labels", "labels.txt"]
    CliRunner().invoke(main, [*command, "--steps", "2", "-r", "p"], catch_exceptions=False)
    assert counted(run(tiny_files, photos), written=2)


def test_failures_are_listed_and_hostile_names_are_text(tiny_files: Files, photos: Path, make_photo: Any):
    make_photo(photos.absolute() / "ant" / HOSTILE)
    (photos / "bee" / "broken.png").write_bytes(b"no picture")
    result = run(tiny_files, photos, "gone.png")
    assert result.exit_code == 1 and counted(result, written=3, failed=2)
    page = Path("report.html").read_text("utf-8")
    assert "<img src=x" not in page
    outcomes = {Path(i["image"]).name: i["outcome"] for i in data(page)["items"]}
    assert outcomes[HOSTILE] == "written"
    assert outcomes["broken.png"] == outcomes["gone.png"] == "failed"
    assert "not an image file" in page and "there is no such file" in page


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("report.pdf", "does not end in .html"),
        ("mine.html", "was not written by xai-cam"),
        ("p/ant/one.png", "one of the inputs"),
    ],
)
def test_reports_that_cannot_be_made(tiny_files: Files, photos: Path, report: str, message: str):
    Path("mine.html").write_text("<p>mine", encoding="utf-8")
    before = tree(Path())
    result = run(tiny_files, photos, "--report", report)
    assert result.exit_code == 2 and message in result.stderr
    assert tree(Path()) == before


def test_masks_below_the_images_are_no_images(tiny_files: Files, photos: Path):
    folder = photos / "masks" / "ant"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((24, 30), 255, np.uint8)).save(folder / "one.png")
    result = run(tiny_files, photos, "--masks", photos / "masks")
    assert counted(result, written=2)
    (item, _) = data(Path("report.html").read_text("utf-8"))["items"]
    assert item["maps"][0]["metrics"]["energy_pointing"] == 1
