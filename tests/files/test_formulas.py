"""Which cells a spreadsheet would run, and that every text can be had back."""

from __future__ import annotations

import pytest

from xai_cam.files.formulas import apart, plain


@pytest.mark.parametrize(
    "text",
    ["=cmd|'/C calc'!A1", "@SUM(A1)", "+1+1", "-a.png", "-1+cmd|' /C calc'!A0", " =1+1", "\t=1", "\r\n@x"],
)
def test_a_formula_is_told_apart(text: str) -> None:
    assert apart(text) == f"'{text}" and plain(apart(text)) == text


@pytest.mark.parametrize(
    "text", ["", "cat", "-1", "+3.5", "-1e-05", "-0,5", "-12 ", "-inf", "a=b", "'quoted'", "12", "ä=1"]
)
def test_numbers_and_words_are_not(text: str) -> None:
    assert apart(text) == text == plain(text)


def test_spaces_of_any_alphabet_before_a_sign_make_a_formula_and_nothing_else_does() -> None:
    before = [chr(code) for code in range(0x110000) if chr(code) not in "=+-@'"]
    found = {one for one in before if apart(f"{one}=1") != f"{one}=1"}
    assert found == {one for one in before if one.isspace()}


def test_an_apostrophe_of_its_own_is_had_back() -> None:
    assert apart("'=x") == "''=x" and plain("''=x") == "'=x"
    assert plain("'tis") == "'tis"
