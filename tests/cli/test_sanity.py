"""`xai-cam sanity`: what it prints and writes, and what it makes of wrong options and broken images."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import fresh, named, run, sha256, strict, tree
from xai_cam.sanity import rounds
from xai_cam.sanity.report import SANITY_FILES

Photos = Callable[..., Path]

USAGE = {
    "no images": ([], "Missing argument 'IMAGES...'", 2),
    "method": (["a.png", "--method", "gradcam"], "'gradcam' is none of the choices. Nearest: grad-cam", 2),
    "score": (["a.png", "--score", "probability"], "every class gets the same map", 2),
    "channels": (["a.png", "--method", "grad-cam", "--max-channels", "4"], "that score each channel", 2),
    "count": (["a.png", "--count", "0"], "0 is not in the range", 2),
    "draws": (["a.png", "--draws", "0"], "0 is not in the range", 2),
    "others": (["a.png", "--others", "0"], "0 is not in the range", 2),
    "seed": (["a.png", "--seed", "-1"], "-1 is not in the range", 2),
    "device": (["a.png", "--device", "tpu"], "Unknown device 'tpu'", 2),
    "labels": (["a.png", "--labels", "no.txt"], "Cannot read the labels no.txt", 2),
    "figure": (["a.png", "--figure-image", "b.png"], "--figure-image b.png is not one of the images", 2),
    "folder of others": (["a.png", "-o", "theirs"], "was not written by xai-cam. Use --overwrite", 2),
    "over an input": (["sanity/sanity.png", "--overwrite"], "is one of the inputs", 2),
    "a file": (["a.png", "-o", "a.png"], "Cannot write to the folder a.png", 1),
    "no image": (["empty"], "No image found", 4),
    "no model": (["a.png", "-m", "no.json"], "Cannot read no.json", 3),
}
"""Arguments behind a model that is fine, a part of the message, exit code."""

SCRIPT = """
import json, sys
from click.testing import CliRunner
from xai_cam.cli import main

answers = {}
for name, arguments in json.load(sys.stdin).items():
    result = CliRunner().invoke(main, arguments)
    loaded = sorted({"tensorflow", "keras", "sklearn", "matplotlib"} & set(sys.modules))
    answers[name] = (result.exit_code, result.stderr, loaded)
print(json.dumps(answers))
"""
"""Runs every case above in one fresh process, and looks after each whether a heavy library was imported."""


def sanity(files: tuple[Path, ...], *arguments: object) -> Result:
    return run("sanity", *named(files), *arguments)


@pytest.fixture
def photos(make_photo: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seven photos in `photos`, below the current folder."""
    for number in range(7):
        make_photo(tmp_path / "photos" / f"{number}.png", seed=number)
    monkeypatch.chdir(tmp_path)
    return Path("photos")


def test_what_is_printed_and_written(tiny_files: tuple[Path, Path], photos: Path) -> None:
    before = {path: sha256(path) for path in (*tiny_files, *photos.iterdir())}
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    methods = ("--method", "grad-cam", "--method", "eigen-cam")
    result = sanity(tiny_files, photos, *methods, "--draws", 2, "--labels", "labels.txt")
    assert result.exit_code == 0, result.stderr
    assert {path: sha256(path) for path in before} == before
    assert sorted(tree(Path("sanity"))) == sorted(SANITY_FILES)

    said = strict(Path("sanity/sanity.json").read_text(encoding="utf-8"))
    table, verdicts = (part.splitlines() for part in result.stdout.split("\n\n"))
    assert table[0].split()[:4] == ["layer", "method", "step", "random"]
    assert [line.split()[:4] for line in table[1:]] == [
        line
        for method in ("grad-cam", "eigen-cam")
        for line in (
            ["conv_2", method, "1", "head"],
            ["conv_2", method, "2", "conv_2"],
            ["conv_2", method, "(other", "classes:"],
        )
    ]
    assert table[1].split()[5] == f"{said['checks'][0]['steps'][0]['correlation']['value']:.3f}"
    assert [line for line in verdicts if not line.startswith(" ")] == [c["verdict"] for c in said["checks"]]
    assert "eigen-cam at conv_2: failed. The maps do not depend on the class" in result.stdout
    assert said["tool"].startswith("xai-cam ") and said["weights_sha256"] == sha256(tiny_files[1])
    names = {entry["predicted"]: entry["predicted_name"] for entry in said["images"]}
    assert names.items() <= {0: "ant", 1: "bee", 2: "cat"}.items()

    lines = result.stderr.splitlines()
    assert lines[0].startswith(
        "Preprocessing unit, rgb (a guess: the model does not say; --preprocess says otherwise); stretch, "
    )
    assert " First image: input " in lines[0]
    assert lines[1] == "Layer conv_2 (Conv2D, 8 x 8 x 8, the default)."
    assert lines[2] == "Random weights, 2 draws: head, conv_2. 35 maps for each method."  # 7 x (1 + 2 x 2)
    assert lines[-2] == "Report: sanity" and lines[-1].startswith("7 checked, 0 failed in ")


def test_a_second_run_replaces_its_own_files_by_equal_ones(
    tiny_files: tuple[Path, Path], photos: Path
) -> None:
    asked = (photos, "--method", "grad-cam", "--draws", 1)
    assert sanity(tiny_files, *asked).exit_code == 0
    first = tree(Path("sanity"))
    assert sanity(tiny_files, *asked).exit_code == 0
    assert tree(Path("sanity")) == first
    assert sanity(tiny_files, *asked, "--seed", 1).exit_code == 0
    assert tree(Path("sanity")) != first


