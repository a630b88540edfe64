"""`xai-cam compare --boxes`: the whole command on a small model, in all three forms of boxes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from support.commands import counted
from xai_cam.cli import main
from xai_cam.metrics.measures import PRESETS

Files = tuple[Path, Path]

SIZE = 30, 24
"""Width and height of the photos."""


@pytest.fixture
def photos(make_photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three photos in `p`, below the current folder; the last is to be turned."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a", "b", "c")):
        make_photo(tmp_path / "p" / f"{name}.png", seed=number)
    with Image.open("p/c.png") as image:
        exif = image.getexif()
        exif[0x0112] = 6  # a quarter turn: 24 wide and 30 high as it is shown
        image.convert("RGB").save("p/c.png", exif=exif)
    return Path("p")


def run(files: Files, *arguments: Any) -> Result:
    command = ["compare", "-m", str(files[0]), "-w", str(files[1]), "--steps", "0", "--method", "grad-cam"]
    return CliRunner().invoke(main, [*command, *map(str, arguments)], catch_exceptions=False)


def rows() -> dict[str, dict[str, str]]:
    with open("compare.csv", encoding="utf-8", newline="") as file:
        return {Path(row["image"]).stem: row for row in csv.DictReader(file)}


def write_table(*lines: str, name: str = "b.csv") -> str:
    Path(name).write_text("\n".join(["image,x0,y0,x1,y1", *lines]), encoding="utf-8")
    return name


def test_boxes_in_three_forms_give_the_same(tiny_files: Files, photos: Path):
    """In VOC pixels are counted from 1. A photo without boxes is said once, and left out."""
    coco = {
        "images": [{"id": 1, "file_name": "p/a.png", "width": 30, "height": 24}, {"id": 2, "file_name": "c"}],
        "annotations": [
            {"image_id": 1, "bbox": [2, 3, 20, 10]},
            {"image_id": 2, "bbox": [0, 20, 10, 10]},
        ],
    }
    Path("b.json").write_text(json.dumps(coco), encoding="utf-8")
    Path("voc").mkdir()
    for name, edges in (("a", (3, 4, 22, 13)), ("c", (1, 21, 10, 30))):
        sides = "".join(
            f"<{e}>{n}</{e}>" for e, n in zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True)
        )
        Path(f"voc/{name}.xml").write_text(
            f"<annotation><object><bndbox>{sides}</bndbox></object></annotation>", encoding="utf-8"
        )
    write_table("a.png,2,3,22,13", "c,0,20,10,30")
    found = []
    for boxes in ("b.csv", "b.json", "voc"):
        result = run(tiny_files, photos, "--boxes", boxes, "--measures", "localisation", "--overwrite")
        assert counted(result, written=3), result.stderr
        assert f"{boxes} has no box of {Path('p/b.png')}: how well these are" in result.stderr
        found.append({name: [row[m] for m in PRESETS["localisation"][:4]] for name, row in rows().items()})
    assert found[0] == found[1] == found[2]
    assert found[0]["b"] == [""] * 4 and all(found[0]["a"]) and all(found[0]["c"])


def test_boxes_of_a_turned_photo_are_in_the_picture_as_it_is_shown(tiny_files: Files, photos: Path):
    """Of the whole picture, 24 wide and 30 high, all of the map lies inside; of its lower half not all."""
    whole = write_table("c.png,0,0,24,30")
    assert counted(run(tiny_files, photos / "c.png", "--boxes", whole), written=1)
    assert rows()["c"]["energy_pointing"] == "1.0" and rows()["c"]["pointing_game"] == "100.0"
    halves = []
    for box in ("0,15,24,30", "0,0,24,15"):
        assert counted(run(tiny_files, photos / "c.png", "--boxes", write_table(f"c.png,{box}")), written=1)
        halves.append(float(rows()["c"]["energy_pointing"]))
    assert sum(halves) == pytest.approx(1) and 0 < halves[0] < 1
    stored = {"images": [{"id": 1, "file_name": "c.png", "width": 30, "height": 24}]}
    stored["annotations"] = [{"image_id": 1, "bbox": [0, 0, 30, 24]}]
    Path("b.json").write_text(json.dumps(stored), encoding="utf-8")
    result = run(tiny_files, photos / "c.png", "--boxes", "b.json")
    assert result.exit_code == 1
    assert "24 x 30 pixels without the turn that its EXIF asks for, and it has 30 x 24" in result.stderr


def test_the_summary_the_json_and_the_page_have_the_curve(tiny_files: Files, photos: Path):
    boxes = write_table("a,0,0,30,24", "b,0,0,30,24", "c,0,0,24,30")
    result = run(tiny_files, photos, "--boxes", boxes, "--report", "r.html", "--json")
    figures = json.loads(result.stdout)
    assert list(figures["metrics"]) == [
        *("drop", "increase", "energy_pointing", "pointing_game", "iou", "max_box_acc"),
    ]
    curve = figures["curves"]["max_box_acc"]["grad-cam"]
    assert curve["fractions"] == pytest.approx([n / 100 for n in range(100)])
    assert curve["mean"][0] == 100, "at 0 every box is the picture"
    assert figures["means"]["grad-cam"]["max_box_acc"]["value"] == max(curve["mean"]) == 100
    page = Path("r.html").read_text(encoding="utf-8")
    assert "images whose box fits, %" in page and "b.csv" in page
    again = run(tiny_files, photos, "--boxes", boxes, "--json")
    assert "3 up to date" in again.stderr
    assert json.loads(again.stdout) == figures


def test_a_box_that_changed_is_measured_anew(tiny_files: Files, photos: Path):
    for box, outcome in (("0,0,9,9", "written"), ("0,0,9,9", "up to date"), ("0,0,9,10", "written")):
        result = run(tiny_files, photos / "a.png", "--boxes", write_table(f"a.png,{box}"))
        assert f"1 {outcome}" in result.stderr or f"{outcome}" in rows()["a"]["outcome"]
        assert rows()["a"]["outcome"] == outcome


def test_masks_and_boxes_together(tiny_files: Files, photos: Path):
    """Pixels are judged by the mask, which is nowhere the map is not; boxes by the boxes."""
    Path("masks").mkdir()
    Image.fromarray(np.full((24, 30), 255, np.uint8)).save("masks/a.png")
    boxes = write_table("a.png,0,0,1,1")
    result = run(tiny_files, photos / "a.png", "--boxes", boxes, "--masks", "masks")
    assert counted(result, written=1)
    assert rows()["a"]["energy_pointing"] == "1.0" and float(rows()["a"]["iou"]) < 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,x0,y0,x1,y1\na.png,5,5,2,9\n", "(line 2), which ends before it begins"),
        ("image,x0,y0,x1,y1\nother.png,1,1,2,2\n", "but those of 'other.png' and others"),
        ("image,x0,y0,x1,y1,class\na.png,1,1,2,2,bird\n", "the names of the model's classes are not known"),
        ("image\na.png\n", "does not name the image and the four edges"),
    ],
)
def test_what_is_refused(tiny_files: Files, photos: Path, text: str, message: str):
    Path("b.csv").write_text(text, encoding="utf-8")
    result = run(tiny_files, photos, "--boxes", "b.csv")
    assert result.exit_code == 2 and message in result.stderr, result.stderr
    assert "`" not in result.stderr, "arguments are told as options"


def test_a_box_beside_the_picture_fails_its_image(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "--boxes", write_table("a.png,0,0,9,9", "b.png,90,0,99,9"))
    assert result.exit_code == 1 and counted(result, written=2, failed=1)
    assert "its box 90, 0, 99, 9 (line 3) lies outside of it, which has 24 x 30 pixels" in result.stderr


def test_measures_of_boxes_without_boxes(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "--measures", "iou")
    assert result.exit_code == 2 and "Add --masks or --boxes" in result.stderr


def test_the_table_is_not_overwritten_by_the_rows(tiny_files: Files, photos: Path):
    boxes = write_table("a.png,0,0,9,9")
    result = run(tiny_files, photos, "--boxes", boxes, "--results", boxes, "--overwrite")
    assert result.exit_code == 2 and Path(boxes).read_text(encoding="utf-8").startswith("image,x0")


def test_boxes_of_no_image_are_told_when_a_run_begins(tiny_files: Files, photos: Path):
    boxes = write_table(*(f"p/{name}.png,2,3,9,9" for name in "abcd"))
    dry = run(tiny_files, photos, "--boxes", boxes, "--dry-run")
    assert "b.csv names p/d.png, which is none of the images." in dry.stderr and dry.exit_code == 0
    real = run(tiny_files, photos, "--boxes", boxes)
    assert real.exit_code == 0 and real.stderr.index("names p/d.png") < real.stderr.index("Layer ")


def test_a_dry_run_knows_that_nobody_says_where_the_object_is(
    tiny_files: Files, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of a model that no run has opened yet with a reserve; of a known one it refuses what a run would."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked = photos, "--measures", "iou"
    dry = run(tiny_files, *asked, "--dry-run")
    assert "Unless the model is one of segmentation: --measures names iou" in dry.stderr
    assert dry.exit_code == 0 and dry.stdout.count("(to do)") == 3
    real, again = run(tiny_files, *asked), run(tiny_files, *asked, "--dry-run")
    for refused in (real, again):
        assert refused.exit_code == 2 and refused.stdout == ""
        assert "--measures names iou, which has to know where the object is." in refused.stderr
    boxes = write_table("a.png,2,3,9,9")
    assert run(tiny_files, *asked, "--boxes", boxes, "--dry-run").exit_code == 0
    assert "Unless" not in run(tiny_files, photos, "--measures", "all", "--dry-run").stderr
