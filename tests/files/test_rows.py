"""The columns of rows, which mean the same in every table, and the counts of a run."""

from __future__ import annotations

from dataclasses import fields
from typing import get_type_hints

from xai_cam.files.rows import (
    COLUMNS,
    IMAGE,
    INPUT,
    ORIGIN,
    SECONDS,
    TEXTS,
    TRUTH,
    WHOLE_NUMBERS,
    Row,
    Summary,
)


def test_the_last_line_counts() -> None:
    assert str(Summary(118, 3, 1)) == "118 written, 3 up to date, 1 failed"


def test_a_map_has_all_that_tells_how_it_was_made() -> None:
    assert {*TRUTH, *INPUT, *IMAGE, *ORIGIN, SECONDS} < set(COLUMNS)


def test_columns_are_of_the_type_that_their_values_have() -> None:
    kinds = get_type_hints(Row)
    for field in fields(Row):
        kinds_of = {"str": str, "int | None": int, "int | str | None": int, "float | None": float}
        expected = kinds_of[str(field.type)]  # several classes as one have no number
        assert (field.name in TEXTS, field.name in WHOLE_NUMBERS) == (expected is str, expected is int)
    assert set(kinds) == set(COLUMNS)
