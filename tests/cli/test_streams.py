"""Streams that are closed, full or gone: messages are lost, the work is done, and there is no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from support.commands import clean_environment
from xai_cam.cli import streams
from xai_cam.cli.streams import READER_IS_GONE, StandardOutputError, lasting_streams

COMMAND = f"{sys.executable} -m xai_cam"
FULL = "No space left on device"
CLOSED = "it is closed"

needs_a_full_disk = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell, with the code of its first command that failed."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=100,
        check=False,
    )


@needs_a_full_disk
@pytest.mark.parametrize("command", ["methods", "methods --json", "--help", "explain -h", "completion fish"])
@pytest.mark.parametrize(("where", "reason"), [(">/dev/full", FULL), (">&-", CLOSED)])
def test_standard_output_that_takes_nothing(command: str, where: str, reason: str) -> None:
    done = shell(f"{COMMAND} {command} {where}")
    told = f"Error: Cannot write to standard output: {reason}. Redirect it elsewhere.\n"
    assert (done.returncode, done.stderr) == (1, told)


@needs_a_full_disk
@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_printed_are_lost(where: str) -> None:
    """Nor do they appear on standard output."""
    done = shell(f"{COMMAND} methods {where}")
    assert done.returncode == 0 and done.stdout.startswith("grad-cam")
    refused = shell(f"{COMMAND} explain {where}")
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", "")


@pytest.mark.parametrize("command", ["methods", "--help"])
def test_a_reader_that_has_gone_ends_a_command_in_silence(command: str) -> None:
    done = shell(f"{COMMAND} {command} | true")
    assert (done.returncode, done.stderr) == (READER_IS_GONE, "")


def test_no_file_gets_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What native code writes to standard error would stand in it."""
    script = tmp_path / "opens.py"
    script.write_text(
        "import os\nfrom xai_cam.cli.streams import lasting_streams\nwith lasting_streams():\n"
        f"    handle = os.open({str(tmp_path / 'model')!r}, os.O_CREAT | os.O_WRONLY)\n"
        "    os.write(1, b'x')\n    os.write(2, b'x')\n    raise SystemExit(10 + handle)\n",
        encoding="utf-8",
    )
    assert shell(f"{sys.executable} {script} <&- >&- 2>&-").returncode == 13
    assert (tmp_path / "model").read_bytes() == b""


def test_streams_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    with lasting_streams():
        assert sys.stdout is mine
    assert sys.stdout is mine


def test_a_full_stream_fails_once_and_is_then_silent(tmp_path: Path) -> None:
    """Python writes what is left when it ends, and would say that it could not."""
    handle = os.open(tmp_path / "x", os.O_CREAT | os.O_RDONLY)  # cannot be written to
    output = streams._stream(streams._Output(handle, "w", closefd=False), None)
    with pytest.raises(StandardOutputError):
        output.write("a\n")
    output.write("b\n")
    messages = streams._stream(streams._Messages(handle, "w", closefd=False), None)
    messages.write("c\n")
    output.close(), messages.close(), os.close(handle)


def test_a_broken_pipe_is_the_end_of_the_command() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = streams._stream(streams._Output(writing, "w", closefd=False), None)
    with pytest.raises(click.exceptions.Exit) as ended:
        output.write("a\n")
    assert ended.value.exit_code == READER_IS_GONE == 141
    output.close(), os.close(writing)


def test_a_console_of_windows_keeps_its_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    class Console(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(streams.os, "name", "nt")
    assert streams._is_windows_console(Console()) and not streams._is_windows_console(io.StringIO())
    assert streams._reader_is_gone(OSError(22, "Invalid argument"))
