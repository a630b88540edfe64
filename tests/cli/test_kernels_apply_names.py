"""`xai-cam kernels apply` on the command line: names of outputs, what is done already, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle import filtering as oracle
from support import convolutions
from support.commands import apply, clean_environment, counted, fresh, named
from support.small_models import build_tiny, save_model

Files = tuple[Path, Path]


@pytest.fixture
def photo(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    return make_photo(tmp_path / "photos" / "p.png", (12, 14))


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return save_model(convolutions.build(), tmp_path_factory.mktemp("zoo"))


# --- Names and files ---------------------------------------------------------------------------------


def test_names_of_outputs(zoo: Files, photo: Path) -> None:
    apply(*named(zoo), "-l", "block/conv", "--filters", "0-1", "--save", "picture,figure,raw", photo)
    apply("--fir", "unsharp:-0.5", "--kernel-size", "7", photo)
    assert {p.name for p in photo.parent.iterdir()} == {
        "p.png",
        "p_unsharp--0.5-7x7_filtered.png",
        *(f"p_block.conv.{k}_filtered{e}" for k in (0, 1) for e in (".png", "_figure.png", ".npy")),
    }


def test_one_filter_of_a_list_is_up_to_date_alone(
    zoo: Files, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(*named(zoo), "-l", "plain", "--filters", "0-2", photo)
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))
    assert counted(apply(*named(zoo), "-l", "plain", "--filters", "1", photo), 0, up_to_date=1)


def test_a_kernel_from_a_file(photo: Path, tmp_path: Path) -> None:
    kernels = np.random.default_rng(2).normal(0, 1, (3, 4, 3))
    path = tmp_path / "my kernel.npy"
    np.save(path, kernels)
    options = ("--fir", path, "--save", "raw", photo)
    assert counted(apply(*options), 1)
    colours = np.asarray(Image.open(photo)) / 255
    expected = oracle.filter_planes(colours, kernels, "reflect").sum(axis=2)
    np.testing.assert_allclose(np.load(photo.with_name("p_my-kernel_filtered.npy")), expected, atol=1e-5)
    assert counted(apply(*options), 0, up_to_date=1)
    np.save(path, kernels * 2)
    assert counted(apply(*options), 1), "another kernel of that name"
    np.testing.assert_allclose(np.load(photo.with_name("p_my-kernel_filtered.npy")), 2 * expected, atol=2e-5)


def test_a_kernel_that_overflows_fails_the_image(photo: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "huge.npy", np.full((3, 3), 1e300))
    result = apply("--fir", tmp_path / "huge.npy", photo)
    assert result.exit_code == 1 and "is not finite: its kernel's values are too large" in result.stderr


def test_weights_that_are_not_finite_are_the_models_fault(photo: Path, tmp_path: Path) -> None:
    model = build_tiny()
    weights = model.get_weights()
    weights[0][0, 0, 0, 1] = np.inf
    model.set_weights(weights)
    files = save_model(model, tmp_path / "model")
    result = apply(*named(files), "-l", "conv_1", "--filters", "1", photo)
    assert result.exit_code == 3 and "Filter 1 of conv_1 holds NaN or infinity." in result.stderr
    assert counted(apply(*named(files), "-l", "conv_1", "--filters", "0", photo), 1)


# --- What is refused ---------------------------------------------------------------------------------

WRONG = {
    "no kernel": ([], "No kernel named. Use --fir"),
    "two kernels": (["--fir", "box", "--filters", "0"], "--fir and --filters both name kernels."),
    "no model": (["--filters", "0", "-l", "a"], "--filters needs --model."),
    "no layer": (["--filters", "0", "-m", "model.json"], "--filters needs --layer."),
    "neither": (["--filters", "0"], "--filters needs --model and --layer."),
    "size of a layer's": (
        ["--filters", "0", "-m", "m", "-l", "a", "--kernel-size", "3"],
        "--kernel-size is for the named",
    ),
    "model with fir": (["--fir", "box", "-m", "model.json"], "--model is for a layer's filter, but --fir"),
    "layer with fir": (["--fir", "box", "-l", "a"], "--layer is for a layer's filter"),
    "order with fir": (["--fir", "box", "--channel-order", "bgr"], "--channel-order is for a layer's"),
    "unsafe with fir": (["--fir", "box", "--allow-unsafe"], "--allow-unsafe is for a layer's filter"),
    "kernel": (["--fir", "sobelx"], "There is no kernel 'sobelx'. Nearest names: sobel-x"),
    "even size": (["--fir", "box", "--kernel-size", "4"], "There is no box kernel of 4 x 4."),
    "kernel file": (["--fir", "nowhere.npy"], "There is no file nowhere.npy."),
    "list": (["-m", "model.json", "-l", "a", "--filters", "x"], "'x' is not a list of filters."),
    "range": (["-m", "model.json", "-l", "a", "--filters", "5-2"], "5-2 is not a range of filters."),
    "huge range": (["-m", "model.json", "-l", "a", "--filters", "0-999999999"], "is not a range of filters."),
    "border": (["--fir", "box", "--border", "wrap"], "'wrap' is not one of 'reflect'"),
    "scale": (["--fir", "box", "--scale", "log"], "'log' is not one of 'auto'"),
    "save": (["--fir", "box", "--save", "planes"], "'planes' is not one of picture, figure, raw"),
    "results": (["--fir", "box", "--results", "r.txt"], "r.txt must end in .csv, .tsv, .jsonl or .parquet"),
}

SCRIPT = """
import json, sys
from click.testing import CliRunner
from xai_cam.cli import main

