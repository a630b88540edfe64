"""Text as Windows and others write it, and what is no text."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from xai_cam.files.texts import TextError, TooLargeError, decode, read_text, reason_of

TEXT = "猫\r\né, ключ 🐈\n"

MARKED = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,  # `>` of PowerShell 5.1, "Unicode" of Notepad
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("encoding", MARKED)
def test_text_with_its_mark(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(MARKED[encoding] + TEXT.encode(encoding))
    assert read_text(path, 100) == TEXT


def test_a_mark_alone_is_an_empty_text() -> None:
    """What PowerShell writes of a command that prints nothing."""
    assert [decode(mark) for mark in (b"", codecs.BOM_UTF8, *MARKED.values())] == [""] * 8


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (TEXT.encode("cp932", "ignore"), "it is no text in UTF-8, from line 1 on"),
        (b"dog\ncaf\xe9\n", "it is no text in UTF-8, from line 2 on"),
        (codecs.BOM_UTF16_LE + b"a\0b", "it is no text in UTF-16-LE, from line 1 on"),
        (
            codecs.BOM_UTF16_LE + b"\x00\xd8a\0",
            "it is no text in UTF-16-LE, from line 1 on",
        ),  # half a character
    ],
)
def test_nothing_is_guessed(data: bytes, reason: str) -> None:
    with pytest.raises(TextError) as raised:
        decode(data)
    assert str(raised.value) == reason


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 11)
    with pytest.raises(TooLargeError, match="larger than 0 MB"):
        read_text(path, 10)
    assert read_text(path, 11) == "a" * 11


def test_reasons_are_words() -> None:
    assert reason_of(FileNotFoundError(2, "No such file or directory", "x")) == "No such file or directory"
    assert reason_of(TextError("it is none")) == "it is none"
