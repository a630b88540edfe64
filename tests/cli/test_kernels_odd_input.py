"""Commands on kernels with numbers, tables and names that nobody would mean: plain words, nothing spoilt."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from support.commands import named, run, tree
from support.small_models import save_model
from support.systems import device, link
from xai_cam import prepend_filter
from xai_cam.kernels.named_kernels import make_kernel

Make = Callable[..., Path]

COMMAND = (sys.executable, "-c", "from xai_cam.cli import main; main()")


# --- Numbers and options ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("edit", ["--multiply", "conv_1:2=1e300"]),
        ("edit", ["--set", "conv_1:2=large.npy"]),
        ("edit", ["--multiply", "conv_1:2=1e30", "--multiply", "conv_1:2=1e30"]),
        ("prepend", ["--fir", "large.npy"]),
    ],
)
def test_weights_that_would_be_infinite_are_not_written(
    command: str,
    arguments: list[str],
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """float32 ends at 3.4e38: a model beyond it is read by nobody, and says nothing of an image."""
    monkeypatch.chdir(tmp_path)
    np.save("large.npy", np.full((3, 3), 1e200))
    done = run("kernels", command, *named(files), *arguments, "-o", "new")
    assert done.exit_code == 2 and "too large for" in done.stderr, done.output
    assert not list(tmp_path.glob("new/*"))


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        ("edit", ["--rank", "p.png", "--overwrite"], "--overwrite replaces a model in --output"),
        ("prepend", ["--fir", "box", "--size", "16x16", "-o", "new"], "is for images, but none"),
        (
            "prepend",
            ["--fir", "sobel-x", "--kernel-size", "33", "-o", "new"],
            "odd --kernel-size from 3 to 31",
        ),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    command: str, arguments: list[str], words: str, files: tuple[Path, Path], tmp_path: Path, make_photo: Make
):
    arguments = [str(make_photo(tmp_path / "p.png")) if a == "p.png" else a for a in arguments]
    done = run("kernels", command, *named(files), *arguments)
    assert done.exit_code == 2 and words in done.stderr, done.output


def test_one_channel_is_one(tmp_path: Path, make_photo: Make):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv")])
    model.save(tmp_path / "model.keras")
    asked = ("-m", tmp_path / "model.keras", "-l", "conv", "--filters", "0", "--planes", "colour")
    done = run("kernels", "apply", *asked, make_photo(tmp_path / "a.png"))
    assert done.exit_code == 2 and "reads 1 channel, not a picture in colour." in done.stderr


def test_one_image_is_one_image(files: tuple[Path, Path], tmp_path: Path, make_photo: Make):
    done = run("kernels", "edit", *named(files), "--rank", make_photo(tmp_path / "a.png"))
    assert done.exit_code == 0 and "conv_1 (Conv2D): 1 image x 6 filters." in done.stderr


def test_several_named_kernels_have_a_picture_each(tmp_path: Path, make_photo: Make):
    photo = make_photo(tmp_path / "p.png")
    done = run("kernels", "apply", "--fir", "sobel-x", "--fir", "sobel-y", "--fir", "sobel-x", photo)
    assert done.exit_code == 0
    assert {p.name for p in tmp_path.glob("p_*")} == {"p_sobel-x_filtered.png", "p_sobel-y_filtered.png"}
    np.save(tmp_path / "box.npy", np.ones((3, 3)))
    same = run("kernels", "apply", "--fir", "box", "--fir", tmp_path / "box.npy", photo)
    assert same.exit_code == 2 and "have the same name" in same.stderr


def test_a_filter_in_front_can_be_looked_at_without_a_new_model(
    files: tuple[Path, Path], tmp_path: Path, make_photo: Make
):
    photo = make_photo(tmp_path / "p.png")
    before = tree(tmp_path)
    done = run("kernels", "prepend", *named(files), "--fir", "delta", photo)
    assert done.exit_code == 0 and "No model written (no --output)." in done.stderr
    assert "Changed class: 0 of 1." in done.stdout
    assert tree(tmp_path) == before


def test_a_fixed_filter_in_front_is_not_the_layer_that_is_meant(
    tiny_model: object, tmp_path: Path, make_photo: Make
):
    """What is asked without a layer is asked of the model as it was trained."""
    new = save_model(prepend_filter(tiny_model, make_kernel("box")), tmp_path / "new")
    assert "Layer conv_1," in run("kernels", "show", *named(new), "--format", "brief").stderr
    ranked = run("kernels", "edit", *named(new), "--rank", make_photo(tmp_path / "p.png"))
    assert "conv_1 (Conv2D): 1 image x 6 filters." in ranked.stderr
    applied = run("kernels", "apply", *named(new), "-l", "fir", "--filters", 0, tmp_path / "p.png")
    assert applied.exit_code == 0 and "may not be colours" not in applied.stderr


# --- Tables that cannot be written -------------------------------------------------------------------


@pytest.mark.parametrize("closed", [True, False])
def test_rows_for_a_standard_output_that_takes_none(closed: bool, tmp_path: Path, make_photo: Make):
    full = device("/dev/full")
    photo = make_photo(tmp_path / "a.png")
    called = [*COMMAND, "kernels", "apply", "--fir", "box", "--results", "-", str(photo)]
    line = f"{shlex.join(called)} {'>&-' if closed else f'>{full}'}"
    done = subprocess.run(line, shell=True, stderr=subprocess.PIPE, text=True, timeout=100, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert re.search("^Error: Cannot write to standard output: .*$", done.stderr, re.M)


def test_a_table_that_cannot_be_written_is_no_fault_of_an_image(tmp_path: Path, make_photo: Make):
    photo, table = make_photo(tmp_path / "a.png"), tmp_path / "rows.csv"
    assert run("kernels", "apply", "--fir", "box", photo).exit_code == 0
    link(table, device("/dev/full"))
    again = run("kernels", "apply", "--fir", "box", photo, "--results", table)
    assert again.exit_code == 1 and "Cannot write" in again.stderr
    assert "Failed" not in again.stderr


# --- Names of outputs --------------------------------------------------------------------------------


def test_layers_with_names_that_disks_do_not_take(tmp_path: Path, make_photo: Make):
    """A colon names a stream of a file on Windows; 255 bytes are the most on nearly all disks."""
    long = "conv_" + 45 * "long_"
    for name in ("block:1", long):
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name=name)])
        model.save(tmp_path / "model.keras")
        photo, out = make_photo(tmp_path / "a.png"), tmp_path / name[:5]
        asked = ("-m", tmp_path / "model.keras", "-l", name, "--filters", "1", "--save", "figure", "-o", out)
        done = run("kernels", "apply", *asked, photo)
        assert done.exit_code == 0, done.stderr
        (made,) = (path.name for path in out.iterdir())
        assert made == "a_block-1.1_filtered_figure.png" or re.fullmatch(
            r"a_conv_(long_)+.{0,5}-[0-9a-f]{8}\.1_filtered_figure\.png", made
        )


@pytest.mark.parametrize("output", ["there", "new"])
def test_an_image_whose_outputs_names_are_too_long(output: str, tmp_path: Path, make_photo: Make):
    (tmp_path / "there").mkdir()
    photo = make_photo(tmp_path / f"{240 * 'n'}.png")
    done = run("kernels", "apply", "--fir", "gaussian", photo, "-o", tmp_path / output)
    assert done.exit_code == 1 and "Errno" not in done.stderr and "Free space" not in done.stderr
    assert "Give the image a shorter name." in done.stderr
