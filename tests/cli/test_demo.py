"""The demo: from nothing to heat maps that point at the right shape, without harm to what lies there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import clean_environment, counted, provenance, run, tree
from xai_cam.cli.demo import program, way_to_its_name
from xai_cam.sample_models.make_shapes import CLASSES

METHODS = ("grad-cam", "score-cam")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The demo of three shapes and the cat: its folder, which no test may change, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "my maps"
    return folder, run("demo", "-o", folder, "--count", 3)


def test_the_demo_explains_its_pictures_and_says_how_to_go_on(demo: tuple[Path, Result]) -> None:
    folder, result = demo
    assert result.exit_code == 0 and counted(result, 4), result.stderr
    names = [f"{number:02}_{name}" for number, name in enumerate(CLASSES[:3], 1)]
    ends = ["", *(f"_{method}{end}" for method in METHODS for end in (".npy", ".png", "_figure.png"))]
    shapes = {name + (end or ".png") for name in names for end in ends}
    ends = ["", *(f"_{method}{end}" for method in METHODS for end in ("", "_figure"))]
    cat = {f"cat/chelsea{end}.png" for end in ends}
    assert set(tree(folder)) == shapes | cat | {"figure.png"}
    shares = re.findall(
        r"^(\S+): the peak lay on the right shape in (\d+) of (\d+) pictures$", result.stdout, re.M
    )
    assert shares == [(method, "3", "3") for method in METHODS]
    assert str(folder.resolve() / "*_*-cam.png") in result.stdout

    before = tree(folder)
    commands = commands_of(result)
    assert "dogcat_small" in commands[0] and len(commands) == 2
    for command, images in zip(commands, (1, 3), strict=True):
        python, dash, module, *arguments = shlex.split(command.replace("\\\n", ""))
        assert Path(python).samefile(sys.executable) and (dash, module) == ("-m", "xai_cam")
        again = run(*arguments)
        assert again.exit_code == 0 and counted(again, 0, up_to_date=images), again.stderr
    again = run("demo", "-o", folder, "--count", 3)
    assert again.exit_code == 0 and counted(again, 0, up_to_date=4), again.stderr
    assert again.stdout == result.stdout
    there = "All was there already. To see it made, delete "
    assert there in again.stderr and there not in result.stderr
    assert tree(folder) == before


def commands_of(result: Result) -> list[str]:
    """The indented lines, which people paste; a backslash leads on to the next line."""
    return re.findall(r"^  (\S(?:\\\n|.)*)$", result.stdout, re.MULTILINE)


def test_a_printed_command_runs_in_a_shell(demo: tuple[Path, Result]) -> None:
    """From the folder of the demo, by a shell that has no xai-cam on its path."""
    first = commands_of(demo[1])[0]
    done = subprocess.run(
        ["/bin/sh", "-c", first],
        env=clean_environment(PATH="/usr/bin:/bin"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0 and "0 written, 1 up to date, 0 failed" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        ("here/.venv/bin/xai-cam", ".venv/bin/xai-cam"),
        ("other/bin/xai-cam", "{}/other/bin/xai-cam"),
        ("on the path/xai-cam", "xai-cam"),
        ("somewhere/__main__.py", "{}/python -m xai_cam"),
    ],
)
def test_the_program_is_called_as_it_is_found(
    started: str, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / started
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    (tmp_path / "here").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", str(tmp_path / "on the path"))
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "here" / ".venv"))
    assert program() == typed.format(tmp_path)
    assert way_to_its_name() is None, "there is nothing to activate"
    (tmp_path / "here" / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (tmp_path / "here" / ".venv" / "bin" / "activate").touch()
    expected = "To call it xai-cam in this shell, run `. .venv/bin/activate`."
    assert way_to_its_name() == (None if typed == "xai-cam" else expected)


def test_the_figure_is_the_cat_by_one_method_above_a_shape_by_the_other(demo: tuple[Path, Result]) -> None:
    folder, _ = demo
    for method in METHODS:
        made_by = provenance(folder / "cat" / f"chelsea_{method}.png")
        assert (made_by["class_name"], made_by["layer"], made_by["method"]) == ("cat", "block4", method)
        assert made_by["probability"] > 0.5
    figure = np.asarray(Image.open(folder / "figure.png"))
    cat = np.asarray(Image.open(folder / "cat" / "chelsea_grad-cam_figure.png"))
    shape = np.asarray(Image.open(folder / "01_circle_score-cam_figure.png"))
    assert (figure[: len(cat), : cat.shape[1]] == cat).all()
    assert (figure[len(cat) :, : shape.shape[1]] == shape).all()


def test_the_demo_replaces_no_cat_of_others(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    check_kept(tmp_path, "cat/chelsea.png")


def test_the_demo_replaces_no_figure_of_others(tmp_path: Path) -> None:
    check_kept(tmp_path, "figure.png")


def check_kept(folder: Path, name: str) -> None:
    """A file of others stays, and stops the demo."""
    (folder / name).write_text("mine", encoding="utf-8")
    result = run("demo", "-o", folder, "--count", 1)
    assert result.exit_code == 1 and "already exists with other contents" in result.stderr
    assert (folder / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("kind", ["text", "picture"])
def test_what_lies_in_the_way_stays(kind: str, tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    path = tmp_path / "01_circle.png"
    if kind == "text":
        path.write_text("mine", encoding="utf-8")
    else:
        make_photo(path)
    before = tree(tmp_path)
    result = run("demo", "-o", tmp_path, "--count", 1)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {path} already exists with other contents. Name an empty --output folder.\n"
    )
    assert tree(tmp_path) == before


def test_an_overlay_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "01_circle_grad-cam.png").write_text("mine", encoding="utf-8")
    result = run("demo", "-o", tmp_path, "--count", 1)
    assert result.exit_code == 1 and result.stderr.splitlines()[-1].partition(" in ")[0].endswith("1 failed")
    assert "was not written by xai-cam" in result.stderr
    assert (tmp_path / "01_circle_grad-cam.png").read_text(encoding="utf-8") == "mine"
