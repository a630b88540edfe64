"""Folders that hold pipes, devices, links and what may not be read: nothing waits, and all of it is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.commands import clean_environment, counted, named, run, tree
from support.systems import link, pipe, unlistable

Files = tuple[Path, Path]

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")

SOON = 120


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Whoever waits at a pipe ends the tests with this code."""
    timer = threading.Timer(SOON, os._exit, [99])
    timer.start()
    yield
    timer.cancel()


@pytest.fixture
def photos(make_photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good picture among pipes, a device, and links that lead out or nowhere."""
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "photos" / "a.png")
    make_photo(tmp_path / "other" / "private.png", seed=1)
    for name in ("x.jpg", "b_grad-cam.png", "b_box_filtered.png"):
        pipe(tmp_path / "photos" / name)
    links = {"zero.png": "/dev/zero", "gone.png": "nowhere.png", "loop.png": "loop.png", "sub": "../other"}
    for name, target in links.items():
        link(tmp_path / "photos" / name, target)
    return Path("photos")


def regular(folder: Path) -> dict[str, bytes]:
    return tree(folder)


COMMANDS: dict[str, list[Any]] = {
    "explain": ["--method", "grad-cam"],
    "compare": ["--method", "grad-cam", "--steps", "0"],
    "features": [],
    "kernels apply": ["--fir", "box"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_pipes_devices_and_links(command: str, model_files: Callable[..., Files], photos: Path) -> None:
    model = [] if command == "kernels apply" else named(model_files())
    before = regular(Path("other"))
    for more, code in ((["--dry-run"], 0), (["--results", "rows.csv"], 1)):
        result = run(*command.split(), *model, *COMMANDS[command], "-r", photos, *more)
        assert result.exit_code == code, result.stderr
        assert (
            "(a pipe)" in result.stderr and "photos/x.jpg" in result.stderr and "Errno" not in result.stderr
        )
        assert "Left out photos/sub: a link out of the folder is followed with --follow-links alone." in (
            result.stderr
        )
    assert counted(result, 1, failed=2)
    for reason in ("a link to a file that does not exist", "a link that leads back to itself"):
        assert f"it is {reason}" in result.stderr
    assert regular(Path("other")) == before, "something was written beside images outside"


def test_links_are_followed_with_outputs_elsewhere(model_files: Callable[..., Files], photos: Path) -> None:
    words = ["kernels", "apply", "--fir", "box", "-r", photos, "--follow-links"]
    before = regular(Path("other"))
    for more in ([], ["-o", "photos"]):  # the folder of outputs may be the same one
        refused = run(*words, *more)
        assert (
            refused.exit_code == 2 and "photos/sub/private.png lies outside of the folder" in refused.stderr
        )
    done = run(*words, "-o", "out")
    assert done.exit_code == 1 and Path("out/sub/private_box_filtered.png").exists()
    assert regular(Path("other")) == before


@pytest.mark.parametrize("argument", ["photos/x.jpg", "photos/zero.png", "./photos//x.jpg"])
def test_what_is_named_by_itself_is_not_opened_either(argument: str, photos: Path) -> None:
    alone = run("kernels", "apply", "--fir", "box", argument)
    assert alone.exit_code == 4 and "it cannot be read, because it is a" in alone.stderr
    beside = run("kernels", "apply", "--fir", "box", argument, photos / "a.png")
    assert beside.exit_code == 1 and counted(beside, 1, failed=1)


@pytest.mark.parametrize("command", [["evaluate"], ["sanity", "-o", "out"], ["explain"]])
def test_a_folder_of_pipes_alone(command: list[str], model_files: Callable[..., Files], photos: Path) -> None:
    for path in (*photos.glob("*.png"), photos / "sub"):
        path.unlink()
    result = run(*command, *named(model_files()), photos)
    assert result.exit_code == 4 and "No image found (Left out photos/x.jpg (a pipe))" in result.stderr


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_pipe_is_no_table(name: str, photos: Path) -> None:
    pipe(name)
    for more in ([], ["--append"]):
        result = run("kernels", "apply", "--fir", "box", photos / "a.png", "--results", name, *more)
        assert result.exit_code == 2 and f"--results {name} is a pipe." in result.stderr


@pytest.mark.parametrize("option", ["--report", "--sheet"])
def test_a_pipe_in_the_place_of_a_page(option: str, model_files: Callable[..., Files], photos: Path) -> None:
    name = {"--report": "page.html", "--sheet": "sheet.pdf"}[option]
    pipe(name)
    result = run("explain", *named(model_files()), photos / "a.png", option, name, "--dry-run")
    assert result.exit_code == 2 and f"{name} exists" in result.stderr


def test_a_pipe_in_the_place_of_an_output(model_files: Callable[..., Files], photos: Path) -> None:
    pipe(photos / "a_grad-cam.png")
    pipe(photos / "a_grad-cam.npy")
    result = run("explain", *named(model_files()), photos / "a.png", "--save", "overlay,raw")
    assert result.exit_code == 1 and "exists and was not written by xai-cam" in result.stderr


def test_a_folder_that_cannot_be_listed(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "closed").mkdir()
    unlistable(monkeypatch, "closed")
    said = "photos/closed: the folder cannot be listed (Permission denied)"
    words = ["kernels", "apply", "--fir", "box"]
    result = run(*words, "-r", photos, "--results", "rows.csv")
    assert result.exit_code == 1 and f"Failed: {said}." in result.stderr and counted(result, 1, failed=3)
    assert "photos/closed,failed" in Path("rows.csv").read_text(encoding="utf-8")
    alone = run(*words, photos / "closed")
    assert alone.exit_code == 4 and f"No image found ({said})" in alone.stderr


def test_what_may_not_be_read(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("a.png"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    result = run("kernels", "apply", "--fir", "box", photos / "a.png")
    assert "Failed: photos/a.png: the file cannot be read (Permission denied)." in result.stderr


def test_ctrl_c_ends_what_waits_the_first_time(model_files: Callable[..., Files], photos: Path) -> None:
    """For names that never come."""
    command = [
        sys.executable,
        "-m",
        "xai_cam",
        "explain",
        *map(str, named(model_files())),
        "--from-file",
        "-",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment()
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in stderr, stderr


@pytest.mark.parametrize(
    "command",
    [
        ["kernels", "edit", "--zero", "conv_1:0"],
        ["kernels", "edit", "--rank"],
        ["explain", "--only", "unsure"],
    ],
)
def test_a_pipe_of_no_paths_needs_no_model(
    command: list[str], model_files: Callable[..., Files], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))
    result = run(*command, *named(model_files()), "--from-file", "-", stdin="")
    assert result.exit_code == 0, result.stderr
    assert "0 images are named by standard input: there is nothing to do." in result.stderr
