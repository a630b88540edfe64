"""Tables for the terminal: columns as wide as their widest cell, whatever the letters."""

from __future__ import annotations

import pytest

from xai_cam.cli.text.tables import lines_of_table, lines_within, width_of


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("class", "n", ""), ("a long name", 12345, "x"), ("", None, "")]
    expected = ["class        n", "a long name  12345  x", "             None"]
    assert list(lines_of_table(rows)) == expected


def test_no_rows() -> None:
    assert list(lines_of_table([])) == []
    assert list(lines_of_table([("a", "b")])) == ["a  b"]


def test_rows_of_unequal_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="argument"):
        list(lines_of_table([("a", "b"), ("c",)]))


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("cat", 3),
        ("Katze ä", 7),
        ("a\u0308", 1),  # an accent of its own stands over its letter
        ("猫", 2),
        ("暹罗猫", 6),
        ("ﾈｺ", 2),  # half as wide
        ("ＡＢ", 4),  # twice as wide
        ("고양이", 6),
        ("кот", 3),
    ],
)
def test_the_columns_of_a_text(text: str, width: int) -> None:
    assert width_of(text) == width


def test_wide_letters_are_aligned() -> None:
    """Each of them takes two columns: what follows begins where it does in the other rows."""
    lines = list(lines_of_table([("class", "images"), ("暹罗猫", "12"), ("dog", "7"), ("é", "1")]))
    assert lines == ["class   images", "暹罗猫  12", "dog     7", "é       1"]


def test_a_line_of_a_table_is_a_line() -> None:
    assert list(lines_of_table([("a\nb.png", "x"), ("c", "y")])) == ["a\\nb.png  x", "c         y"]


def test_cells_hold_nothing_that_moves_a_cursor_and_are_not_endless() -> None:
    line, other = lines_of_table([("\x1b[31ma", "x"), ("b" * 70_000, "y")])
    assert line.startswith("\\x1b[31ma ") and len(other) < 1010 and "bbb...bbb" in other


def test_a_table_that_is_too_wide_goes_on_below() -> None:
    """Columns of 4, 4, 6 and 3 letters with two blanks between them: 14 hold three of them, 10 only two."""
    rows = [("name", "low", "middle", "end"), ("a", "0.25", "0.5", "1"), ("b", "0.75", "0.125", "2")]
    assert list(lines_within(rows, 23)) == list(lines_of_table(rows))
    assert list(lines_within(rows, 20)) == [
        *("name  low   middle", "a     0.25  0.5", "b     0.75  0.125"),
        *("", "name  end", "a     1", "b     2"),
    ]
    narrow = list(lines_within(rows, 3))
    assert [line for line in narrow if line.startswith("name")] == ["name  low", "name  middle", "name  end"]
