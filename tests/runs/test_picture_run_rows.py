"""A run that draws something of each image: what its outputs are called, and the rows that it tells."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from support.commands import counted, fresh, run, tree
from xai_cam._version import __version__

Make = Callable[..., Path]

DRAWN = "_box_filtered.png"


def blur(*arguments: object) -> Result:
    """The kernel `box` stands for all that such runs draw: it needs no model."""
    return run("kernels", "apply", "--fir", "box", *arguments)


@pytest.fixture
def photos(tmp_path: Path, make_photo: Make) -> Path:
    for seed, name in enumerate(("a.png", "b.jpg", "c.png")):
        make_photo(tmp_path / "photos" / name, seed=seed)
    return tmp_path / "photos"


# --- Names -------------------------------------------------------------------------------------------


def test_a_tree_is_mirrored(tmp_path: Path, make_photo: Make) -> None:
    for name in ("x/a.png", "x/y/a.png", "b.png"):
        make_photo(tmp_path / "in" / name)
    assert counted(blur("-r", tmp_path / "in", "-o", tmp_path / "out"), 3)
    assert set(tree(tmp_path / "out")) == {f"x/a{DRAWN}", f"x/y/a{DRAWN}", f"b{DRAWN}"}
    assert counted(blur(tmp_path / "in"), 1), "without -r only what lies in the folder itself"


def test_two_images_of_one_stem_keep_their_whole_names(photos: Path, make_photo: Make) -> None:
    make_photo(photos / "a.jpg", seed=8)
    assert counted(blur(photos), 4)
    assert {n for n in tree(photos) if "filtered" in n} == {
        *(f"a.jpg{DRAWN}", f"a.png{DRAWN}", f"b{DRAWN}", f"c{DRAWN}")
    }


@pytest.mark.parametrize("name", ["two words.png", "a\nb.png", "ü—字.png", "-dash.png", "50%,;.png"])
def test_odd_names(name: str, tmp_path: Path, make_photo: Make) -> None:
    path = make_photo(tmp_path / "photos" / name)
    result = blur("--save", "picture,figure", "--results", tmp_path / "r.csv", path.parent)
    assert counted(result, 1), result.stderr
    with (tmp_path / "r.csv").open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    outputs = row["output"].split(";") if ";" not in name else row["output"].split(".png;")
    assert row["image"] == str(path) and len(outputs) == 2
    assert counted(blur("--save", "picture,figure", path.parent), 0, up_to_date=1)


def test_names_that_are_no_utf_8(tmp_path: Path, make_photo: Make) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    try:
        make_photo(tmp_path / "x.png").rename(path)
    except OSError:
        pytest.skip("this disk takes no such names")
    options = (
        "-m",
        "xai_cam",
        "kernels",
        "apply",
        "--fir",
        "box",
        "--save",
        "picture,figure",
        "--results",
        "-",
    )
    result = fresh(*options, tmp_path, errors="surrogateescape")
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert (tmp_path / os.fsdecode(b"caf\xe9_box_filtered.png")).exists()


# --- Rows --------------------------------------------------------------------------------------------

COLUMNS = [
    *("image", "outcome", "kernel", "combine", "border", "scale", "low", "high", "window", "depth", "frame"),
    *("output", "message"),
    *("model_sha256", "weights_sha256", "tool", "image_width", "image_height", "seconds"),
]


@pytest.mark.parametrize("target", ["rows.csv", "rows.jsonl", "-"])
def test_a_row_for_each_image(target: str, photos: Path, tmp_path: Path) -> None:
    (photos / "b.jpg").write_text("no picture", encoding="utf-8")
    blur(photos / "c.png")
    path = target if target == "-" else str(tmp_path / target)
    result = blur(photos, photos / "gone.png", "--results", path)
    text = result.stdout if target == "-" else Path(path).read_text("utf-8")
    lines = text.splitlines()
    rows = [json.loads(line) for line in lines] if target.endswith("l") else list(csv.DictReader(lines))
    assert [list(row) for row in rows] == [COLUMNS] * 4
    by_name = {Path(row["image"]).name: row for row in rows}
    assert {name: row["outcome"] for name, row in by_name.items()} == {
        **{"a.png": "written", "b.jpg": "failed", "c.png": "up to date", "gone.png": "failed"}
    }
    written, skipped, failed = by_name["a.png"], by_name["c.png"], by_name["b.jpg"]
    assert failed["message"] == "not an image file, despite its name" and not failed["output"]
    assert (skipped["kernel"], skipped["scale"]) == (written["kernel"], written["scale"]) == ("box", "clip")
    assert written["output"] == str(photos / f"a{DRAWN}")
    with Image.open(photos / "a.png") as one, Image.open(photos / "c.png") as other:
        for row, picture in ((written, one), (skipped, other)):
            assert (int(row["image_width"]), int(row["image_height"])) == picture.size
    assert float(written["seconds"]) > 0 and not skipped["seconds"] and not failed["image_width"]
    assert {row["tool"] for row in rows} <= {f"xai-cam {__version__}", "", None} and not written[
        "model_sha256"
    ]
    assert 0 < float(written["low"]) < float(written["high"]) < 1


def test_without_results_standard_output_is_empty(photos: Path) -> None:
    assert not blur(photos).stdout
    quiet = blur(photos, "--overwrite", "-q")
    assert len(quiet.stderr.splitlines()) == 1 and counted(quiet, 3)
