"""Models of five bands on the command line: arrays, TIFF files, what is shown, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, named, provenance, run
from xai_cam import explain as explain_arrays
from xai_cam import load_model
from xai_cam.images.showing import show

SCENES = np.random.default_rng(1).random((3, 20, 24, 5), dtype=np.float32)
SAID = (
    "Bands 1, 2, 3 of 5 are shown as red, green and blue, each stretched from its 2nd to its 98th "
    "percentile; --show-bands chooses others."
)

Files = tuple[Path, Path]


@pytest.fixture
def five(model_files: Callable[..., Files]) -> Files:
    return model_files(channels=5)


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Arrays of floats, one with its channels first."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number, scene in enumerate(SCENES):
        np.save(folder / f"{number}.npy", np.moveaxis(scene, 2, 0) if number == 2 else scene)
    return folder


def test_arrays_of_a_folder_are_fed_as_they_are(five: Files, scenes: Path, tmp_path: Path) -> None:
    """The same as the library makes of the same numbers, and the overlay is drawn over the first bands."""
    out = tmp_path / "out"
    small = [scene[2:18, 4:20] for scene in SCENES]
    for number, scene in enumerate(small):
        np.save(scenes / f"{number}.npy", np.moveaxis(scene, 2, 0) if number == 2 else scene)
    result = explain(five, scenes, "-o", out, "--save", "overlay,raw", "--enlarge", 1, "--results", "-")
    assert counted(result, 3) and result.stderr.count(SAID) == 1
    assert "Arrays of 5 x 16 x 16 are read as channels first: 5 bands of 16 x 16 pixels." in result.stderr
    assert "Preprocessing unit, 5 bands (a guess" in result.stderr
    for number, found in enumerate(explain_arrays(load_model(*five), np.stack(small))):
        cam = np.load(out / f"{number}_grad-cam.npy")
        np.testing.assert_allclose(cam, found.cam, atol=1e-5)
    rows = [*csv.DictReader(result.stdout.splitlines())]
    assert {(row["input_channels"], row["channel_order"], row["show_bands"]) for row in rows} == {
        ("5", "5 bands", "")
    }
    again = explain(five, scenes, "-o", out, "--save", "overlay,raw", "--enlarge", 1)
    assert counted(again, 0, 3)
    beside = explain(five, out, "--save", "raw")
    assert "2" not in beside.stdout and beside.exit_code == 4, "maps that were saved are no images"


def test_other_bands_are_shown_and_drawn_anew(five: Files, scenes: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "out", tmp_path / "page.html"
    asked = ("-o", out, "--save", "overlay", "--blend", "constant", "--opacity", 0, "--enlarge", 1)
    assert counted(explain(five, scenes, *asked), 3)
    result = explain(five, scenes, *asked, "--show-bands", "5,4,1", "--report", page)
    assert counted(result, 3) and "Bands 5, 4, 1 of 5 are shown as red, green and blue" in result.stderr
    overlay = out / "0_grad-cam.png"
    np.testing.assert_array_equal(np.asarray(Image.open(overlay)), show(SCENES[0], (5, 4, 1)))
    known = provenance(overlay)
    assert known["show_bands"] == "5,4,1" and known["input_channels"] == 5
    again = explain(five, scenes, *asked, "--show-bands", "5,4,1", "--report", page)
    assert counted(again, 0, 3)
    assert counted(explain(five, scenes, *asked, "--show-bands", "5"), 3)


def test_whole_numbers_need_a_window(five: Files, tmp_path: Path) -> None:
    np.save(tmp_path / "deep.npy", (SCENES[0] * 9000).astype(np.uint16))
    refused = explain(five, tmp_path / "deep.npy", "-o", tmp_path / "out")
    assert refused.exit_code == 1 and "whole numbers of 16 bits from " in refused.stderr
    assert "give --window LOW:HIGH, or --preprocess raw to take them as they are" in refused.stderr
    for asked in (("--window", "0:10000"), ("--depth", 14), ("--preprocess", "raw")):
        result = explain(five, tmp_path / "deep.npy", "-o", tmp_path / "out", *asked)
        assert counted(result, 1), result.stderr
    assert "others, and were read as usual" not in result.stderr


def test_pictures_and_bands_that_are_none_are_named(
    five: Files, scenes: Path, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    make_photo(scenes / "photo.png")
    spoilt = SCENES[0].copy()
    spoilt[3, 4, 1] = np.nan
    np.save(scenes / "spoilt.npy", spoilt)
    result = explain(five, scenes, "--include", "*", "--include", "*.npy", "-o", tmp_path / "out")
    assert counted(result, 3, failed=2)
    words = "photo.png: it has 3 channels, and the model takes 5: give .npy arrays or TIFF files of 5 bands."
    assert words in result.stderr
    assert "spoilt.npy: band 2 of 5 holds NaN in 1 of 480 pixels" in result.stderr
    again = explain(five, scenes / "photo.png", "-o", tmp_path / "out")
    assert again.exit_code == 1


def test_a_picture_that_did_not_fit_is_not_broken_to_another_model(
    five: Files, model_files: Callable[..., Files], tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    photo = make_photo(tmp_path / "photo.png")
    assert explain(five, photo, "-o", tmp_path / "out").exit_code == 1
    assert counted(explain(model_files(), photo, "-o", tmp_path / "out"), 1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--show-bands", "6"), "--show-bands names band 6, but the model takes 5"),
        (("--preprocess", "torch"), "--preprocess torch is for RGB, but the model takes 5"),
        (("--channel-order", "bgr"), "--channel-order is for RGB, but the model takes 5"),
        (("--show-bands", "1,2"), "'1,2' names no bands. Write one number, or three, such as 3,2,1."),
        (("--show-bands", "0"), "names no bands"),
    ],
)
def test_what_makes_no_sense_for_bands(five: Files, scenes: Path, asked: tuple[str, ...], words: str) -> None:
    result = explain(five, scenes, *asked)
    assert result.exit_code == 2 and words in result.stderr


def test_every_command_takes_them(five: Files, scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compared = run("compare", *named(five), scenes, "--method", "grad-cam,hires-cam", "-o", out)
    assert counted(compared, 3), compared.stderr
    features = run("features", *named(five), scenes / "0.npy", "-l", "conv_2", "-o", out)
    assert counted(features, 1), features.stderr
    checked = run("sanity", *named(five), scenes, "--draws", 1, "--method", "grad-cam", "-o", out)
    assert "3 checked, 0 failed" in checked.stderr, checked.stderr
    for number in range(3):
        (tmp_path / "labelled" / str(number)).mkdir(parents=True)
        np.save(tmp_path / "labelled" / str(number) / "a.npy", SCENES[number])
    judged = run("evaluate", *named(five), tmp_path / "labelled", "--try-preprocess")
    assert judged.exit_code == 0 and "standardize" in judged.stdout + judged.stderr, judged.stderr
    applied = run("kernels", "apply", "--fir", "sobel-x", scenes / "0.npy", "--show-bands", 4, "-o", out)
    assert counted(applied, 1) and "Band 4 of 5 is shown as grey" in applied.stderr
