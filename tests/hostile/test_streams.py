"""Runs whose messages nobody can read any more: all is done, and a reader that goes ends a run in silence."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.bounded import cost_of
from support.commands import clean_environment, named

Files = tuple[Path, Path]

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full and a shell")


@pytest.fixture
def command(
    tiny_files: Files, tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """A run over 40 pictures in batches of two."""
    monkeypatch.chdir(tmp_path)
    for number in range(40):
        make_photo(tmp_path / "photos" / f"{number:02}.png", seed=number)
    return [str(word) for word in ("explain", *named(tiny_files), "photos", "-o", "out", "-b", 2)]


def maps() -> int:
    return len(list(Path("out").glob("*_grad-cam.png")))


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/full"])
def test_standard_error_that_takes_nothing(redirections: str, command: list[str]) -> None:
    done = cost_of(*command, "--results", "-", cwd=Path(), redirections=redirections)
    assert (done.code, done.stderr, maps()) == (0, "", 40)
    assert len(list(csv.DictReader(done.stdout.splitlines()))) == 40


def test_a_terminal_that_is_closed(command: list[str]) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "xai_cam", *command]
    environment = clean_environment(TERM="xterm")
    child = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    assert os.read(ours, 1), "it has begun to draw its line"
    os.close(ours)
    assert child.wait(timeout=100) == 0 and maps() == 40


def test_a_reader_of_rows_that_goes(command: list[str]) -> None:
    """`| head -1`: what was finished stays, and is no more than was computed by then."""
    words = [sys.executable, "-m", "xai_cam", *command, "--results", "-", "-q"]
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(), text=True
    )
    assert child.stdout is not None and child.stdout.readline().startswith("image,outcome")
    child.stdout.close()
    assert child.stderr is not None and child.stderr.read() == ""
    assert child.wait(timeout=100) == 141 and maps() < 40
