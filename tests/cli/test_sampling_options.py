"""Methods that cover or dim parts of an image, at the command line: options, costs, rows, second runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import named, provenance, run

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "a.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def model(model_files: Files) -> list[object]:
    return [*named(model_files()), "--engine", "tensorflow"]


def rows(text: str) -> dict[str, dict[str, str]]:
    return {row["method"]: row for row in csv.DictReader(io.StringIO(text))}


def test_costs_rows_and_second_runs(model: list[object], photo: Path, tmp_path: Path) -> None:
    methods = ["--method", "recipro-cam,occlusion,rise", "--samples", "6", "--patch", "8"]
    command = ["explain", *model, *methods, "--save", "overlay,raw", "--results", "-", "-o", tmp_path]
    first = run(*command, photo)
    assert first.exit_code == 0, first.stderr
    for line in (
        "recipro-cam: 1 image x 64 positions = 64 forward passes of the layers behind.",
        "occlusion: 1 image x 9 patches = 9 forward passes.",
        "rise: 1 image x 6 inputs = 6 forward passes.",
        "rise: with 6 samples the standard error of 1 map is",
    ):
        assert line in first.stderr
    found = rows(first.stdout)
    rise, occlusion = found["rise"], found["occlusion"]
    assert (rise["samples"], rise["patch"], occlusion["samples"], occlusion["patch"]) == ("6", "", "", "8")
    assert 0 < float(rise["standard_error"]) < 1 and not occlusion["standard_error"]
    assert found["recipro-cam"]["layer"] == "conv_2" and rise["layer"] == occlusion["layer"] == ""
    told = provenance(tmp_path / "a_rise.png")
    assert (told["samples"], told["standard_error"]) == (6, float(rise["standard_error"]))
    assert told["made_of"] == "6 masks of 7 × 7 cells"
    assert provenance(tmp_path / "a_occlusion.png")["made_of"] == "patch 8, stride 4"
    assert np.load(tmp_path / "a_rise.npy").shape == np.load(tmp_path / "a_occlusion.npy").shape == (16, 16)
    again = rows(run(*command, photo).stdout)
    assert {row["outcome"] for row in again.values()} == {"up to date"}
    assert again["rise"]["standard_error"] == rise["standard_error"]
    for option, anew in ((["--seed", "3"], {"rise"}), (["--seed", "3", "--stride", "8"], {"occlusion"})):
        made = rows(run(*command, *option, photo).stdout)
        assert {name for name, row in made.items() if row["outcome"] == "written"} == anew


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--method", "rise", "--patch", "4"], "--patch is for methods that cover patches"),
        (["--method", "occlusion", "--samples", "4"], "--samples is for methods that make several inputs"),
        (["--method", "occlusion", "--seed", "4"], "--seed is for methods that draw inputs at random"),
        (["--method", "occlusion", "--patch", "4", "--stride", "6"], "--stride is 6, and leaves pixels"),
    ],
)
def test_options_that_make_no_sense(
    model: list[object], photo: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    refused = run("explain", *model, *options, "-o", tmp_path, photo)
    assert refused.exit_code == 2 and said in refused.stderr


def test_a_comparison_tells_of_them(model: list[object], photo: Path, tmp_path: Path) -> None:
    asked = ["--method", "occlusion,rise", "--samples", "5", "--steps", "2", "--results", "-"]
    done = run("compare", *model, *asked, "-o", tmp_path, photo)
    assert done.exit_code == 0, done.stderr
    found = rows(done.stdout)
    assert found["rise"]["samples"] == "5" and float(found["rise"]["standard_error"]) > 0
    assert found["occlusion"]["drop"] and not found["occlusion"]["standard_error"]


def test_a_sanity_check_of_them_says_what_it_costs(model: list[object], photo: Path, tmp_path: Path) -> None:
    asked = ["--method", "rise,recipro-cam", "--samples", "4", "--draws", "1", "--others", "1"]
    done = run("sanity", *model, *asked, "-o", tmp_path / "both", photo)
    assert done.exit_code == 0, done.stderr
    assert "inputs = 16 forward passes." in done.stderr and "x 64 positions" in done.stderr
    alone = run("sanity", *model, "--method", "rise", *asked[2:], "-o", tmp_path / "alone", photo)
    assert alone.exit_code == 0 and "rise" in alone.stdout
