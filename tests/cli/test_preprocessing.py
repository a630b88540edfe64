"""How pictures are read, wherever they are: `--max-pixels`, and `--shrink-on-load` where none is drawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import named, provenance, run

Files = tuple[Path, Path]

LABELS = ("a", "b", "c")

COMMANDS = (
    *("explain", "compare --steps 0", "features", "sanity --draws 1", "kernels apply --fir box"),
    "evaluate",
)


@pytest.fixture
def folder(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """Two small pictures of two classes, and one of 60 x 50."""
    for number, name in enumerate(("a/one.png", "b/two.png")):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        make_photo(tmp_path / "in" / name, seed=number)
    noise = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "in" / "a" / "large.png")
    return tmp_path / "in"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_reads_pictures_has_it(
    command: str, folder: Path, model_files: Callable[..., Files], tmp_path: Path
) -> None:
    words, evaluates = command.split(), command == "evaluate"
    (tmp_path / "labels.txt").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
    model = [] if words[0] == "kernels" else named(model_files())
    images = ["--labels", tmp_path / "labels.txt", folder] if evaluates else ["-r", folder]
    out = [] if evaluates else ["-o", tmp_path / "out"]
    result = run(*words, *model, *out, "--max-pixels", 2999, *images)
    said = " ".join(result.output.split())
    assert result.exit_code == 1 and "Traceback" not in said
    assert "it has 60 x 50 pixels, more than 2,999" in said and "use a larger --max-pixels" in said
    assert run(*words, *model, *out, "--max-pixels", 3000, *images).exit_code == 0


def test_a_number_of_pixels_is_asked_for() -> None:
    result = run("explain", "-m", "a.keras", "--max-pixels", "0", "x.png")
    assert result.exit_code == 2 and "--max-pixels" in result.output


def test_large_jpegs_are_shrunk_where_no_picture_is_drawn(
    tmp_path: Path, model_files: Callable[..., Files]
) -> None:
    """Rows and files say so, a run without it makes its own, and a run that draws refuses."""
    (tmp_path / "in").mkdir()
    ramp = np.add.outer(np.arange(120), np.arange(96))[..., None].repeat(3, 2).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "in" / "a.jpg", quality=95)
    asked = ["explain", *named(model_files()), "-o", tmp_path / "out", "--results", "-", tmp_path / "in"]
    refused = run(*asked, "--shrink-on-load", "--save", "raw,overlay")
    assert refused.exit_code == 2 and "Use --save raw" in " ".join(refused.stderr.split())
    found = {}
    for more in ([], ["--shrink-on-load"], ["--shrink-on-load"]):
        result = run(*asked, "--save", "raw", *more)
        assert result.exit_code == 0, result.output
        (row,) = csv.DictReader(io.StringIO(result.stdout))
        assert (row["image_width"], row["image_height"]) == ("96", "120")
        found[len(found)] = row["outcome"], row["preprocessing"].endswith(" shrink-on-load")
    assert list(found.values()) == [("written", False), ("written", True), ("up to date", True)]
    assert provenance(tmp_path / "out" / "a_grad-cam.npy")["region"] == [0, 0, 120, 96]