answers = {}
for name, arguments in json.load(sys.stdin).items():
    result = CliRunner().invoke(main, ["kernels", "apply", *arguments, "p.png"])
    loaded = sorted({"tensorflow", "keras"} & set(sys.modules))
    known = result.exception is None or isinstance(result.exception, SystemExit)
    answers[name] = (result.exit_code, result.stdout, result.stderr, loaded, known)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, model_files: Callable[..., Files]) -> dict[str, Any]:
    """The cases above, help, and a whole run with a named kernel, in one fresh process."""
    folder = tmp_path_factory.mktemp("cases")
    for file in model_files():
        (folder / file.name).write_bytes(file.read_bytes())
    Image.new("RGB", (8, 8)).save(folder / "p.png")
    cases = {name: arguments for name, (arguments, _) in WRONG.items()} | {
        "help": ["--help"],
        "run": ["--fir", "sharpen:1", "--save", "picture,figure,raw"],
        "dry": ["-m", "model.json", "-l", "conv_1", "--filters", "0", "--dry-run"],
    }
    done = fresh("-c", SCRIPT, input=json.dumps(cases), cwd=folder, env=clean_environment())
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_line_is_told_without_tensorflow(name: str, answers: dict[str, Any]) -> None:
    code, out, error, loaded, known = answers[name]
    assert known and code == 2 and not out and not loaded
    assert WRONG[name][1] in error


@pytest.mark.parametrize("name", ["help", "run", "dry"])
def test_named_kernels_help_and_dry_runs_need_no_tensorflow(name: str, answers: dict[str, Any]) -> None:
    code, out, error, loaded, known = answers[name]
    assert known and code == 0 and not loaded, error
    told = {"help": "laplacian-8", "run": "", "dry": "p.png -> p_conv_1.0_filtered.png (to do)"}[name]
    assert told in out


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            ["-l", "plan", "--filters", "0"],
            3,
            "The model has no layer 'plan'. Nearest names with kernels: plain",
        ),
        (["-l", "head", "--filters", "0"], 3, "has no 2-D kernels"),
        (["-l", "plain", "--filters", "4"], 2, "4 is not among the layer's 4 filters, 0 to 3."),
        (
            ["-l", "plain", "--filters", "0", "--part", "depthwise"],
            2,
            "--part is for SeparableConv2D; plain is",
        ),
        (
            ["-l", "block/conv", "--filters", "0", "--channel-order", "bgr"],
            2,
            "block/conv does not read colours.",
        ),
        (["-l", "block/conv", "--filters", "0", "--planes", "colour"], 2, "reads 9 channels, not a picture"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_model_has_not(options: list[str], code: int, message: str, zoo: Files, photo: Path) -> None:
    result = apply(*named(zoo), *options, photo)
    assert result.exit_code == code and message in result.stderr and "Traceback" not in result.output
    assert [p.name for p in photo.parent.iterdir()] == ["p.png"]
