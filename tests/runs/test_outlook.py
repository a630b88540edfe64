"""A dry run tells everything that the run would meet, in the same words, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import named, run, tree
from support.systems import link
from xai_cam.files.provenance import encode_picture

Files = tuple[Path, Path]

COMMANDS = {
    "explain": (["--method", "grad-cam"], "grad-cam"),
    "compare": (["--method", "grad-cam", "--steps", "0"], "compare"),
    "features": ([], "conv_features"),
}


@pytest.fixture
def photos(make_photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))
    make_photo(tmp_path / "photos" / "cat.png")
    make_photo(tmp_path / "photos" / "dog.png", seed=1)
    return Path("photos")


def states(stdout: str) -> dict[str, str]:
    """State by output, or by image where there is none."""
    lines = [line.rpartition(" (") for line in stdout.splitlines()]
    return {Path(where.rpartition(" -> ")[2]).name: state.rstrip(")") for where, _, state in lines}


def output_of(files: Files, command: str) -> str:
    """The name of the output of `cat.png`."""
    words = [command, *named(files), "photos/cat.png", *COMMANDS[command][0], "--dry-run"]
    return next(iter(states(run(*words).stdout)))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("way", ["a picture", "a folder", "a folder, overwrite", "no folder"])
def test_what_is_in_the_way_of_an_output(
    command: str, way: str, model_files: Callable[..., Files], photos: Path
) -> None:
    name = output_of(model_files(), command)
    more: list[object] = ["-o", "out"]
    if way == "no folder":
        Path("out").write_text("theirs", encoding="utf-8")
        expected = "Cannot write to the folder out: File exists. Name another with --output."
    elif way == "a picture":
        Path("out").mkdir()
        Path("out", name).write_bytes((photos / "dog.png").read_bytes())
        expected = f"{name} exists and was not written by xai-cam. Use --overwrite or --output."
    else:
        Path("out", name).mkdir(parents=True)
        more += ["--overwrite"] if "overwrite" in way else []
        expected = f"{name} exists and was not written by xai-cam. Use --overwrite or --output."
        expected = f"{name} is a folder" if more[2:] else expected
    before = tree(Path())
    words = [command, *named(model_files()), photos, *COMMANDS[command][0], *more, "--dry-run"]
    words += ["--results", "rows.csv"]
    dry = run(*words)
    found = states(dry.stdout)
    assert dry.exit_code == 0 and found[name] == expected
    assert [state for other, state in found.items() if other != name] == [
        expected if way == "no folder" else "to do"
    ]
    assert tree(Path()) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_missing_left_out_or_known_to_be_broken(
    command: str, model_files: Callable[..., Files], photos: Path
) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    link(photos / "gone.png", "nowhere.png")
    words = [command, *named(model_files()), "missing.png", photos, *COMMANDS[command][0]]
    first = states(run(*words, "--dry-run").stdout)
    assert first["missing.png"] == "there is no such file"
    reasons = set(first.values())
    assert reasons == {"there is no such file", "to do", "it is a link to a file that does not exist"}
    if command == "explain":
        assert run(*words).exit_code == 1
        again = run(*words, "--dry-run")
        assert "not an image file, despite its name" in states(again.stdout).values()


def test_of_several_classes_those_are_told_that_are_known(
    model_files: Callable[..., Files], photos: Path, make_photo: Callable[..., Path]
) -> None:
    make_photo(Path("out/cat_grad-cam_1.png"))
    named_one = run("explain", *named(model_files()), photos, "-o", "out", "-c", "0", "-c", "1", "--dry-run")
    told = "cat_grad-cam_1.png exists and was not written by xai-cam"
    assert f"({told}. Use --overwrite or --output.)" in named_one.stdout and "(to do)" in named_one.stdout
    by_rank = run("explain", *named(model_files()), photos, "-o", "out", "-c", "top2", "--dry-run")
    assert f"(to do, but {told})" in by_rank.stdout
    assert (
        told
        not in run(
            "explain", *named(model_files()), photos, "-o", "out", "-c", "top2", "--dry-run", "--overwrite"
        ).stdout
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--results", "nowhere/rows.csv"], "Cannot write nowhere/rows.csv: No such file or directory."),
        (["--results", "folder.csv"], "Cannot write folder.csv: Is a directory."),
        (["--report", "theirs.txt/page.html"], "Cannot write to the folder theirs.txt: File exists."),
        (["--sheet", "theirs.txt/sheet.png"], "Cannot write to the folder theirs.txt: File exists."),
    ],
)
def test_other_files_of_the_run(
    options: list[str], said: str, model_files: Callable[..., Files], photos: Path
) -> None:
    Path("theirs.txt").write_text("theirs", encoding="utf-8")
    Path("folder.csv").mkdir()
    dry = run("explain", *named(model_files()), photos, *options, "--dry-run")
    assert dry.exit_code == 1 and said in dry.stderr, dry.stderr


def test_an_own_output_may_be_replaced(model_files: Callable[..., Files], photos: Path) -> None:
    import numpy as np

    pixels = np.zeros((4, 4, 3), np.uint8)
    Path("out").mkdir()
    Path("out/cat_grad-cam.png").write_bytes(encode_picture(pixels, {"tool": "xai-cam"}, "png"))
    dry = run("explain", *named(model_files()), photos, "-o", "out", "--dry-run")
    assert set(states(dry.stdout).values()) == {"to do"}
