"""`xai-cam kernels prepend`: a new model with a filter in front, which plain Keras reads."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import cv2
import h5py
import keras
import numpy as np
import pytest

from support.commands import fresh, named, run, sha256, tree
from support.small_models import save_model
from support.systems import link
from xai_cam import load_model

DIGITS = Path(__file__).resolve().parents[2] / "sample_models" / "digits"


def read(folder: Path) -> Any:
    """As somebody without this package reads a model."""
    model = keras.models.model_from_json((folder / "model.json").read_text(encoding="utf-8"))
    model.load_weights(folder / "model.weights.h5")
    return model


def digits(folder: Path) -> list[Path]:
    """Grey pictures of the very size that the model of digits takes: a stroke, a ring, noise."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    pictures = np.zeros((3, 28, 28), np.uint8)
    cv2.line(pictures[0], (14, 4), (14, 24), 255, 3)
    cv2.circle(pictures[1], (14, 14), 8, 255, 3)
    pictures[2] = rng.integers(0, 256, (28, 28))
    paths = [folder / f"{number}.png" for number in range(3)]
    for path, picture in zip(paths, pictures, strict=True):
        cv2.imwrite(str(path), picture)
    return paths


def test_the_command(tmp_path: Path):
    paths, new = digits(tmp_path / "photos"), tmp_path / "new"
    (tmp_path / "photos" / "broken.png").write_bytes(b"no picture")
    old = tree(DIGITS)
    command = ("kernels", "prepend", "-m", DIGITS / "model.json", "--fir", "sharpen:5", "--kernel-size", 5)
    done = run(*command, "-o", new, tmp_path / "photos", "--results", "-")
    assert done.exit_code == 1, done.output
    assert "3 compared" in done.stderr.splitlines()[-1] and "1 failed" in done.stderr.splitlines()[-1]
    assert tree(DIGITS) == old and sorted(tree(new)) == ["model.json", "model.weights.h5"]
    rows = {Path(row["image"]).name: row for row in csv.DictReader(io.StringIO(done.stdout))}
    before, after = load_model(DIGITS / "model.json"), read(new)
    for path in paths:
        x = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[None, ..., None].astype(np.float32) / 255
        a, b, row = np.asarray(before(x))[0], np.asarray(after(x))[0], rows[path.name]
        assert (int(row["predicted_index"]), int(row["after_index"])) == (a.argmax(), b.argmax())
        expected = a.max(), b[a.argmax()], b[a.argmax()] - a.max(), b.max()
        found = [float(row[name]) for name in ("score", "score_after", "change", "after_score")]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        assert row["outcome"] == ("same" if a.argmax() == b.argmax() else "changed")
    assert rows["broken.png"]["outcome"] == "failed" and rows["broken.png"]["message"]
    said = json.loads((new / "model.json").read_text(encoding="utf-8"))["xai-cam"]
    assert said["model_sha256"] == sha256(DIGITS / "model.json") and said["prepended"] == ["sharpen:5"]
    with h5py.File(new / "model.weights.h5") as file:
        assert json.loads(file.attrs["xai-cam"]) == said


