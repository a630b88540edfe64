"""Text files as people and programs write them: in UTF-8, or in UTF-16 as Windows does it.

PowerShell 5.1, Notepad and Excel mark such files by their first bytes. Nothing else is guessed: 8 bits
without a mark may be any of a hundred code pages, and a wrong one gives wrong names without a word.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from xai_cam.files.regular import read_at_most

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""First bytes -> the encoding; the mark of UTF-32 begins with that of UTF-16."""


MOST_BYTES = 1 << 28
"""Of a text that this tool may have written: figures of a thousand classes take some megabytes."""


class TextError(ValueError):
    """A file is no text that can be read; says why."""


class TooLargeError(TextError):
    """A file is larger than any such text."""


def read_text(path: Path, most_bytes: int) -> str:
    """The text of a file, without the mark of its encoding.

    Raises
    ------
    OSError
        It is no file, or cannot be read.
    TextError
        It is larger than that, or no text.
    """
    data = read_at_most(path, most_bytes + 1)
    if len(data) > most_bytes:
        raise TooLargeError(f"it is larger than {most_bytes // 10**6} MB")
    return decode(data)


def decode(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 or UTF-32 with their mark, which is left out.

    Raises
    ------
    TextError
    """
    mark, encoding = next((item for item in MARKS.items() if data.startswith(item[0])), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, len(mark) + error.start) + 1
        raise TextError(f"it is no text in {encoding.upper()}, from line {line} on") from error


def reason_of(error: OSError | TextError) -> str:
    """Why a file cannot be read, in words."""
    return str(getattr(error, "strerror", None) or error)
