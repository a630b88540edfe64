"""`xai-cam explain --save mask,boxes`: regions in the original picture, COCO, later runs, refusals."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle import regions as oracle
from support.commands import counted, explain, named, run, tree
from xai_cam.drawing.overlay import place
from xai_cam.images.picture import Region

Files = Callable[..., tuple[Path, Path]]
SAVE = ("--save", "mask,boxes")


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for seed, name in enumerate(("a.png", "cats/b.png")):
        make_photo(tmp_path / "in" / name, (40, 60), seed)
    return tmp_path / "in"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opened(path: Path | str) -> np.ndarray:
    return np.asarray(Image.open(path))


def read(path: Path | str) -> dict[str, Any]:
    return json.loads(Path(path).read_text("utf-8"))


@pytest.mark.parametrize("components", ["largest", "all"])
def test_a_crop_of_a_turned_photo(tmp_path: Path, model_files: Files, components: str) -> None:
    """Where the map is high in the picture as it is shown: the crop undone, and EXIF's turn respected."""
    upright = np.random.default_rng(5).integers(0, 120, (90, 50, 3), np.uint8)
    upright[30:45, 6:14] = 250
    turned, exif = Image.fromarray(np.rot90(upright)), Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    turned.save(tmp_path / "a.png", exif=exif)
    asked = ("--fit", "crop", "--threshold", "0.6", "--components", components, "-r")
    table = tmp_path / "rows.csv"
    result = explain(
        model_files(), tmp_path / "a.png", "--save", "raw,mask,boxes", *asked, "--results", table
    )
    assert counted(result, 1), result.stderr
    (row,), cam = rows_of(table), np.load(tmp_path / "a_grad-cam.npy")
    placed, _ = place(cam / cam.max(), Region(20, 0, 70, 50), (90, 50))  # the middle of 90 x 50 pixels
    parts = oracle.parts(placed >= np.float32(0.6) * placed.max())
    asked_for = parts if components == "all" else parts[:1]
    x0, y0, x1, y1 = oracle.box(parts[0])
    assert [int(row[name]) for name in ("x0", "y0", "x1", "y1")] == [x0, y0, x1, y1]
    assert (int(row["area"]), int(row["regions"]), row["threshold"]) == (len(parts[0]), len(parts), "0.6")
    down, across = np.unravel_index(cam.argmax(), cam.shape)
    middle = 20 + (down + 0.5) * 50 / len(cam), (across + 0.5) * 50 / cam.shape[1]
    assert (int(row["peak_y"]), int(row["peak_x"])) == tuple(map(int, middle))
    mask = opened(row["mask"])
    assert {(y, x) for y, x in np.argwhere(mask == 255)} == set().union(*asked_for)
    assert mask.shape == (90, 50) and set(np.unique(mask)) == {0, 255}
    found = read(row["boxes"])
    assert found["images"] == [{"id": 1, "file_name": "a.png", "width": 50, "height": 90}]
    assert [(one["bbox"], one["area"]) for one in found["annotations"]] == [
        ([left, top, right - left, bottom - top], len(part))
        for part in asked_for
        for left, top, right, bottom in [oracle.box(part)]
    ]


def test_a_run_as_coco(photos: Path, model_files: Files, tmp_path: Path) -> None:
    """Whole, also where everything is up to date; the same in every run."""
    labels = tmp_path / "labels.txt"
    labels.write_text("ant\nbee\ncat\n", encoding="utf-8")
    asked = (*SAVE, "-r", "-c", "top2", "--labels", labels, "--components", "all", "--threshold", "0.5")
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    assert counted(explain(model_files(), photos, *asked, "--results", first), 2)
    found = read(first)
    assert [one["file_name"] for one in found["images"]] == ["a.png", "cats/b.png"]
    names = {one["id"]: one["name"] for one in found["categories"]}
    assert names.items() <= {1: "ant", 2: "bee", 3: "cat"}.items()
    ids = [one["id"] for one in found["annotations"]]
    assert ids == list(range(1, len(ids) + 1)) and len(ids) >= 4
    assert {one["image_id"] for one in found["annotations"]} == {1, 2}
    for one in found["annotations"]:
        x, y, width, height = one["bbox"]
        assert 0 <= x < x + width <= 60 and 0 <= y < y + height <= 40 and one["iscrowd"] == 0
        (polygon,) = one["segmentation"]
        assert len(polygon) >= 6 and x <= min(polygon[::2]) and max(polygon[::2]) <= x + width
        assert 0 < one["area"] <= width * height and 0 < one["score"] <= 1
    assert counted(explain(model_files(), photos, *asked, "--results", second), 0, up_to_date=2)
    assert second.read_bytes() == first.read_bytes()
    corrected = second.read_text("utf-8").replace('"iscrowd": 0', '"iscrowd": 1', 1)
    second.write_text(corrected, "utf-8")
    refused = explain(model_files(), photos, *asked, "--results", second)
    assert (
        refused.exit_code == 2
        and "was changed since xai-cam wrote it. Use --overwrite" in refused.stderr.replace("\n", " ")
    )
    assert second.read_text("utf-8") == corrected


