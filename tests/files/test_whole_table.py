"""Tables of rows that are all there: whole or not at all, and never in the place of another file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.results import open_results
from xai_cam.files.whole_table import check_table, write_table

COLUMNS = ("image", "outcome", "score")
ROWS: list[dict[str, Any]] = [
    {"image": "=a.png", "outcome": "written", "score": 0.5},
    {"image": "b.png", "outcome": "failed", "score": None},
]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "ndjson", "parquet"])
def test_a_table_is_as_that_of_a_run(ending: str, tmp_path: Path) -> None:
    of_a_run = tmp_path / f"run.{ending}"
    with open_results(str(of_a_run), COLUMNS) as writer:
        assert writer is not None
        for row in ROWS:
            writer.write(row)
    write_table(str(tmp_path / f"whole.{ending}"), COLUMNS, ROWS)
    assert (tmp_path / f"whole.{ending}").read_bytes() == of_a_run.read_bytes()


def test_rows_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_table("-", COLUMNS, ROWS, safe_csv=False)
    assert capsys.readouterr().out == "image,outcome,score\n=a.png,written,0.5\nb.png,failed,\n"


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_table_is_whole_or_what_was_there(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{ending}"
    path.write_text("before\n", encoding="utf-8")

    def broken() -> Iterator[dict[str, Any]]:
        yield ROWS[0]
        raise InputError("The disk is gone.")

    with pytest.raises(InputError):
        write_table(str(path), COLUMNS, broken())
    assert path.read_text(encoding="utf-8") == "before\n"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_table_of_no_rows_has_a_header(tmp_path: Path) -> None:
    write_table(str(tmp_path / "rows.csv"), COLUMNS, [])
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8") == "image,outcome,score\n"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").mkdir()
    with pytest.raises(XaiCamError, match=r"Cannot write .*rows\.csv"):
        write_table(str(tmp_path / "rows.csv"), COLUMNS, ROWS)


def test_what_this_tool_did_not_write_is_replaced_if_asked_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("my,own\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="was not written by a merge of such tables"):
        check_table(str(path), COLUMNS, True, [])
    check_table(str(path), COLUMNS, True, [], overwrite=True)
    write_table(str(path), COLUMNS, ROWS)
    check_table(str(path), COLUMNS, True, [])


def test_a_source_is_never_the_target(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_table(str(path), COLUMNS, ROWS)
    with pytest.raises(InputError, match="is one of the inputs"):
        check_table(str(path), COLUMNS, True, [tmp_path / "other.csv", path], overwrite=True)


def test_text_is_not_taken_for_numbers(tmp_path: Path) -> None:
    for ending in ("csv", "tsv"):
        check_table(str(tmp_path / f"rows.{ending}"), COLUMNS, False, [])
    for ending in ("jsonl", "parquet"):
        with pytest.raises(InputError, match=r"tells numbers from text, which \.csv and \.tsv do not"):
            check_table(str(tmp_path / f"rows.{ending}"), COLUMNS, False, [])


def test_another_ending_is_refused_and_boxes_need_a_column_of_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.csv, \.tsv, \.jsonl or \.parquet"):
        check_table(str(tmp_path / "regions.json"), COLUMNS, True, [])
    check_table(str(tmp_path / "regions.json"), (*COLUMNS, "boxes"), True, [])
    write_table(str(tmp_path / "regions.json"), (*COLUMNS, "boxes"), [{**row, "boxes": ""} for row in ROWS])
    assert json.loads((tmp_path / "regions.json").read_text("utf-8"))["annotations"] == []
