"""How pictures are read on the command line: filters and windows, and what is said of a dark input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, named, provenance, run

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def xrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two greys of 12 bits in files of 16, and a photo in colour."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 4000, (20, 24)).astype(np.uint16)).save(name)
    Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save("c.png")
    return [Path("a.png"), Path("b.png"), Path("c.png")]


def lines(result: Any, part: str) -> list[str]:
    return [line for line in result.stderr.splitlines() if part in line]


def test_twelve_bits_are_told_once_and_counted(xrays: list[Path], model_files: Files) -> None:
    result = explain(model_files(), *xrays, "-o", "out")
    assert counted(result, 3)
    first, both = lines(result, "of the range that the model expects")
    assert first.startswith("a.png: its input covers 0.0") and "as of 12 bits (a guess): --depth 12" in first
    assert both.startswith("2 of 3 images cover less than a tenth") and "--window LOW:HIGH" in both


@pytest.mark.parametrize(
    ("asked", "words", "left"),
    [
        (
            ("--depth", "12"),
            "unit rgb stretch depth=12",
            "--depth is for grey pictures and bands of more than 8",
        ),
        (
            ("--window", "0:4095"),
            "unit rgb stretch window=0:4095",
            "--window is for grey pictures and bands: 1 of 3",
        ),
    ],
)
def test_a_window_feeds_and_draws_the_levels_that_are_asked_for(
    xrays: list[Path], model_files: Files, asked: tuple[str, ...], words: str, left: str
) -> None:
    """What was made without it is redone, and the drawing shows what the model saw."""
    command = *xrays, "-o", "out", "--opacity", "0", "--enlarge", "1"
    assert counted(explain(model_files(), *command), 3)
    result = explain(model_files(), *command, *asked)
    assert counted(result, 3) and not lines(result, "a tenth of the range")
    assert lines(result, left)
    assert lines(result, f"; stretch, resized with bilinear, {words.rpartition(' ')[2]}. First image a.png: ")
    assert provenance(Path("out/a_grad-cam.png"))["preprocessing"] == words
    drawn = np.asarray(Image.open("out/a_grad-cam.png"))[..., 0]
    stored = np.asarray(Image.open("a.png"), np.float64)
    np.testing.assert_allclose(drawn, stored * 255 / 4095, atol=1)
    assert counted(explain(model_files(), *command, *asked), 0, 3)


def test_another_filter_is_redone_and_told(xrays: list[Path], model_files: Files) -> None:
    command = "c.png", "-o", "out"
    assert counted(explain(model_files(), *command), 1)
    assert counted(explain(model_files(), *command, "--resize-with", "bilinear"), 0, 1)
    result = explain(model_files(), *command, "--resize-with", "nearest")
    assert counted(result, 1) and lines(result, "; stretch, resized with nearest. First image c.png")
    assert provenance(Path("out/c_grad-cam.png"))["preprocessing"] == "unit rgb stretch nearest"


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "--steps", "0", "-o", "out"),
        ("features", "-o", "out"),
        ("sanity", "-o", "out", "--method", "grad-cam", "--draws", "1"),
        ("kernels", "edit", "--zero", "conv_1:0"),
        ("kernels", "edit", "--rank"),
        ("evaluate", "--truth", "truth.csv"),
        ("evaluate", "--try-preprocess", "--truth", "truth.csv"),
    ],
)
def test_every_command_reads_as_asked(
    command: tuple[str, ...], xrays: list[Path], model_files: Files
) -> None:
    Path("truth.csv").write_text("image,class\na.png,0\nb.png,1\nc.png,2\n", encoding="utf-8")
    asked = "--resize-with", "area", "--window", "0:4095"
    images = () if command[0] == "evaluate" else xrays
    dark = run(*command, *named(model_files()), *images)
    assert dark.exit_code == 0 and lines(dark, "2 of 3 images cover less than a tenth")
    read = run(*command, *named(model_files()), *images, *asked)
    assert read.exit_code == 0 and not lines(read, "a tenth")
    assert lines(read, "--window is for grey pictures and bands: 1 of 3 images")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--window", "9:1"), "'9:1' is not a window. Write the lower value first, such as 0:4095."),
        (("--window", "0-4095"), "is not a window"),
        (("--depth", "4"), "4 is not in the range 8<=x<=32"),
        (("--depth", "12", "--window", "0:1"), "--window and --depth both say which grey is white."),
        (("--resize-with", "hamming"), "'hamming' is not one of 'bilinear'"),
    ],
)
def test_what_makes_no_sense(asked: tuple[str, ...], message: str) -> None:
    result = run("explain", "-m", "gone.json", "a.png", *asked)
    assert result.exit_code == 2 and message in result.stderr
