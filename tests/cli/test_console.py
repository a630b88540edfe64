"""What a person sees of a run: notices, failures, counts, and text that any terminal can show."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path

import pytest

from xai_cam.cli.console import INTERRUPTED, Console, listening


def test_quiet_leaves_failures_and_the_count(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    console.notice("by the way")
    console.progress(1, 2)
    console.row({"image": "a.png", "outcome": "written", "message": ""})
    console.row({"image": "b.png", "outcome": "failed", "message": "it is broken."})
    console.close("1 written, 1 failed")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "Failed: b.png: it is broken.\n1 written, 1 failed in 0 s\n")


def test_a_log_has_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("xai_cam.cli.console.time.monotonic", lambda: now[0])
    console = Console()
    for second in range(0, 100, 10):
        now[0] = 100.0 + second
        console.progress(second // 10, 20)
    assert capsys.readouterr().err.splitlines() == [
        "4 of 20 images, 2 min 40 s left",
        "8 of 20 images, 2 min 00 s left",
    ]


def test_an_interrupted_run_says_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert Console().interrupted("2 written") == INTERRUPTED == 130
    first, count = capsys.readouterr().err.splitlines()
    assert first.startswith("Interrupted.") and count == "2 written in 0 s"


def test_letters_that_the_output_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "latin-1", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    Console().say("é 猫")
    assert stream.buffer.getvalue() == b"\xe9 \\u732b\n"  # type: ignore[attr-defined]


def test_the_name_of_a_file_has_its_very_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Console().name(Path("ключ-\udcff.png"))
    assert capfdbinary.readouterr().out == "ключ-".encode() + b"\xff.png\n"


def test_the_packages_own_log_is_told_while_it_listens(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("xai_cam.somewhere")
    with listening(Console()):
        log.warning("Mind this.")
        log.info("Never mind.")
    before = list(logging.getLogger("xai_cam").handlers)
    assert capsys.readouterr().err == "Mind this.\n"
    assert not [handler for handler in before if type(handler).__name__ == "_ToConsole"]
