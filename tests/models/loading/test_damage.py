"""What is said of a damaged file."""

from __future__ import annotations

from pathlib import Path

from xai_cam.models.loading.damage import damaged_file


def test_the_file_the_reason_and_what_to_do() -> None:
    found = damaged_file(Path("m.json"), ValueError("line one\n  of `two`"))
    assert str(found) == "m.json is damaged (line one of 'two'). Copy or export it again."
    assert str(damaged_file("It", "x", ", all of it")).endswith("(x). Copy or export it again, all of it.")


def test_a_long_reason_is_cut() -> None:
    assert len(str(damaged_file("m", "word " * 1000))) < 300
