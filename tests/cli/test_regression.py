"""A model that gives values, by every command: no class, no probability and no rank is made up."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from support.commands import run
from support.small_models import build_tiny

NO_CLASS = {"predicted_index": "", "predicted_name": "", "probability": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`one.keras` without a loss, `three.keras` trained with Huber's, and two pictures."""
    folder = tmp_path_factory.mktemp("values")
    one, three = build_tiny(1, None), build_tiny(3, None)
    three.compile(loss=keras.losses.Huber())
    one.save(folder / "one.keras")
    three.save(folder / "three.keras")
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        keras.utils.save_img(folder / name, rng.uniform(0, 255, (16, 16, 3)), scale=False)
    return folder


def value(folder: Path, model: str, name: str) -> np.ndarray:
    """The model's own output, by plain Keras."""
    pixels = keras.utils.img_to_array(keras.utils.load_img(folder / name))[None] / 255
    found = keras.saving.load_model(folder / f"{model}.keras")(pixels)
    return np.asarray(found)[0]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_explain(folder: Path, tmp_path: Path):
    done = run("explain", "-m", folder / "one.keras", folder / "a.png", "-o", tmp_path, "--results", "-")
    (row,) = rows(done.stdout)
    (right,) = value(folder, "one", "a.png")
    assert float(row["score"]) == pytest.approx(right, rel=1e-5) and row["score_name"] == "value"
    assert NO_CLASS.items() <= row.items()
    assert row["head"].startswith("regression, one value (one linear unit")
    assert f"value {right:.6g}. Regression: one linear unit, and no loss is known;" in done.stderr
    assert "--head binary takes it for two classes" in done.stderr
    again = run("explain", "-m", folder / "one.keras", folder / "a.png", "-o", tmp_path, "--head", "binary")
    assert "predicted" in again.stderr and "1 written" in again.stderr, "another head is another map"


def test_several_values(folder: Path, tmp_path: Path):
    arguments = "explain", "-m", folder / "three.keras", folder / "a.png", "-o", tmp_path, "--results", "-"
    done = run(*arguments, "-c", 2, "-c", 0)
    right = value(folder, "three", "a.png")
    assert [float(row["score"]) for row in rows(done.stdout)] == pytest.approx(right[[2, 0]], rel=1e-4)
    assert "trained with Huber. Explained of 3 values: 2:up, 0:up." in done.stderr
    done = run(*arguments, "-c", "top2")
    assert done.exit_code == 2 and "the model is a regression (trained with Huber)" in done.stderr


def test_a_folder_names_no_value(folder: Path, tmp_path: Path):
    (tmp_path / "1").mkdir()
    photo = (folder / "a.png").rename(tmp_path / "1" / "a.png")
    done = run("explain", "-m", folder / "three.keras", tmp_path, "-r", "-c", "folder")
    photo.rename(folder / "a.png")
    assert done.exit_code == 2 and "`target_class" not in done.stderr
    assert "--class folder asks for classes, but the model is a regression" in done.stderr


def test_compare(folder: Path, tmp_path: Path):
    done = run(
        *("compare", "-m", folder / "one.keras", folder / "a.png", "-o", tmp_path, "--results", "-"),
        *("--report", tmp_path / "page.html"),
    )
    found = rows(done.stdout)
    (right,) = value(folder, "one", "a.png")
    assert done.exit_code == 0 and len(found) == 2
    for row in found:
        assert NO_CLASS.items() <= row.items() and row["increase"] == row["deletion"] == ""
        assert float(row["drop"]) >= 0, "relative to the value, it is a measure of a regression, too"
        assert float(row["score"]) == pytest.approx(right, rel=1e-5)
    assert (
        '"predicted": ""' in (page := (tmp_path / "page.html").read_text(encoding="utf-8"))
        or '"predicted":""' in page
    )


def test_features(folder: Path, tmp_path: Path):
    done = run("features", "-m", folder / "one.keras", folder / "a.png", "-o", tmp_path, "--results", "-")
    (row,) = rows(done.stdout)
    assert NO_CLASS.items() <= row.items()
    assert float(row["value"]) == pytest.approx(value(folder, "one", "a.png")[0], rel=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [("evaluate",), ("evaluate", "--try-preprocess"), ("explain", "--only", "wrong", "-c", "folder")],
)
def test_what_needs_classes_is_refused(arguments: tuple[str, ...], folder: Path, tmp_path: Path):
    for name in ("0", "1"):
        (tmp_path / name).mkdir()
        keras.utils.save_img(tmp_path / name / "a.png", np.zeros((16, 16, 3)), scale=False)
    command, *more = arguments
    done = run(command, "-m", folder / "one.keras", *more, *(["-r"] * (command == "explain")), tmp_path)
    assert done.exit_code == 3 and "needs a classifier, but the model is a regression" in done.stderr


def test_sanity_compares_no_classes(folder: Path, tmp_path: Path):
    done = run(
        *("sanity", "-m", folder / "one.keras", folder / "a.png", folder / "b.png", "-o", tmp_path / "s"),
        *("--method", "grad-cam", "--draws", 1, "--json"),
    )
    assert done.exit_code == 0 and "other classes" not in done.stdout
    (check,) = json.loads(done.stdout)["checks"]
    assert check["classes"]["others"] == 0


def test_kernels_rank_and_edit(folder: Path):
    arguments = "kernels", "edit", "-m", folder / "one.keras"
    ranked = run(*arguments, "--rank", "-l", "conv_2", folder / "a.png")
    assert ranked.exit_code == 0 and "loss of value" in ranked.stdout and "class" not in ranked.stdout
    done = run(*arguments, "--zero", "conv_2:0", folder / "a.png", "--results", "-")
    (row,) = rows(done.stdout)
    assert row["predicted_index"] == "" and "changed class" not in done.stderr
    assert float(row["score"]) == pytest.approx(value(folder, "one", "a.png")[0], rel=1e-5)