def test_json_is_all_of_standard_output(tiny_files: tuple[Path, Path], photos: Path) -> None:
    result = sanity(tiny_files, photos, "--json", "-q", "--method", "grad-cam", "--draws", 1)
    assert strict(result.stdout) == strict(Path("sanity/sanity.json").read_text(encoding="utf-8"))
    assert len(result.stderr.splitlines()) == 1


def test_images_are_spread_evenly_and_the_one_for_the_figure_is_among_them(
    tiny_files: tuple[Path, Path], photos: Path
) -> None:
    asked = ("--count", 3, "--method", "grad-cam", "--draws", 1, "--json")
    result = sanity(tiny_files, photos, *asked)
    assert [i["image"] for i in strict(result.stdout)["images"]] == ["0.png", "3.png", "6.png"]
    assert "Using 3 of 7 images, evenly spaced (--count for more)." in result.stderr
    assert "not judged" in result.stdout
    result = sanity(tiny_files, photos, *asked, "--figure-image", photos.resolve() / "4.png")
    assert [i["image"] for i in strict(result.stdout)["images"]] == ["0.png", "4.png", "6.png"]
    text = Image.open("sanity/sanity.png").text["xai-cam"]  # type: ignore[attr-defined]
    assert json.loads(text)["shown"] == "4.png"


def test_what_masked_scores_cost_is_said_beforehand(tiny_files: tuple[Path, Path], photos: Path) -> None:
    asked = ("-l", "conv_2", "-l", "pool", "--max-channels", 2, "--draws", 1, "--count", 2)
    result = sanity(tiny_files, photos, *asked)
    # 2 images x (1 + 2 steps) x 2 channels; then with a third step
    assert "Up to 12 forward passes for methods that score each channel." in result.stderr
    assert "Up to 16 forward passes for methods that score each channel." in result.stderr
    found = strict(Path("sanity/sanity.json").read_text(encoding="utf-8"))["checks"]
    assert [(c["layer"], c["method"]) for c in found] == [
        (layer, method) for layer in ("conv_2", "pool") for method in ("grad-cam", "score-cam")
    ]


def test_a_broken_image_is_named_and_the_others_are_checked(
    tiny_files: tuple[Path, Path], photos: Path
) -> None:
    (photos / "3.png").write_bytes(b"no picture")
    result = sanity(tiny_files, photos, "nowhere.png", "--method", "grad-cam", "--draws", 1)
    assert result.exit_code == 1
    assert f"Failed: {photos / '3.png'}: not an image file" in result.stderr
    assert "Failed: nowhere.png: there is no such file." in result.stderr
    assert result.stderr.splitlines()[-1].startswith("6 checked, 2 failed in ")
    assert strict(Path("sanity/sanity.json").read_text(encoding="utf-8"))["failed"] == 2


def test_nothing_but_broken_images(tiny_files: tuple[Path, Path], photos: Path) -> None:
    for path in photos.iterdir():
        path.write_bytes(b"")
    result = sanity(tiny_files, photos)
    assert result.exit_code == 1 and not result.stdout
    assert "There is nothing to check." in result.stderr and not tree(Path("sanity"))
    assert result.stderr.splitlines()[-1].startswith("0 checked, 7 failed in ")


def test_a_map_that_is_not_finite_fails_its_image(
    tiny_files: tuple[Path, Path], photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = rounds.explain_layers

    def spoiled(*arguments: Any) -> Any:
        found = real(*arguments)
        maps = found[0][2]
        found[0][2] = [replace(e, cam=e.cam * np.nan, status="non-finite", cause="NaN") for e in maps]
        return found

    monkeypatch.setattr(rounds, "explain_layers", spoiled)
    result = sanity(tiny_files, photos, "--method", "grad-cam", "--draws", 1)
    assert result.exit_code == 1
    assert f"Failed: {photos / '2.png'}: grad-cam at conv_2 is non-finite: NaN." in result.stderr
    assert result.stderr.splitlines()[-1].startswith("6 checked, 1 failed in ")


def test_ctrl_c_writes_nothing(
    tiny_files: tuple[Path, Path], photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "explain_layers", interrupted)
    result = sanity(tiny_files, photos)
    assert result.exit_code == 130 and not tree(Path("sanity"))
    assert result.stderr.splitlines()[-1].startswith("Interrupted. Nothing was written")


def test_usage_errors_are_told_without_tensorflow(
    tiny_files: tuple[Path, Path], photos: Path, make_photo: Photos, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png", "sanity/sanity.png"):
        make_photo(tmp_path / name)
    for name in ("theirs", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "theirs" / "sanity.csv").write_text("theirs", encoding="utf-8")
    model = [str(part) for part in named(tiny_files)]
    cases = {name: ["sanity", *model, *arguments] for name, (arguments, _, _) in USAGE.items()}
    answers = fresh("-c", SCRIPT, input=json.dumps(cases), cwd=tmp_path)
    assert answers.returncode == 0, answers.stderr
    for name, (code, stderr, loaded) in json.loads(answers.stdout).items():
        assert USAGE[name][1] in stderr.replace("\n", " "), name
        assert (code, loaded) == (USAGE[name][2], []), name


def test_in_a_process_of_its_own(tiny_files: tuple[Path, Path], photos: Path) -> None:
    asked = ("--method", "grad-cam", "--draws", 1)
    one = photos / "0.png"  # with more a slow machine says how long it will take
    result = fresh("-m", "xai_cam", "sanity", *named(tiny_files), one, *asked)
    assert result.returncode == 0, result.stderr
    assert "grad-cam at conv_2: " in result.stdout
    assert "Traceback" not in result.stderr and "tensorflow" not in result.stderr.lower()
    assert len(result.stderr.splitlines()) == 5
