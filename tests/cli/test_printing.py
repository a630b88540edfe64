"""Every line goes one way, and any console can show it."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from support import ROOT
from xai_cam.cli.printing import name_file, say, say_all, say_json, tell
from xai_cam.errors import OutputError

ENCODINGS = ("ascii", "cp1252", "cp932", "utf-8", "utf-16-le")
CONSOLES = {"printing.py", "status_line.py"}
"""What prints: lines, and the line that renews itself."""


def written(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    """Gets what is printed on a strict console."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="strict", newline="\n", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    return stream.buffer  # type: ignore[return-value]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_strict_console_shows_every_line(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    got = written(monkeypatch, encoding)
    say("é 日本 🐈 \x1b[31m\nforged \udcff")
    line = got.getvalue().decode(encoding)
    assert line.endswith("\\x1b[31m\\nforged \\udcff\n") and line.count("\n") == 1
    assert ("日本" in line) == (encoding in ("cp932", "utf-8", "utf-16-le"))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_can_be_read_back_from_any(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own escapes, `\\xe9`, are none of JSON's."""
    value = {"é": ["日本 🐈", "\x7f\x9b\n\udcff", 0.5, None]}
    got = written(monkeypatch, encoding)
    say_json(value)
    assert json.loads(got.getvalue().decode(encoding)) == value


def test_lines_together_are_those_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    got = written(monkeypatch, "ascii")
    say_all(["a\nb", "猫"])
    assert got.getvalue() == b"a\\nb\n\\u732b\n"


def test_a_name_on_a_terminal_moves_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    got = written(monkeypatch, "utf-8")
    name_file(Path("a\x1b[2J.png"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    name_file(Path("a\x1b[2J.png"))
    assert got.getvalue() == b"a\x1b[2J.png\na\\x1b[2J.png\n"


def test_messages_are_lines_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    tell('label \x1b[31m\nFailed: all, use `device="cpu"`')
    assert capsys.readouterr().err == "label \\x1b[31m\\nFailed: all, use --device cpu\n"


def test_what_cannot_be_printed_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    for write in (say, say_json):
        with pytest.raises(OutputError, match="standard output: No space left on device"):
            write("x")


def test_nothing_else_of_the_command_line_prints() -> None:
    files = [path for path in (ROOT / "xai_cam").rglob("*.py") if path.name not in CONSOLES]
    printing = re.compile(r"click\.s?echo|sys\.stdout\.write|(?<![\w.])print\((?!error\.message)")
    found = {path.name for path in files if printing.search(path.read_text("utf-8"))}
    assert found == {"text_tables.py", "explainer.py"}, "rows of --results -, and an example in a docstring"
