"""Errors and messages of the library as the command line shows them."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from support.commands import explain, run
from xai_cam.cli import Commands, main
from xai_cam.cli.console import Console
from xai_cam.cli.errors import IN_WORDS, OPTIONS, exit_code_of, with_options
from xai_cam.errors import (
    ImageError,
    InputError,
    ModelError,
    NoImagesError,
    OutOfMemoryError,
    OutputError,
    XaiCamError,
)
from xai_cam.files.rows import Row
from xai_cam.runs.compare_run import CompareWork
from xai_cam.runs.tasks import Task

NEEDS_LABELS = "The folder name 'zebra' needs --labels, which give its index."

# --- Arguments become options ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('Use `device="cpu"`, or a smaller `size`.', "Use --device cpu, or a smaller --size."),
        ("Use `device='cpu'`.", "Use --device cpu."),
        ("add `overwrite=True`.", "add --overwrite."),
        ("`size=(224, 160)` cannot be used.", "--size 224x160 cannot be used."),
        ("Choose one with `size=(height, width)`.", "Choose one with --size HxW."),
        ('`top=N` shows, `saves=("npy",)` has.', "--top N shows, --save npy has."),
        ('`saves=("overlay", "raw")`', "--save overlay,raw"),
        ("`margin=nan` is not a number", "--margin nan is not a number"),
        ("`max_channels=8`", "--max-channels 8"),
        ("`specs` and `target`", "--fir and --class"),
        ("Use `Zero` or `Scale`.", "Use --zero or --multiply."),
        ("with `custom_objects={name: class}`.", "with --custom-objects, as a module or a .py file."),
        ("with `custom_objects`, or", "with --custom-objects, or"),
    ],
)
def test_arguments_are_shown_as_options(said: str, shown: str) -> None:
    assert with_options(said) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Run `pipx inject xai-cam 'openvino>=2025.1'`.",
        "Run `.venv/bin/python -m pip install --upgrade 'openvino>=2025.1'`, or see `xai-cam doctor`.",
        "Save it with `model.save_weights`, or `model.to_json()`.",
        "Rebuild it without `training=True`. Give a `get_config`.",
        "`/layer` is a link to another place",
        "Layer 'device' (Conv2D): layer, size and weights are words too.",
        "a`b, c`d",
        "",
    ],
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert with_options(text) == text


@pytest.mark.parametrize(
    "value", ["rows.txt", "my rows.txt", "it's.txt", 'a "b".txt', "a`b`.txt", "$HOME\\x.txt", "Ключ.txt", ""]
)
def test_a_shell_reads_back_what_was_given(value: str) -> None:
    shown = with_options(f"`results={value!r}` is neither.")
    assert shown.endswith(" is neither.")
    assert shlex.split(shown.removesuffix(" is neither.")) == ["--results", value]


def test_a_second_time_changes_nothing() -> None:
    once = with_options('Use `device="cpu"`.')
    assert with_options(once) == once


def _options_of(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _options_of(inner)


def test_every_option_is_one() -> None:
    assert set(OPTIONS.values()) <= set(_options_of(main))
    assert {text.split("=")[0] for text in IN_WORDS} <= OPTIONS.keys()


# --- How a command ends ------------------------------------------------------------------------------

CODES = {
    XaiCamError: 1,
    InputError: 2,
    ModelError: 3,
    NoImagesError: 4,
    ImageError: 1,
    OutputError: 1,
    OutOfMemoryError: 1,
}


def test_every_class_has_its_code_here() -> None:
    ours = [kind for kind in XaiCamError.__subclasses__() if kind.__module__ == XaiCamError.__module__]
    assert CODES.keys() == {XaiCamError, *ours}


@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_an_error_ends_the_command_with_its_code(kind: type[XaiCamError], code: int) -> None:
    special = type("Special", (kind,), {})

    @click.group(cls=Commands)
    def commands() -> None:
        """Nothing."""

    @commands.command()
    @click.option("--special", is_flag=True)
    def fail(special: bool, made: type[XaiCamError] = special) -> None:
        raise (made if special else kind)('It is wrong. Use `device="cpu"`.')

    for arguments in (["fail"], ["fail", "--special"]):
        done = CliRunner().invoke(commands, arguments)
        assert (done.exit_code, done.stdout) == (code, "")
        assert done.stderr == "Error: It is wrong. Use --device cpu.\n"
    assert exit_code_of(kind) == exit_code_of(special) == code


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """A folder with a folder of one picture."""
    make_photo(tmp_path / "photos" / "zebra" / "a.png", seed=0)
    return tmp_path / "photos"


def test_a_wrong_argument(tiny_files: tuple[Path, Path], photos: Path) -> None:
    done = explain(tiny_files, photos, "-r", "--results", "my rows.txt")
    assert done.exit_code == 2
    endings = ".csv, .tsv, .jsonl, .parquet or .json (COCO), or be - for standard output"
    assert done.stderr == f"Error: --results 'my rows.txt' must end in {endings}.\n"


def test_a_wrong_model(tiny_files: tuple[Path, Path], photos: Path) -> None:
    _, weights = tiny_files
    done = run("explain", "-m", weights, photos, "-r")
    assert done.exit_code == 3
    assert done.stderr == (
        f"Error: {weights} contains weights without an architecture. Give the architecture JSON with --model "
        "and these with --weights.\n"
    )


def test_no_images(tiny_files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert explain(tiny_files, tmp_path / "empty").exit_code == 4


def test_results_that_cannot_be_written(tiny_files: tuple[Path, Path], photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "no" / "rows.csv"
    done = explain(tiny_files, photos, "-r", "--results", path)
    assert done.exit_code == 1
    assert (
        done.stderr
        == f"Error: Cannot write {path}: No such file or directory. Name another file in --results.\n"
    )


# --- What ends no command ----------------------------------------------------------------------------


def test_an_image_that_fails_is_told_with_options(
    tiny_files: tuple[Path, Path], photos: Path, tmp_path: Path
) -> None:
    pytest.importorskip("jinja2")
    rows, page = tmp_path / "rows.csv", tmp_path / "report.html"
    done = explain(tiny_files, photos, "-r", "-c", "folder", "--results", rows, "--report", page)
    assert done.exit_code == 1
    assert f"Failed: {photos / 'zebra' / 'a.png'}: {NEEDS_LABELS}\n" in done.stderr
    with rows.open(newline="", encoding="utf-8") as file:
        assert [row["message"] for row in csv.DictReader(file)] == [NEEDS_LABELS]
    text = page.read_text("utf-8")
    assert "needs --labels, which" in text and "`labels`" not in text


def test_a_plan_is_told_with_options(tiny_files: tuple[Path, Path], photos: Path) -> None:
    done = explain(tiny_files, photos, "-r", "-c", "folder", "--dry-run")
    assert done.exit_code == 0 and done.stdout.endswith(f"_grad-cam.png ({NEEDS_LABELS})\n")


def test_a_plan_of_panels_is_told_with_options(
    tiny_files: tuple[Path, Path], photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(work: CompareWork, task: Task, asked: str) -> None:
        raise OutputError("It is somebody else's. Use `overwrite=True` or `output`.")

    monkeypatch.setattr(CompareWork, "up_to_date", refuse)
    model, weights = tiny_files
    done = run("compare", "-m", model, "-w", weights, photos, "-r", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.endswith("_compare.png (It is somebody else's. Use --overwrite or --output.)\n")


def test_a_plan_of_pictures_is_told_with_options(photos: Path) -> None:
    (photos / "zebra" / "a_box_filtered.png").write_text("somebody else's", encoding="utf-8")
    done = run("kernels", "apply", "--fir", "box", photos / "zebra" / "a.png", "--dry-run")
    assert done.exit_code == 0
    said = "a_box_filtered.png exists and was not written by xai-cam. Use --overwrite or --output."
    assert done.stdout.endswith(f"a_box_filtered.png ({said})\n")


def test_the_page_of_a_comparison(tiny_files: tuple[Path, Path], photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    model, weights = tiny_files
    page, out = tmp_path / "report.html", tmp_path / "out"
    asked = ["-r", "-c", "folder", "--report", page, "-o", out]
    run("compare", "-m", model, "-w", weights, photos, *asked)
    text = page.read_text("utf-8")
    assert "needs --labels, which" in text and "`labels`" not in text


def test_the_console_shows_options(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.notice("No `labels`: classes are in alphabetical order.")
    console.row(asdict(Row("a.png", "failed", "failed", message="use a smaller `enlarge`")))
    assert capsys.readouterr().err == (
        "No --labels: classes are in alphabetical order.\nFailed: a.png: use a smaller --enlarge.\n"
    )


def test_what_was_allowed_is_told_with_its_option(tmp_path: Path) -> None:
    """Layers that are called as an argument keep their names."""
    import keras

    image = keras.Input((8, 8, 3))
    scaled = keras.layers.Lambda(lambda x: x * 2, name="scale")(image)
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(scaled))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(pooled))
    model.save(tmp_path / "model.keras")
    asked = ["convert", "-m", tmp_path / "model.keras", "-o", tmp_path / "new.keras"]
    refused = run(*asked)
    assert refused.exit_code == 3
    assert "code from the file: 'scale' is a Lambda" in refused.stderr
    assert "with --custom-objects, or, if you trust the source, add --allow-unsafe.\n" in refused.stderr
    allowed = run(*asked, "--allow-unsafe")
    assert allowed.exit_code == 0, allowed.stderr
    assert "Allowed by --allow-unsafe: 'scale' is a Lambda" in allowed.stdout


def test_errors_of_a_kernel(photos: Path, tmp_path: Path) -> None:
    done = run("kernels", "apply", "--fir", "box", "--kernel-size", "4", photos, "-r")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: There is no box kernel of 4 x 4. Use an odd --kernel-size from ")