def test_another_threshold_needs_no_model_where_maps_are_kept(
    photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and rows are those of a run that asks the model."""
    files, here, there = model_files(), tmp_path / "here", tmp_path / "there"
    saves = ("--save", "overlay,raw,mask,boxes", "-r", "-c", "top2")
    other = (*saves, "--threshold", "otsu", "--components", "all")
    tables = [tmp_path / name for name in ("here.csv", "there.csv", "again.csv")]
    assert counted(explain(files, photos, *other, "-o", there, "--results", tables[1]), 2)
    assert counted(explain(files, photos, *saves, "-o", here), 2)
    monkeypatch.setattr("xai_cam.runs.explain_run.ExplainWork.prepare", lambda _: pytest.fail("it is asked"))
    assert counted(explain(files, photos, *other, "-o", here, "--results", tables[0]), 2)
    assert tree(here) == tree(there)
    assert counted(explain(files, photos, *other, "-o", here, "--results", tables[2]), 0, up_to_date=2)
    changing = {"outcome", "seconds", "overlay", "raw", "mask", "boxes"}
    told = [[{k: v for k, v in row.items() if k not in changing} for row in rows_of(one)] for one in tables]
    assert told[0] == told[1] == told[2] and {row["threshold"] for row in told[0]} == {"otsu"}


def test_overlays_do_not_depend_on_the_threshold(photos: Path, model_files: Files) -> None:
    files = model_files()
    assert counted(explain(files, photos / "a.png", "--save", "overlay,mask"), 1)
    assert counted(explain(files, photos / "a.png", "--save", "overlay"), 0, up_to_date=1)
    assert counted(explain(files, photos / "a.png", "--save", "overlay,mask", "--threshold", "p50"), 1)


def test_masks_are_masks_of_their_images(photos: Path, model_files: Files, tmp_path: Path) -> None:
    files, masks = model_files(), tmp_path / "masks"
    assert counted(explain(files, photos, "-r", "--save", "mask", "-o", masks), 2)
    options = ("-r", "--masks", masks, "-o", tmp_path / "out", "--steps", "0", "--method", "grad-cam")
    result = run("compare", *named(files), photos, *options)
    assert counted(result, 2), result.stderr
    rows = rows_of(tmp_path / "out" / "compare.csv")
    assert [float(row["pointing_game"]) for row in rows] == [100, 100]
    assert all(row["x0"] and row["threshold"] == "0.15" for row in rows)
    explain(files, photos, "-r", "--save", "mask", "-o", masks, "--method", "layer-cam")
    result = run("compare", *named(files), photos, *options, "--overwrite")
    assert result.exit_code == 1 and "there are several masks for it" in result.stderr.replace("\n", " ")


def test_rows_of_compare_follow_the_threshold(photos: Path, model_files: Files, tmp_path: Path) -> None:
    asked = (photos / "a.png", "--steps", "0", "--method", "grad-cam", "-o", tmp_path)
    areas = []
    for threshold in ("0.2", "0.8"):
        for more in (["--overwrite"], []):
            result = run("compare", *named(model_files()), *asked, "--threshold", threshold, *more)
            assert result.exit_code == 0
            (row,) = rows_of(tmp_path / "compare.csv")
            areas.append(int(row["area"]))
    assert areas[0] == areas[1] > areas[2] == areas[3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "0.3"], "--threshold is for figures, masks, boxes. Add boxes to --save."),
        (["--components", "all"], "--components is for figures, masks, boxes. Add boxes to --save."),
        ([*SAVE, "--threshold", "0"], "It is '0'. Give a number above 0"),
        (["--results", "r.json"], "r.json is made of the boxes of all maps, which --save leaves out."),
        (
            [*SAVE, "--results", "r.json", "--append"],
            "--append adds rows to a table",
        ),
        ([*SAVE, "--results", "own.json"], "own.json exists and was not written by xai-cam."),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str], message: str, photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    Path("own.json").write_text('{"my": "labels"}', encoding="utf-8")
    result = explain(model_files(), photos / "a.png", *options)
    assert result.exit_code == 2 and message in result.stderr.replace("\n", " ")
    assert read("own.json") == {"my": "labels"}
