"""The line that renews itself: on terminals alone, gone before others are printed, and no thread left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping

import pytest

from xai_cam.cli.status_line import StatusLine, is_terminal, status_line, waiting

pty = pytest.importorskip("pty")

SCRIPT = """
import sys, threading, click
from xai_cam.cli.console import Console
from xai_cam.cli.status_line import StatusLine, is_terminal, waiting

put, drawn, frames = StatusLine._put, threading.Condition(), []

def put_and_tell(line, text):
    put(line, text)
    with drawn:
        frames.append(text)
        drawn.notify_all()

StatusLine._put = put_and_tell

def seen(text, times=1):
    "Waits until frames with a text were drawn after another, where any are."
    with drawn:
        before = len(frames)
        if shown:
            assert drawn.wait_for(lambda: sum(text in one for one in frames[before:]) >= times, 600)

@click.command()
@click.option("-q", "--quiet", is_flag=True)
@click.option("--fail", is_flag=True)
def main(quiet, fail):
    global shown
    shown = is_terminal() and not quiet
    console = Console(quiet)
    console.progress(0, 4)
    with waiting("Starting TensorFlow \\x1b[2J"):  # files may be called anything
        seen("Starting", 2)
        console.notice("A notice.")
        seen("Starting")
    console.watch("score-cam", 64, 256, 0.25)
    seen("score-cam")
    if fail:
        raise click.ClickException("It went wrong.")
    console.progress(1, 4)
    seen("1 of 4")
    console.progress(4, 4)
    console.close("4 written")
    assert [t.name for t in threading.enumerate()] == ["MainThread"], threading.enumerate()

main()
"""


def on_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Exit code, and all that the terminal got."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1", "NO_COLOR": "1", **(env or {})}
    command = [sys.executable, "-c", SCRIPT, *arguments]
    child = subprocess.Popen(command, stderr=theirs, stdout=theirs, env=environment)
    os.close(theirs)
    got = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # its end, on Linux
            break
        if not part:
            break
        got += part
    os.close(ours)
    return child.wait(), got


def left_on(got: bytes) -> list[str]:
    """The lines that remain, each as the terminal shows it after carriage returns and clears."""
    lines = []
    for line in got.decode().replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r")[0:]:
            text, _, rest = part.rpartition("\x1b[K")
            shown = rest if "\x1b[K" in part and not text else (text or part)
        lines.append(shown)
    return [re.sub(r" \d+ s$", " N s", line) for line in lines if line]


def test_on_a_terminal_it_turns_and_nothing_of_it_remains() -> None:
    code, got = on_terminal()
    assert code == 0, got.decode()
    text = got.decode()
    # It turns all the time: which of its positions comes with a text is a matter of chance.
    turns = set(re.findall(r"([⠁-⣿]) Starting TensorFlow \\x1b\[2J", text))
    assert turns and len(set(re.findall("[⠁-⣿]", text))) > 1
    for said in ("0 of 4 images · score-cam 64 of 256 passes", "1 of 4 images"):
        assert said in text
    assert left_on(got) == ["A notice.", "4 written in N s"]


def test_an_error_is_printed_on_a_line_of_its_own() -> None:
    code, got = on_terminal("--fail")
    assert code == 1 and left_on(got) == ["A notice.", "Error: It went wrong."]


@pytest.mark.parametrize(("arguments", "env"), [(["-q"], {}), ([], {"TERM": "dumb"})])
def test_quiet_and_dumb_terminals_have_no_such_line(arguments: list[str], env: dict[str, str]) -> None:
    code, got = on_terminal(*arguments, env=env)
    assert code == 0 and b"\x1b" not in got and b"Starting" not in got and b" of 4" not in got


def test_letters_that_the_terminal_lacks_are_not_drawn() -> None:
    _, got = on_terminal(env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert b"| Starting TensorFlow" in got and got.isascii() and b"0 of 4 images" in got


def test_elsewhere_nothing_is_drawn() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert left_on(done.stderr.encode()) == ["A notice.", "4 written in N s"] and not done.stdout
    closed = subprocess.run(["sh", "-c", f"{sys.executable} -c '{SCRIPT}' 2>&-"], check=False)
    assert closed.returncode == 0


def test_without_a_terminal_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, sys.__stderr__):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "dumb")
        assert not is_terminal()
    line = StatusLine()
    line.show(lambda frame, columns: "never")
    with line.saying("nothing"), waiting("nothing"), line.hidden():
        assert "status line" not in [thread.name for thread in threading.enumerate()]
    line.stop()
    assert status_line() is not status_line(), "outside of a command none is shared"
