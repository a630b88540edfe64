"""`xai-cam compare` at its edges: names, places, pictures and layers that are asked for in odd ways."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from support.commands import strict
from support.small_models import build_tiny, save_model
from xai_cam import compare, sanity_check
from xai_cam.cli import main
from xai_cam.cli.console import Console
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics

Files = tuple[Path, Path]

X = np.random.default_rng(4).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)


@pytest.fixture
def photo(make_photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One photo in `p`, below the current folder."""
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "p" / "a.png")
    return Path("p/a.png")


def run(command: str, files: Files, *arguments: Any) -> Result:
    words = [command, "-m", str(files[0]), "-w", str(files[1]), *map(str, arguments)]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def nested() -> Any:
    """The tiny model inside another, so that its layers have a name and a path."""
    import keras

    inputs = keras.Input((16, 16, 3))
    return keras.Model(inputs, build_tiny()(inputs), name="outer")


# --- One layer under two names -----------------------------------------------------------------------


def test_a_layer_under_two_names_is_compared_once(photo: Path, tmp_path: Path):
    files = save_model(nested(), tmp_path / "nested")
    layers = ["-l", "conv_1", "-l", "tiny/conv_1", "-l", "tiny/conv_2"]
    result = run("compare", files, photo, *layers, "--method", "grad-cam", "--steps", 0, "--json")
    found = strict(result.stdout)
    assert result.exit_code == 0
    assert found["contenders"] == ["grad-cam at tiny/conv_1", "grad-cam at tiny/conv_2"]
    assert np.shape(found["agreement"]["rank_correlation"]) == (2, 2)


def test_repetitions_count_once_in_the_library():
    model = nested()
    asked = {"method": ["grad-cam", "hires-cam", "grad-cam"], "baselines": "gaussian", "steps": 0}
    found = compare(model, X, layer=["conv_1", "tiny/conv_1"], **asked)
    assert found.variants == ("grad-cam", "hires-cam", "gaussian")
    assert found.agreement("rank_correlation").shape == (3, 3)
    assert compare(model, X, [], "grad-cam", steps=0).variants == ("grad-cam",)


def test_classes_may_be_named_image_by_image_in_the_library():
    found = compare(build_tiny(), X, method="grad-cam", target_class=np.array([2, 0]), steps=0, batch_size=1)
    assert [[m.target_class for m in image.maps] for image in found.images] == [[2], [0]]
    alone = compare(build_tiny(), X[0], method="grad-cam", target_class=2, steps=0)
    assert alone.values("drop") == pytest.approx(found.values("drop")[:1], rel=1e-4)


def test_a_layer_under_two_names_is_checked_once():
    found = sanity_check(nested(), X, ["conv_2", "tiny/conv_2"], "grad-cam", draws=1)
    assert [check.layer for check in found.checks] == ["tiny/conv_2"]


# --- Figures -----------------------------------------------------------------------------------------


def test_an_image_counts_once_in_the_curves_whatever_the_number_of_its_classes():
    def of_class(target: int, *curve: float) -> MapMetrics:
        curves = {"deletion": np.array(curve, np.float32)}
        return MapMetrics("a", "conv", "a", target, 0, 1.5, "logit", 0.5, "ok", "", {"drop": 1.0}, curves)

    images = [
        ImageMetrics((of_class(0, 0.9, 0.5), of_class(1, 0.1, 0.1)), {}),  # their mean: 0.5, 0.3
        ImageMetrics((of_class(0, 0.9, 0.7),), {}),
    ]
    (mean,) = Comparison(images).curves("deletion")
    np.testing.assert_allclose(mean.mean, [0.7, 0.5], atol=1e-6)
    # of 0.3 and 0.7: deviation 0.4 / sqrt(2), standard error 0.2
    np.testing.assert_allclose(
        mean.high[1] - mean.mean[1], 1.96 * 0.4 / math.sqrt(2) / math.sqrt(2), rtol=1e-5
    )


def test_it_is_said_why_a_model_without_probabilities_has_no_figures(photo: Path, tmp_path: Path):
    files = save_model(build_tiny(activation="relu"), tmp_path / "relu")
    for _ in range(2):  # the second time without the model
        result = run("compare", files, photo, "--method", "grad-cam")
        assert result.exit_code == 0 and "The model gives no probabilities" in result.stdout
        assert "average drop" not in result.stdout


# --- Pictures and names ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 600), (600, 3)])
def test_the_panel_of_a_strip_is_a_picture_that_opens(tiny_files: Files, photo: Path, size: tuple[int, int]):
    shown = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    Image.fromarray(shown).save("p/strip.png")
    result = run("compare", tiny_files, "p/strip.png", "--method", "grad-cam", "--steps", 0)
    assert result.exit_code == 0
    with Image.open("p/strip_compare.png") as panel:
        assert 288 < panel.height < 2 * 288 and panel.width < 3 * 10 * 288  # with a few lines of text


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
@pytest.mark.parametrize("command", ["compare", "explain"])
def test_a_dry_run_tells_names_that_are_no_text(tiny_files: Files, photo: Path, command: str):
    photo.rename("p/" + os.fsdecode(b"\xff.png"))
    result = run(command, tiny_files, "p", "--dry-run")
    assert result.exit_code == 0 and "\\udcff.png -> p/\\udcff" in result.stdout


# --- Places ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["-o", "file"], "--output"),
        (["-o", "file/deeper"], "--output"),
        (["--results", "file/x.csv"], "--results"),
    ],
)
def test_rows_that_have_no_place_are_refused(
    tiny_files: Files, photo: Path, arguments: list[str], named: str
):
    Path("file").write_text("no folder", encoding="utf-8")
    result = run("compare", tiny_files, photo, *arguments)
    assert result.exit_code == 1 and f"Name another with {named}." in result.stderr
    assert not Path("p/a_compare.png").exists()


def test_masks_among_the_images_are_to_be_moved(tiny_files: Files, photo: Path):
    result = run("compare", tiny_files, photo, "--masks", "p")
    assert result.exit_code == 4 and "Put the masks into a folder of their own" in result.stderr


# --- Standard output ---------------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output(tiny_files: Files, photo: Path):
    run("compare", tiny_files, photo, "--method", "grad-cam", "--steps", 0)
    words = [sys.executable, "-m", "xai_cam", "compare", "-m", tiny_files[0], "-w", tiny_files[1], photo]
    words += ["--method", "grad-cam", "--steps", "0"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "Cannot write to standard output" in result.stderr


def test_standard_output_that_was_closed(tiny_files: Files, photo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", None)
    Console().say("nobody reads this")


def test_sanity_writes_its_files_before_somebody_stops_reading(
    tiny_files: Files, photo: Path, monkeypatch: pytest.MonkeyPatch
):
    def say(console: Console, text: str) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(Console, "say", say)
    run("sanity", tiny_files, photo, "--draws", 1, "--method", "grad-cam", "-o", "checked")
    assert Path("checked/sanity.json").exists()
