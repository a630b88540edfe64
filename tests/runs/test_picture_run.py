"""A run that draws something of each image: what it skips and redoes, what it must not touch, how it ends.

The kernel `box` stands for all that such runs draw: it needs no model.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import clean_environment, counted, provenance, run, sha256, tree
from support.gates import READING
from support.systems import link, refusing

Make = Callable[..., Path]

DRAWN = "_box_filtered.png"


def blur(*arguments: object, stdin: str | bytes | None = None) -> Result:
    return run("kernels", "apply", "--fir", "box", *arguments, stdin=stdin)


def times(folder: Path) -> dict[str, int]:
    """When each file below a folder was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def failures(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("Failed: ")]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Make) -> Path:
    for seed, name in enumerate(("a.png", "b.jpg", "c.png")):
        make_photo(tmp_path / "photos" / name, seed=seed)
    return tmp_path / "photos"


# --- Up to date or not -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--save", "picture,figure,raw"], ["-o", "OUT"]], ids=str)
def test_a_second_run_does_nothing(options: list[str], photos: Path, tmp_path: Path) -> None:
    options = [str(tmp_path / "out") if option == "OUT" else option for option in options]
    assert counted(blur(photos, *options), 3)
    before = times(tmp_path)
    again = blur(photos, *options)
    assert again.exit_code == 0 and counted(again, 0, up_to_date=3)
    assert times(tmp_path) == before


def test_only_what_changed_or_is_gone_is_drawn_again(photos: Path, make_photo: Make) -> None:
    blur(photos)
    make_photo(photos / "b.jpg", seed=9)
    (photos / f"c{DRAWN}").unlink()
    before = times(photos)
    assert counted(blur(photos), 2, up_to_date=1)
    assert {n for n, t in times(photos).items() if t != before.get(n)} == {f"b{DRAWN}", f"c{DRAWN}"}


@pytest.mark.parametrize("options", [["--border", "zero"], ["--scale", "stretch"], ["--overwrite"]], ids=str)
def test_another_request_redoes(options: list[str], photos: Path) -> None:
    blur(photos)
    before = times(photos)
    assert counted(blur(photos, *options), 3)
    assert {n for n, t in times(photos).items() if t != before.get(n)} == {f"{s}{DRAWN}" for s in "abc"}
    if options != ["--overwrite"]:
        assert counted(blur(photos, *options), 0, up_to_date=3)


def test_one_missing_file_of_several_redoes_the_image(photos: Path) -> None:
    blur(photos, "--save", "picture,raw")
    (photos / "b_box_filtered.npy").unlink()
    assert counted(blur(photos, "--save", "picture,raw"), 1, up_to_date=2)


def test_a_moved_folder_is_up_to_date(photos: Path, tmp_path: Path) -> None:
    blur(photos)
    photos.rename(tmp_path / "moved")
    assert counted(blur(tmp_path / "moved"), 0, up_to_date=3)


def test_two_runs_write_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        blur(photos, "-o", tmp_path / name, "--save", "picture,figure,raw")
    assert tree(tmp_path / "one") == tree(tmp_path / "two") and len(tree(tmp_path / "one")) == 9


