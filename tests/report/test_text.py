"""Texts and numbers as a page shows them."""

from __future__ import annotations

import json
import math

import pytest

from xai_cam.report.text import as_json, hundredths, number, percent, shown

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (NAN, "–"),
        (math.inf, "–"),
        (0, "0.000"),
        (0.12345, "0.123"),
        (-0.5, "−0.500"),
        (1.005, "1.00"),
        (27.06, "27.1"),
        (1234.5, "1,234"),
        (0.00012, "1.2e−4"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_shares_and_cells() -> None:
    assert [percent(v) for v in (0.625, 1, None, NAN)] == ["62 %", "100 %", "–", "–"]
    assert [hundredths(v) for v in (1, -0.256, -0.001, None)] == ["1.00", "−0.26", "0.00", "–"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain фото 猫 😀 <b>", "plain фото 猫 😀 <b>"),
        ("a\nb\tc\x00\x7f\x9b", "a\\nb\\tc\\x00\\x7f\\x9b"),
        ("odd\udcff\udc80", "odd\\xff\\x80"),
        ("half \ud83d", "half \\ud83d"),
        ("\u202egpj", "\u202egpj"),
    ],
)
def test_texts_that_no_page_can_hold_are_escaped(text: str, expected: str) -> None:
    assert shown(text) == expected
    shown(text).encode("utf-8")


# --- JSON inside a page ------------------------------------------------------------------------------


def test_json_cannot_end_its_element_and_reads_as_it_was() -> None:
    evil = "</script><!--&\u2028\u2029"
    text = as_json({evil: [evil]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {evil: [evil]}


def test_json_has_null_for_what_is_not_finite() -> None:
    assert as_json({"a": [NAN, math.inf, 1.5], "b": (None, True)}) == '{"a":[null,null,1.5],"b":[null,true]}'


def test_json_has_escapes_for_what_no_page_can_hold() -> None:
    assert json.loads(as_json({"odd\udcff": "a\x00", 7: "猫"})) == {"odd\\xff": "a\\x00", "7": "猫"}
