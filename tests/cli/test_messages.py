"""What a run tells: rows, provenance, and what a person reads on standard error."""

from __future__ import annotations

import csv
import importlib.metadata
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import xai_cam
from support.commands import counted, explain, provenance, sha256
from support.systems import link
from xai_cam.files.rows import Row

Files = Callable[..., tuple[Path, Path]]
BOTH = ("--method", "grad-cam", "--method", "score-cam")


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """Two pictures with a file between them that is none."""
    make_photo(tmp_path / "photos" / "a.png", seed=0)
    (tmp_path / "photos" / "b.png").write_text("no picture", encoding="utf-8")
    make_photo(tmp_path / "photos" / "Ключ, c.jpg", seed=1)
    return tmp_path / "photos"


def read_rows(text: str, suffix: str) -> list[dict[str, Any]]:
    if suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("target", ["rows.csv", "rows.jsonl", "-"])
def test_a_row_for_each_image_method_and_class(
    target: str, photos: Path, model_files: Files, tmp_path: Path
) -> None:
    path = tmp_path / target
    asked = [
        "--results",
        target if target == "-" else path,
        *BOTH,
        "-c",
        "2",
        "-c",
        "0",
        "--save",
        "overlay,raw",
    ]
    for outcome in ("written", "up to date"):
        result = explain(model_files(), photos, *asked)
        assert result.exit_code == 1
        assert (result.stdout != "") == (target == "-")
        rows = read_rows(result.stdout if target == "-" else path.read_text("utf-8"), path.suffix)
        assert list(rows[0]) == [field.name for field in fields(Row)]
        failed = [row for row in rows if row["outcome"] == "failed"]
        assert [(Path(r["image"]).name, r["message"]) for r in failed] == [
            ("b.png", "not an image file, despite its name")
        ]
        told = [(Path(r["image"]).name, r["method"], int(r["class_index"])) for r in rows if r not in failed]
        images = sorted(("a.png", "Ключ, c.jpg"))
        assert told == [(i, m, c) for i in images for m in ("grad-cam", "score-cam") for c in (2, 0)]
        for row in rows:
            if row not in failed:
                assert (row["outcome"], row["status"], row["layer"]) == (outcome, "ok", "conv_2")
                assert Path(row["overlay"]).is_file() and Path(row["raw"]).is_file() and not row["heatmap"]
                assert provenance(Path(row["raw"]))["score"] == float(row["score"])


@pytest.mark.parametrize(("save", "end"), [("overlay", ".png"), ("heatmap", "_heatmap.jpg"), ("raw", ".npy")])
@pytest.mark.parametrize("method", ["grad-cam", "score-cam-official"])
def test_provenance_says_all_that_made_a_file(
    method: str, save: str, end: str, photos: Path, model_files: Files, tmp_path: Path
) -> None:
    files, labels = model_files(), tmp_path / "labels.txt"
    labels.write_text("bird\nчайка\nlion\n", encoding="utf-8")
    explain(
        files, photos / "a.png", "--save", save, "--format", "jpg" if end.endswith("jpg") else "png",
        *("--method", method, "-c", "1", "--labels", labels, "--fit", "crop", "--preprocess", "caffe"),
    )  # fmt: skip
    said = provenance(photos / f"a_{method}{end}")
    assert said["tool"] == f"xai-cam {xai_cam.__version__}"
    for library in ("tensorflow", "keras", "numpy", "pillow"):
        assert said["libraries"][library] == importlib.metadata.version(library)
    assert said["model_sha256"] == sha256(files[0])
    assert said["weights_sha256"] == sha256(files[1])
    assert said["image_sha256"] == sha256(photos / "a.png")
    assert (said["layer"], said["method"]) == ("conv_2", method)
    assert (said["class"], said["class_name"]) == (1, "чайка")
    assert said["predicted_name"] == ["bird", "чайка", "lion"][said["predicted"]]
    assert said["score_name"] == ("logit" if method == "grad-cam" else "probability")
    assert isinstance(said["score"], float) and 0 <= said["probability"] <= 1
    assert said["preprocessing"] == "caffe bgr crop"
    assert said["region"] == [0, 3, 24, 27]  # the middle 24 x 24 of 24 x 30
    assert said.get("enlarged") == (None if save == "raw" else 8)  # 7 x 30 would be less than 224
    assert str(tmp_path) not in json.dumps(said), "a folder of the user's in a file to be shared"


def test_what_a_person_reads(photos: Path, model_files: Files, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("bird\ncat\nlion\n", encoding="utf-8")
    result = explain(model_files(), photos, *BOTH, "--labels", labels, "-l", "conv_1", "-l", "conv_2")
    lines = result.stderr.splitlines()
    assert lines[:4] == [
        "Layer conv_1 (Conv2D, 16 x 16 x 6).",
        "Score-CAM: 3 images x up to 6 channels = up to 18 forward passes.",
        "Layer conv_2 (Conv2D, 8 x 8 x 8).",
        "Score-CAM: 3 images x up to 8 channels = up to 24 forward passes.",
    ]
    first = lines[4].partition("First image a.png: input ")[2]
    low, _, rest = first.partition(" to ")
    high, _, best = rest.partition(", predicted ")
    assert 0 <= float(low) < float(high) <= 1
    assert {name.split()[0] for name in best.rstrip(".").split(", ")} == {"bird", "cat", "lion"}
    assert lines[5] == f"Failed: {photos / 'b.png'}: not an image file, despite its name."
    assert len(lines) == 7 and counted(result, 2, failed=1)


def test_quiet_leaves_failures_and_the_count(photos: Path, model_files: Files) -> None:
    result = explain(model_files(), photos, "--method", "score-cam", "-q")
    failure, _ = result.stderr.splitlines()
    assert failure.startswith("Failed: ") and counted(result, 2, failed=1)


@pytest.mark.parametrize("reached", [False, True])
def test_results_on_a_full_disk(reached: bool, photos: Path, model_files: Files, tmp_path: Path) -> None:
    target = tmp_path / "missing" / "rows.csv"
    if reached:
        if not Path("/dev/full").exists():
            pytest.skip("needs /dev/full, a disk that is always full")
        target = tmp_path / "rows.csv"
        link(target, "/dev/full")
    result = explain(model_files(), photos, "--results", target)
    assert result.exit_code == 1
    assert re.search("^Error: Cannot write .* another .*--results.$", result.stderr, re.MULTILINE)
