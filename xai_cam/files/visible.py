"""Text of strangers as it can be shown: names of files, layers and classes may hold what moves a cursor.

A terminal obeys control characters wherever they come from: they colour and erase lines, change the window's
title, and a line break in a label makes a line that the program never said.
"""

from __future__ import annotations

import json
import re

C0 = r"\x00-\x1f"
OTHERS = (
    r"\x7f-\x9f"  # DEL and C1
    r"\u2028\u2029"  # ends of a line and of a paragraph
    r"\u202a-\u202e\u2066-\u2069"  # what writes letters in another order than they are in
    r"\ud800-\udfff"  # halves of a character: bytes of a file's name that are no text
)
UNSEEN, UNSEEN_IN_JSON = re.compile(f"[{C0}{OTHERS}]"), re.compile(f"[{OTHERS}]")
UNSEEN_IN_CELL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{OTHERS}]")

MOST_LETTERS = 4000
"""Of a line that people read."""


def visible(text: str) -> str:
    r"""The text in one line, what cannot be seen escaped as Python does: `a\x1b[31m`, `a\nb`."""
    return UNSEEN.sub(_escaped, text)


def visible_cell(text: str) -> str:
    """The text of a cell of CSV, what cannot be seen escaped; tabs and line breaks stay, which CSV quotes."""
    if text.isprintable():  # as nearly all are: what is to be escaped is not, of any alphabet
        return text
    return UNSEEN_IN_CELL.sub(_escaped, text)


def visible_json(text: str) -> str:
    r"""The JSON, what cannot be seen in its strings escaped as JSON does: `\u009b`.

    Line breaks between its parts stay; those in strings are escapes already.
    """
    return UNSEEN_IN_JSON.sub(escaped_in_json, text)


def escaped_in_json(match: re.Match[str]) -> str:
    """Characters of a JSON string as escapes."""
    return json.dumps(match[0])[1:-1]


def shortened(text: str, letters: int = MOST_LETTERS) -> str:
    """The text if it is no longer than that, else its beginning and its end."""
    if len(text) <= letters:
        return text
    half = (letters - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
