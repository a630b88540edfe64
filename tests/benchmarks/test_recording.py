"""Recordings of two checkouts are compared byte for byte, and what differs is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "benchmarks" / "recording"))

from record_commands import COMMANDS
from record_differences import FILE_KIND, Report, compare_command


def write(folder: Path, rows: str = "a,1\n", words: str = "1 written in 2 s\n") -> Path:
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "rows.csv").write_text(rows, encoding="utf-8")
    for name, text in (("stdout", ""), ("stderr", words), ("exit_code", "0\n")):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("rows", "words", "differ"),
    [
        ("a,1\n", "1 written in 2 s\n", False),
        ("a,1\n", "1 written in 41 s\n", False),  # a duration is that of a run
        ("a,2\n", "1 written in 2 s\n", True),
        ("a,1\n", "2 written in 2 s\n", True),
    ],
)
def test_a_byte_that_differs_is_found(rows: str, words: str, differ: bool, tmp_path: Path) -> None:
    report = Report(10)
    compare_command(write(tmp_path / "one"), write(tmp_path / "two", rows, words), report)
    assert report.differ is differ, report.summary()
    assert (rows == "a,1\n") or any("rows.csv" in text for text in report.found[FILE_KIND])


def test_every_command_has_a_name_of_its_own() -> None:
    names = [command.name for command in COMMANDS]
    assert len(set(names)) == len(names) > 100
