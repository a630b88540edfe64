"""What is printed to be pasted is what the user's shell takes."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from xai_cam import installation, shell
from xai_cam.shell import activation, on_lines, quoted

WORDS = (
    *("maps", "my maps", "jinja2>=3.1", "keras!=3.13.*,>=3.12.2", "grad-cam,score-cam", "it's", "", "地図"),
    *("a&b|c^d", "(x)", "@x", "{x}", 'a "b" c', "C:\\My Maps\\", 'a\\"b', "C:\\maps\\a.png", "--method=x"),
)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (shell, installation):
        monkeypatch.setattr(module, "WINDOWS", True)


def read_on_windows(line: str) -> list[str]:
    """The words of a command line as programs of Windows read it (Microsoft, "Parsing C command-line
    arguments")."""
    words, word, inside, i = [], "", False, 0
    while i < len(line):
        backslashes = len(re.match(r"\\*", line[i:])[0])  # type: ignore[index]
        i += backslashes
        if line[i : i + 1] == '"':
            word += "\\" * (backslashes // 2)
            if backslashes % 2:
                word += '"'
            else:
                inside = not inside
            i += 1
        elif backslashes:
            word += "\\" * backslashes
        elif line[i] == " " and not inside:
            words.append(word)
            word, i = "", i + 1
        else:
            word += line[i]
            i += 1
    return [*words, word]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.usefixtures("windows")
def test_words_on_windows(word: str) -> None:
    """No quote is single, and nothing that means something to cmd or PowerShell stands outside of quotes."""
    line = f"xai-cam {quoted(word)} end"
    assert read_on_windows(line) == ["xai-cam", word, "end"]
    assert not quoted(word).startswith("'")
    assert quoted(word).startswith('"') or not re.search(r"""[\s&|<>^()@,;'`{}$%!"*?\[\]]""", quoted(word))


@pytest.mark.parametrize("word", WORDS)
def test_words_elsewhere(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "WINDOWS", False)
    assert shlex.split(f"xai-cam {quoted(word)} end") == ["xai-cam", word, "end"]


def test_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for windows, expected in ((True, "a b"), (False, "a \\\n    b")):
        monkeypatch.setattr(shell, "WINDOWS", windows)
        assert on_lines("a", "b") == expected


def test_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    for windows, expected in ((True, ("Scripts", "")), (False, ("bin", ". "))):
        monkeypatch.setattr(shell, "WINDOWS", windows)
        file, before = activation("here")
        assert (Path(file).parts, before) == (("here", expected[0], "activate"), expected[1])


@pytest.mark.usefixtures("windows")
def test_programs_on_windows_have_no_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ".venv" / "Scripts" / "python.exe"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert installation.as_typed(program) == os.path.join(".venv", "Scripts", "python")
    assert installation.as_typed(tmp_path / "xai-cam.exe") == os.path.join(".", "xai-cam")
