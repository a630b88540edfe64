"""Rows of results that other programs can read."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from support import systems
from xai_cam.errors import InputError, OutputError
from xai_cam.files.results import check_results, columns_in, is_table_of, open_results
from xai_cam.files.rows import COLUMNS, Row

ROWS = [
    Row(
        "фото/猫.png", "written", "ok", "conv", "grad-cam", 1, 'a "cat", or\nnot', 1, "x", 2.5, "logit", 0.75
    ),
    Row('a, "b"\nc.jpg', "failed", "failed", message="the picture is damaged (x, y)"),
]


def write(target: str) -> None:
    with open_results(target) as writer:
        assert writer is not None
        for row in ROWS:
            writer.write(asdict(row))


def test_csv_parses_back(tmp_path: Path) -> None:
    write(str(tmp_path / "r.csv"))
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    expected = [{k: "" if v is None else str(v) for k, v in asdict(row).items()} for row in ROWS]
    assert found == expected
    assert list(found[0])[:6] == ["image", "outcome", "status", "layer", "method", "class_index"]


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "JSONL"])
def test_json_lines_parse_back(tmp_path: Path, suffix: str) -> None:
    write(str(tmp_path / f"r.{suffix}"))
    lines = (tmp_path / f"r.{suffix}").read_text("utf-8").splitlines()
    assert "фото/猫.png" in lines[0]
    assert [json.loads(line) for line in lines] == [asdict(row) for row in ROWS]


def test_a_dash_is_csv_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write("-")
    assert [row["image"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == [
        row.image for row in ROWS
    ]


def test_rows_are_there_as_soon_as_they_are_written(tmp_path: Path) -> None:
    """A run that is stopped keeps them."""
    with open_results(str(tmp_path / "r.jsonl")) as writer:
        assert writer is not None
        writer.write(asdict(ROWS[0]))
        assert json.loads((tmp_path / "r.jsonl").read_text("utf-8"))["image"] == ROWS[0].image


@pytest.mark.skipif(os.name == "nt", reason="file names are Unicode there")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_name_that_is_no_unicode(tmp_path: Path, suffix: str) -> None:
    """Of an old disk: Latin-1 bytes, which Python holds as a lone surrogate."""
    with open_results(str(tmp_path / f"r.{suffix}")) as writer:
        assert writer is not None
        writer.write(asdict(Row(os.fsdecode(b"caf\xe9.jpg"), "written")))
    text = (tmp_path / f"r.{suffix}").read_text("utf-8")
    assert r"caf\udce9.jpg" in text
    if suffix == "jsonl":
        assert os.fsencode(json.loads(text)["image"]) == b"caf\xe9.jpg"


def test_a_terminal_that_lacks_a_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `xai-cam ... > file` on Windows."""
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, "cp1252", newline=""))
    write("-")
    assert rb"\u732b.png" in buffer.getvalue()


@pytest.mark.parametrize("target", ["results.txt", "results", "csv", "r.csv.gz"])
def test_other_suffixes_are_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(InputError, match=r"must end in \.csv, \.tsv, \.jsonl or \.parquet"):
        check_results(target)
    with pytest.raises(InputError), open_results(str(tmp_path / target)):
        pass
    assert not list(tmp_path.iterdir())


def test_none_and_the_known_suffixes_are_fine() -> None:
    for target in (None, "-", "a.csv", "b/c.JSONL", "d.ndjson"):
        check_results(target)
    with open_results(None) as writer:
        assert writer is None


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="`results`"), open_results(str(tmp_path / "no" / "r.csv")):
        pass


def test_tabs_in_place_of_commas(tmp_path: Path) -> None:
    write(str(tmp_path / "r.tsv"))
    with (tmp_path / "r.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t"))
    assert [row["image"] for row in found] == [row.image for row in ROWS] and tuple(found[0]) == COLUMNS


# --- Tables that may be replaced ---------------------------------------------------------------------


def test_tables_of_earlier_versions_are_known(tmp_path: Path) -> None:
    for name, content, ours in (
        ("a.csv", "image,outcome\nx,y\n", True),
        ("b.csv", "image,outcome,price\n", False),
        ("c.csv", "outcome\n", False),
        ("d.csv", "", True),
        ("e.jsonl", '{"image": "x"}\n', True),
        ("f.jsonl", "x\n", False),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert is_table_of(tmp_path / name, ("image", "outcome", "new")) == ours, name
    assert columns_in(tmp_path / "none.csv") is None


def test_there_is_nothing_to_add_to_on_standard_output() -> None:
    for target in ("-", None):
        with pytest.raises(InputError, match="`append` adds rows to a file"):
            check_results(target, append=True)


def test_a_pipe_is_no_place_for_boxes(tmp_path: Path) -> None:
    systems.pipe(tmp_path / "r.json")
    with pytest.raises(InputError, match=r"r\.json'` is a pipe"):
        check_results(str(tmp_path / "r.json"), boxes=True)
