"""`xai-cam kernels edit`: a new model, a table of what it does to images, and a ranking of filters."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from support.commands import fresh, named, run, sha256, tree
from xai_cam import load_model

DIGITS = Path(__file__).resolve().parents[2] / "sample_models" / "digits"


def read(folder: Path) -> Any:
    """As somebody without this package reads a model."""
    model = keras.models.model_from_json((folder / "model.json").read_text(encoding="utf-8"))
    model.load_weights(folder / "model.weights.h5")
    return model


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six pictures of the very size that the model of digits takes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        picture = np.zeros((28, 28), np.uint8)
        cv2.putText(picture, str(number), (6, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder


def scores(model: Any, photos: Path) -> np.ndarray:
    pictures = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(photos.glob("?.png"))]
    return np.asarray(model(np.stack(pictures)[..., None].astype(np.float32) / 255, training=False))


def edit(*arguments: object) -> Any:
    return run("kernels", "edit", "-m", DIGITS / "model.json", *arguments)


def test_a_new_model_and_its_effect(photos: Path, tmp_path: Path):
    (photos / "broken.png").write_bytes(b"none")
    before, new = tree(DIGITS), tmp_path / "new"
    changes = ("--zero", "conv:0,3", "--set", "conv:5=sobel-x", "--multiply", "conv:7=0.5")
    done = edit(*changes, "-o", new, photos, "--results", tmp_path / "rows.jsonl")
    assert done.exit_code == 1, done.output
    assert tree(DIGITS) == before and sorted(tree(new)) == ["model.json", "model.weights.h5"]
    old, made = load_model(DIGITS / "model.json"), read(new)
    (kernel, bias), (was, bias_was) = (m.get_layer("conv").get_weights() for m in (made, old))
    factors = np.array([0, 1, 1, 0, 1, 0, 1, 0.5])
    expected = was * factors
    expected[:, :, 0, 5] = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    np.testing.assert_allclose(kernel, expected, rtol=1e-6)
    np.testing.assert_allclose(bias, bias_was * factors, rtol=1e-6)
    for a, b in zip(made.get_weights()[2:], old.get_weights()[2:], strict=True):
        np.testing.assert_array_equal(a, b)
    a, b = scores(old, photos), scores(made, photos)
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["outcome"] for row in rows].count("failed") == 1
    rows = [row for row in rows if row["outcome"] != "failed"]
    rank = np.arange(6), a.argmax(1)
    np.testing.assert_allclose([row["score"] for row in rows], a[rank], atol=1e-5)
    np.testing.assert_allclose([row["score_after"] for row in rows], b[rank], atol=1e-5)
    np.testing.assert_allclose([row["change"] for row in rows], (b - a)[rank], atol=1e-5)
    assert [row["predicted_index"] for row in rows] == a.argmax(1).tolist()
    assert [row["after_index"] for row in rows] == b.argmax(1).tolist()
    changed = int((a.argmax(1) != b.argmax(1)).sum())
    assert 0 < changed < 6
    total = f"Changed class: {changed} of 6. Mean change of the probability of the class predicted before: "
    assert f"{total}{(b - a)[rank].mean():+.3f}." in done.stdout
    assert done.stderr.splitlines()[-1].startswith(f"6 compared, {changed} changed class, 1 failed in ")
    said = json.loads((new / "model.json").read_text(encoding="utf-8"))["xai-cam"]
    assert said["weights_sha256"] == sha256(DIGITS / "model.weights.h5")
    assert said["edits"] == ["conv: 5 set to sobel-x, bias 0", "conv: 7 times 0.5", "conv: 0,3 zeroed"]


def test_a_look_writes_nothing(photos: Path, tmp_path: Path):
    before = tree(tmp_path), tree(DIGITS)
    done = edit("--zero", "conv:2", photos)
    assert done.exit_code == 0 and "No model written" in done.stderr
    assert (tree(tmp_path), tree(DIGITS)) == before


def test_a_blank_map_of_a_model_without_filters_is_told(photos: Path, tmp_path: Path):
    assert edit("--zero", "conv:0-7", "-o", tmp_path / "new").exit_code == 0
    done = run(
        "explain", "-m", tmp_path / "new" / "model.json", photos, "--results", "-", "-o", tmp_path / "maps"
    )
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 6 and {row["status"] for row in rows} == {"blank"}
    assert all("every channel of the layer is constant" in row["message"] for row in rows)


def test_the_ranking_is_what_zeroing_does(photos: Path, tmp_path: Path):
    done = edit("-l", "conv", "--rank", photos, "--results", tmp_path / "ranks.csv")
    assert done.exit_code == 0, done.output
    assert "conv (Conv2D): 6 images x 8 filters." in done.stderr
    ranks = list(csv.DictReader((tmp_path / "ranks.csv").open(encoding="utf-8")))
    assert sorted(int(row["filter"]) for row in ranks) == list(range(8))
    losses = [float(row["loss_probability"]) for row in ranks]
    assert losses == sorted(losses, reverse=True) and losses[0] - losses[-1] > 0.05
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == [row["filter"] for row in ranks]
    model = load_model(DIGITS / "model.json")
    a, kept = scores(model, photos), model.get_layer("conv").get_weights()
    for row in ranks:
        zeroed = [w.copy() for w in kept]
        for weights in zeroed:
            weights[..., int(row["filter"])] = 0
        model.get_layer("conv").set_weights(zeroed)
        b = scores(model, photos)
        rank = np.arange(6), a.argmax(1)
        assert abs(float(row["loss_probability"]) - (a - b)[rank].mean()) < 1e-5
        assert int(row["changed"]) == (a.argmax(1) != b.argmax(1)).sum()
    first = ranks[0]["filter"]
    assert f"{-losses[0]:+.3f}." in edit("--zero", f"conv:{first}", photos).stdout
    logits = edit("--rank", "--score", "logit", photos, "--results", "-").stdout
    losses = [float(row["loss_logit"]) for row in csv.DictReader(io.StringIO(logits))]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["-o", "new"], "Nothing to edit: pass", 2),
        (["--zero", "conv_1:0"], "Name a folder for the new model", 2),
        (["--zero", "conv_1", "-o", "new"], "names no filters", 2),
        (["--zero", "conv_1:6", "-o", "new"], "not among the layer's 6 filters, 0 to 5", 2),
        (["--zero", "conv_3:0", "-o", "new"], "no layer 'conv_3'", 3),
        (["--zero", "head:0", "-o", "new"], "has no 2-D kernels", 3),
        (["--set", "conv_1:0=boks", "-o", "new"], "Nearest names: box", 2),
        (["--set", "conv_1:0=five.npy", "-o", "new"], "a filter of conv_1 has (3, 3, 3)", 2),
        (["--multiply", "conv_1:0=much", "-o", "new"], "is not a factor", 2),
        (["--zero", "conv_1:0", "-o", "good"], "the folder of the old model", 2),
        (["--zero", "conv_1:0", "-o", "hard", "--overwrite"], "one of the inputs", 2),
        (["--rank"], "needs images", 2),
        (["--rank", "photo.png", "-o", "new"], "Leave out --set", 2),
        (["--zero", "conv_1:0", "-o", "new", "-l", "conv_1"], "--layer is for --rank", 2),
        (["--rank", "photo.png", "-l", "pool"], "has no 2-D kernels", 3),
        (["--rank", "no.png"], "No image found", 4),
        (["--rank", "photo.png", "--results", "photo.png"], "must end in .csv", 2),
    ],
)
def test_what_goes_wrong(
    arguments: list[str],
    message: str,
    code: int,
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    np.save("five.npy", np.ones((5, 5)))
    cv2.imwrite("photo.png", np.zeros((16, 16, 3), np.uint8))
    Path("hard").mkdir()
    os.link(files[0], "hard/model.json")
    before = tree(tmp_path)
    done = run("kernels", "edit", *named(files), *arguments)
    assert done.exit_code == code and message in done.stderr, done.output
    assert tree(tmp_path) == before


def test_help_and_usage_errors_come_without_tensorflow(files: tuple[Path, Path]):
    code = "import sys; from xai_cam.cli import main\ntry: main({})\nexcept SystemExit: pass\nassert not {}"
    heavy = "{'tensorflow', 'keras'} & set(sys.modules)"
    for arguments in (["--help"], ["-m", str(files[0]), "--set", "conv_1:0=no", "-o", "new"]):
        done = fresh("-c", code.format(["kernels", "edit", *arguments], heavy))
        assert done.returncode == 0, done.stderr
        assert "Usage" in done.stdout or "There is no kernel" in done.stderr
