"""What cannot be seen is escaped, and all other letters stay."""

from __future__ import annotations

import json
import unicodedata

import pytest

from xai_cam.files.visible import shortened, visible, visible_cell, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with Umlaut ä, 猫 and 🐈", "plain, with Umlaut ä, 猫 and 🐈"),
        ("\x1b]0;PWNED\x07", "\\x1b]0;PWNED\\x07"),
        ("a\nFailed: all\r\tb", "a\\nFailed: all\\r\\tb"),
        ("nul\0del\x7fcsi\x9b31m", "nul\\x00del\\x7fcsi\\x9b31m"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("exe.\u202egpj", "exe.\\u202egpj"),
        ("half\ud800", "half\\ud800"),
        ("C:\\photos\\new", "C:\\photos\\new"),  # nobody wants paths of Windows with two of each
    ],
)
def test_a_line_is_a_line(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_cells_keep_what_is_quoted_and_escape_the_same_else() -> None:
    for code in range(0x110000):
        one = chr(code)
        kept = one in "\t\n\r"
        assert visible_cell(f"a{one}b") == (f"a{one}b" if kept else visible(f"a{one}b"))


def test_no_control_character_of_unicode_is_left() -> None:
    everything = "".join(map(chr, range(0x3000))) + "\ud800\udfff"
    for shown, kept in ((visible(everything), ""), (visible_cell(everything), "\t\n\r")):
        left = {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")}
        assert left == set(kept)
        assert not {letter for letter in shown if unicodedata.bidirectional(letter) in ("RLO", "LRO")}


def test_json_says_the_same_without_them() -> None:
    value = {"a\x9b31m": "猫\u202e \x7f \n \ud800", "n": [1, None]}
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(text) == value and "猫" in text
    assert not [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs") and letter != "\n"]


def test_what_nobody_would_read_is_cut_in_the_middle() -> None:
    assert shortened("as it is") == "as it is"
    assert shortened("abcdefghijkl", 9) == "abc...jkl"
    assert len(shortened("x" * 70_000)) < 4001
