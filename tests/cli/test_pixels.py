"""Methods that need no layer, at the command line: names of files, rows, second runs, reports."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import named, provenance, run
from support.small_models import save_model

Files = Callable[..., tuple[Path, Path]]
SEVERAL = ["-l", "conv_1", "-l", "conv_2"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name in "ab":
        pixels = np.random.default_rng(ord(name)).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def model(model_files: Files) -> list[object]:
    return [*named(model_files()), "--engine", "tensorflow"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_of_several_layers_there_is_one_map_of_the_input(
    model: list[object], photos: Path, tmp_path: Path
) -> None:
    asked = [*model, *SEVERAL, "--method", "saliency,grad-cam", "--save", "overlay,figure,raw"]
    command = ["explain", *asked, "--results", "-", "-o", tmp_path, photos / "a.png"]
    dry = run(*command, "--dry-run")
    assert dry.stdout.count("to do") == 9 and dry.exit_code == 0
    first = run(*command)
    assert first.exit_code == 0, first.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    stems = ["a_conv_1_grad-cam", "a_conv_2_grad-cam", "a_saliency"]
    assert names == sorted(f"{stem}{end}" for stem in stems for end in (".png", "_figure.png", ".npy"))
    found = {(row["layer"], row["method"]): row for row in rows(first.stdout)}
    assert list(found) == [("conv_1", "grad-cam"), ("conv_2", "grad-cam"), ("", "saliency")]
    assert np.load(tmp_path / "a_saliency.npy").shape == (16, 16)
    told = provenance(tmp_path / "a_saliency.png")
    assert told["layer"] == "" and told["engine"] == "tensorflow" and told["region"] == [0, 0, 24, 32]
    again = run(*command)
    assert {row["outcome"] for row in rows(again.stdout)} == {"up to date"}
    fewer = run("explain", *model, "--method", "saliency", "-o", tmp_path, photos / "a.png")
    assert "1 up to date" in fewer.stderr, "the layers have no part in it"


def test_a_model_without_maps(photos: Path, tmp_path: Path) -> None:
    import keras

    layers = keras.layers
    flat: Any = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    files = [*named(save_model(flat, tmp_path / "model")), "--preprocess", "unit", "--engine", "tensorflow"]
    both = run("explain", *files, "--method", "saliency", "-o", tmp_path / "out", photos)
    assert both.exit_code == 0 and "2 written" in both.stderr and "Layer" not in both.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a_saliency.png", "b_saliency.png"]
    refused = run("explain", *files, "--method", "grad-cam", "-o", tmp_path / "out", photos)
    assert refused.exit_code == 3 and "no convolution with maps" in refused.stderr


@pytest.mark.parametrize("option", [["-l", "conv_1"], [*SEVERAL, "--fuse", "max"]])
def test_a_layer_is_refused_where_no_method_looks_at_one(
    model: list[object], photos: Path, option: list[str]
) -> None:
    done = run("explain", *model, "--method", "saliency", *option, photos)
    assert done.exit_code == 2 and "--layer is for methods that look at a layer" in done.stderr


def test_compare_and_its_report(model: list[object], photos: Path, tmp_path: Path) -> None:
    asked = [*model, *SEVERAL[:2], "--method", "saliency,grad-cam", "--baselines", "--steps", "2"]
    command = ["compare", *asked, "-o", tmp_path, "--report", tmp_path / "r.html", "--results", "-", photos]
    first = run(*command)
    assert first.exit_code == 0, first.stderr
    found = [(row["layer"], row["method"]) for row in rows(first.stdout)]
    at_layer = [("conv_1", name) for name in ("grad-cam", "random", "gaussian", "mean-activation")]
    assert found == [*at_layer, ("", "saliency")] * 2
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "grad-cam at conv_1" in page and "saliency at" not in page
    assert {row["outcome"] for row in rows(run(*command).stdout)} == {"up to date"}


def test_sanity_randomises_all_layers(model: list[object], photos: Path, tmp_path: Path) -> None:
    asked = [*model, "--method", "saliency,grad-cam", "--draws", "1", "-o", tmp_path / "s"]
    done = run("sanity", *asked, photos)
    assert done.exit_code == 0, done.stderr
    assert "Without a layer: saliency. Random weights, 1 draw: head, conv_2, conv_1." in " ".join(
        done.stderr.splitlines()
    )
    assert "saliency: " in done.stdout and "grad-cam at conv_2: " in done.stdout


def test_samples_seed_and_smooth_are_told_and_made_anew_where_they_are_others(
    model: list[object], photos: Path, tmp_path: Path
) -> None:
    methods = ["--method", "integrated-gradients,smooth-grad,saliency", "--save", "raw"]
    command = ["explain", *model, *methods, "--results", "-", "-o", tmp_path, photos / "a.png"]
    first = run(*command, "--samples", "2")
    assert "integrated-gradients: 1 image x 3 inputs = 3 forward and backward passes." in first.stderr
    told = {row["method"]: row for row in rows(first.stdout)}
    assert [told[name]["samples"] for name in ("integrated-gradients", "smooth-grad", "saliency")] == [
        *("2", "2", "")
    ]
    path = told["integrated-gradients"]
    values = np.load(tmp_path / "a_integrated-gradients.npy")
    both = run(*command[:-3], "-o", tmp_path / "both", "--sign", "both", "--samples", "2", photos / "a.png")
    change = np.load(tmp_path / "both" / "a_integrated-gradients-both.npy").sum() - float(path["residual"])
    np.testing.assert_allclose(change, float(path["score_change"]), rtol=1e-4)
    assert both.exit_code == 0 and values.min() == 0
    off = abs(float(path["residual"]) / float(path["score_change"])) > 0.05
    assert ("the map's sum is off by" in path["message"]) == off == ("the sum of 1 of 1 map" in first.stderr)

    def outcomes(*options: str) -> list[str]:
        of_methods = {row["method"]: row["outcome"] for row in rows(run(*command, *options).stdout)}
        return [of_methods[name] for name in ("integrated-gradients", "smooth-grad", "saliency")]

    assert outcomes("--samples", "2") == ["up to date"] * 3
    assert outcomes("--samples", "2", "--seed", "1") == ["up to date", "written", "up to date"]
    assert outcomes("--samples", "3", "--seed", "1") == ["written", "written", "up to date"]
    assert outcomes("--samples", "3", "--seed", "1", "--smooth") == ["written"] * 3
    smoothed = rows(run(*command, "--samples", "3", "--seed", "1", "--smooth").stdout)
    assert {row["smooth"] for row in smoothed} == {"yes"}
    assert {row["method"] for row in smoothed if row["seed"] == "1"} == {"smooth-grad"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--samples", "9"], "--samples is for methods that make several inputs of an image"),
        (["--seed", "9"], "--seed is for methods that draw inputs at random. Use one of these: smooth-grad"),
    ],
)
def test_samples_and_a_seed_are_refused_where_nothing_heeds_them(
    model: list[object], photos: Path, options: list[str], message: str
) -> None:
    done = run("explain", *model, "--method", "saliency,grad-cam", *options, photos)
    assert done.exit_code == 2 and message in done.stderr


def test_the_way_begins_at_a_black_picture_and_not_at_zeros(model: list[object], tmp_path: Path) -> None:
    """Of a model that takes -1 to 1 a black picture is -1, and a grey one is nearly 0."""
    for name, level in (("black", 0), ("grey", 128)):
        Image.fromarray(np.full((16, 16, 3), level, np.uint8)).save(tmp_path / f"{name}.png")
    asked = ["--method", "integrated-gradients", "--sign", "both", "--samples", "2", "--save", "raw"]
    photos = [tmp_path / "black.png", tmp_path / "grey.png"]
    done = run("explain", *model, *asked, "--preprocess", "signed", "-o", tmp_path, *photos)
    assert done.exit_code == 0, done.stderr
    black, grey = (np.load(tmp_path / f"{name}_integrated-gradients-both.npy") for name in ("black", "grey"))
    assert not black.any() and grey.any()