def test_the_new_model_is_a_model_like_others(tmp_path: Path):
    """A delta in front: layers are listed, and maps and the table of scores are what they were."""
    paths, new = digits(tmp_path / "photos"), tmp_path / "new"
    done = run("kernels", "prepend", "-m", DIGITS / "model.json", "--fir", "delta", "-o", new, paths[0])
    assert done.exit_code == 0, done.output
    assert "Changed class: 0 of 1" in done.stdout and "+0.000" in done.stdout
    listed = json.loads(run("layers", "-m", new / "model.json", "--json").stdout)
    assert [row["path"] for row in listed] == ["fir", "conv", "pool"]
    maps = []
    for number, model in enumerate((DIGITS, new)):
        folder = tmp_path / f"maps{number}"
        command = ("explain", "-m", model / "model.json", "-l", "conv", "--save", "raw", "-o", folder)
        assert run(*command, *paths).exit_code == 0
        maps.append([np.load(path) for path in sorted(folder.glob("*.npy"))])
    assert len(maps[0]) == 3 and max(m.max() for m in maps[0]) > 0.01
    np.testing.assert_allclose(maps[1], maps[0], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["--fir", "box"], "Name a folder for the new model", 2),
        (["-o", "new"], "Missing option '--fir'", 2),
        (["--fir", "bxo", "-o", "new"], "There is no kernel 'bxo'. Nearest names: box", 2),
        (["--fir", "box", "--kernel-size", "4", "-o", "new"], "no box kernel of 4 x 4", 2),
        (["--fir", "two.npy", "--fir", "box", "-o", "new"], "two.npy holds 2 kernels", 2),
        (["--fir", "two.npy", "-o", "new"], "2 kernels, but the model takes 3", 2),
        (["--fir", "box", "-o", "good"], "the folder of the old model", 2),
        (["--fir", "box", "-o", "good/../good", "--overwrite"], "the folder of the old model", 2),
        (["--fir", "box", "-o", "link", "--overwrite"], "the folder of the old model", 2),
        (["--fir", "box", "-o", "there"], "model.json exists", 2),
        (["--fir", "box", "-o", "hard", "--overwrite"], "one of the inputs", 2),
        (["--fir", "box", "-o", "new", "--results", "rows.csv"], "no image is named", 2),
        (["--fir", "box", "-o", "new", "nothing.png"], "No image found", 4),
        (["--fir", "box", "-o", "two.npy"], "Cannot write", 1),
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
    np.save("two.npy", np.ones((2, 3, 3)))
    link(Path("link"), "good")
    Path("there").mkdir()
    Path("there/model.json").write_text("mine", encoding="utf-8")
    Path("hard").mkdir()
    os.link(files[1], "hard/model.weights.h5")
    before = tree(tmp_path)
    done = run("kernels", "prepend", "-m", "good/model.json", *arguments)
    assert done.exit_code == code and message in done.stderr, done.output
    assert tree(tmp_path) == before


def test_a_model_of_open_size_needs_one_for_images(tmp_path: Path):
    inputs = keras.Input((None, None, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3)(inputs))
    model = save_model(keras.Model(inputs, keras.layers.Softmax()(x)), tmp_path / "open")
    command = ("kernels", "prepend", *named(model), "--fir", "delta", digits(tmp_path / "photos")[0], "-o")
    done = run(*command, tmp_path / "new")
    assert done.exit_code == 2 and "--size" in done.stderr and not tree(tmp_path / "new")
    assert "0 of 1" in run(*command, tmp_path / "new", "--size", "20x24").stdout
    done = run(
        "kernels",
        "prepend",
        "-m",
        DIGITS / "model.json",
        *command[6:],
        tmp_path / "other",
        "--size",
        "9x9",
    )
    assert done.exit_code == 2 and "input is fixed at 28 x 28" in done.stderr


def test_both_files_or_none(files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "new" / "model.weights.h5").mkdir(parents=True)
    done = run("kernels", "prepend", *named(files), "--fir", "box", "-o", tmp_path / "new", "--overwrite")
    assert done.exit_code == 1 and "Is a directory" in done.stderr
    assert list(tree(tmp_path / "new")) == []


def test_help_and_usage_errors_come_without_tensorflow(files: tuple[Path, Path]):
    code = "import sys; from xai_cam.cli import main\ntry: main({})\nexcept SystemExit: pass\nassert not {}"
    heavy = "{'tensorflow', 'keras'} & set(sys.modules)"
    for arguments in (["--help"], ["-m", str(files[0]), "--fir", "no", "-o", "new"]):
        done = fresh("-c", code.format(["kernels", "prepend", *arguments], heavy))
        assert done.returncode == 0, done.stderr
        assert "Usage" in done.stdout or "There is no kernel" in done.stderr