def test_a_cut_off_output_is_drawn_again(photos: Path) -> None:
    blur(photos, "--save", "raw")
    whole = (photos / "a_box_filtered.npy").read_bytes()
    (photos / "a_box_filtered.npy").write_bytes(whole[: len(whole) // 2])
    result = blur(photos, "--save", "raw")
    assert counted(result, 0, up_to_date=2, failed=1), "cut off, it does not say that it is ours"
    assert counted(blur(photos, "--save", "raw", "--overwrite"), 3)
    assert (photos / "a_box_filtered.npy").read_bytes() == whole


def test_the_files_say_what_made_them(photos: Path) -> None:
    blur(photos, "--save", "picture,raw")
    for name in ("b_box_filtered.png", "b_box_filtered.npy"):
        said = provenance(photos / name)
        assert said["image_sha256"] == sha256(photos / "b.jpg")
        assert said["tool"].startswith("xai-cam ") and said["fir"] == "box"
        assert said["values"]["scale"] == "clip"


# --- What must not be touched ------------------------------------------------------------------------


def test_own_pictures_are_left_out_of_a_second_run(photos: Path) -> None:
    blur(photos, "--save", "picture,figure")
    result = run("kernels", "apply", "--fir", "sharpen:1", photos)
    assert counted(result, 3) and "Skipped 6 pictures written by xai-cam." in result.stderr
    assert not [name for name in tree(photos) if name.count("filtered") > 1]


def test_nothing_but_own_pictures_is_no_image(photos: Path) -> None:
    blur(photos)
    result = blur(photos / "a_box_filtered.png")
    assert result.exit_code == 4 and "1 pictures are xai-cam's own outputs" in result.stderr


def test_a_picture_named_like_an_output_is_taken(photos: Path, make_photo: Make) -> None:
    assert counted(blur(make_photo(photos / "my_filtered.png", seed=5)), 1)


def test_files_of_others_stay_unless_told_otherwise(photos: Path) -> None:
    theirs = photos / "a_box_filtered.npy"
    theirs.write_bytes(b"mine")
    result = blur(photos, "--save", "picture,raw")
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert failures(result) == [
        f"Failed: {photos / 'a.png'}: {theirs.name} exists and was not written by xai-cam. "
        "Use --overwrite or --output."
    ]
    assert theirs.read_bytes() == b"mine" and not (photos / f"a{DRAWN}").exists()
    assert blur(photos, "--save", "picture,raw", "--overwrite").exit_code == 0
    assert provenance(theirs)["fir"] == "box"


def test_an_input_is_never_written_to(photos: Path, make_photo: Make) -> None:
    victim = make_photo(photos / f"a{DRAWN}", seed=7)
    before = victim.read_bytes()
    result = blur(photos, "--overwrite")
    assert result.exit_code == 1 and counted(result, 3, failed=1)
    assert f"{victim} is one of the inputs" in failures(result)[0]
    assert victim.read_bytes() == before


def test_a_linked_input_is_an_input(photos: Path, make_photo: Make, tmp_path: Path) -> None:
    real = make_photo(tmp_path / "elsewhere" / "real.png", seed=7)
    before = real.read_bytes()
    (tmp_path / "out").mkdir()
    link(tmp_path / "out" / f"a{DRAWN}", real)
    result = blur(photos / "a.png", real, "-o", tmp_path / "out", "--overwrite")
    assert counted(result, 1, failed=1) and real.read_bytes() == before


@pytest.mark.parametrize("target", ["photos/rows.csv", "list.csv"])
def test_results_are_not_written_over_what_is_read(target: str, photos: Path, tmp_path: Path) -> None:
    path = tmp_path / target
    path.write_text(str(photos / "a.png") + "\n", encoding="utf-8")
    arguments = ["--from-file", path] if target == "list.csv" else [path]
    result = blur(*arguments, photos / "b.jpg", "--results", path)
    assert result.exit_code == 2 and "is one of the inputs" in result.stderr
    assert path.read_text(encoding="utf-8") == str(photos / "a.png") + "\n"


# --- Failures ----------------------------------------------------------------------------------------


def test_a_broken_image_fails_by_itself(photos: Path) -> None:
    (photos / "b.jpg").write_bytes((photos / "b.jpg").read_bytes()[:200])
    (photos / "empty.png").touch()
    result = blur(photos)
    assert result.exit_code == 1 and counted(result, 2, failed=2)
    assert "b.jpg: " in failures(result)[0] and "empty.png: the file is empty." in failures(result)[1]
    assert not (photos / f"b{DRAWN}").exists()
    assert counted(blur(photos), 0, up_to_date=2, failed=2)


def test_a_missing_image_is_told_and_the_others_are_drawn(photos: Path) -> None:
    result = blur(photos / "a.png", photos / "gone.png")
    assert result.exit_code == 1 and counted(result, 1, failed=1)
    assert failures(result) == [f"Failed: {photos / 'gone.png'}: there is no such file."]


def test_fail_fast_stops_at_the_first_failure(photos: Path) -> None:
    (photos / "b.jpg").write_text("no picture", encoding="utf-8")
    result = blur(photos, "--fail-fast")
    assert result.exit_code == 1 and counted(result, 1, failed=1)
    assert "Stopped at the first failure." in result.stderr and not (photos / f"c{DRAWN}").exists()


def test_a_folder_that_cannot_be_made(photos: Path) -> None:
    result = blur(photos, "-o", photos / "a.png" / "below")
    assert result.exit_code == 1 and counted(result, 0, failed=3)
    assert "Cannot write to the folder" in failures(result)[0] and "--output" in failures(result)[0]


def test_a_read_only_folder(photos: Path) -> None:
    with refusing(photos):
        result = blur(photos)
    assert result.exit_code == 1 and counted(result, 0, failed=3)
    assert "Cannot write to the folder" in failures(result)[0]


def test_a_full_disk_fails_the_image_and_not_the_run(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming fails for b.jpg alone, after the temporary file was written."""
    replace = os.replace

    def fail_for_b(source: Any, target: Any) -> None:
        if Path(target).name.startswith("b_"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_for_b)
    result = blur(photos)
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert "No space left on device" in failures(result)[0]
    assert not [name for name in tree(photos) if name.startswith(".")], "a temporary file stayed"


# --- Dry runs and Ctrl-C -----------------------------------------------------------------------------


def test_a_dry_run_tells_and_does_nothing(photos: Path, tmp_path: Path) -> None:
    blur(photos / "a.png")
    (photos / f"c{DRAWN}").write_bytes(b"mine")
    before = tree(tmp_path)
    result = blur(
        *(photos / n for n in ("a.png", "b.jpg", "c.png")), "--dry-run", "--results", tmp_path / "r.csv"
    )
    assert result.exit_code == 0 and tree(tmp_path) == before
    states = [
        "up to date",
        "to do",
        f"c{DRAWN} exists and was not written by xai-cam. Use --overwrite or --output.",
    ]
    names = zip(("a.png", "b.jpg", "c.png"), "abc", states, strict=True)
    expected = [f"{photos / n} -> {photos / (stem + DRAWN)} ({state})" for n, stem, state in names]
    assert result.stdout.splitlines() == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_leaves_whole_files_and_the_same_command_goes_on(tmp_path: Path, make_photo: Make) -> None:
    photos = tmp_path / "photos"
    for number in range(30):
        make_photo(photos / f"{number:02}.png", (400, 600), seed=number)
    options = ["kernels", "apply", "--fir", "box", "--kernel-size", "31", photos]
    gate = tmp_path / "open"
    reading = {"module": "xai_cam.runs.decode", "function": "read_file"}
    program = READING.format(**reading, name="29.png", place=str(gate))
    command = [sys.executable, "-c", program, *map(str, options)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean_environment())
    deadline = time.monotonic() + 600
    while not (done := list(photos.glob("*_filtered.png"))) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    gate.touch()
    _, stderr = process.communicate(timeout=600)
    assert process.returncode == 130 and "Traceback" not in stderr, stderr
    assert "Interrupted. Finished work is kept; run the same command again to continue." in stderr
    done = list(photos.glob("*_filtered.png"))
    assert 1 <= len(done) < 30 and not list(photos.glob(".xai-cam*"))
    for path in done:
        assert np.asarray(Image.open(path)).shape == (400, 600, 3)
    assert counted(run(*options), 30 - len(done), up_to_date=len(done))
