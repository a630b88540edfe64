"""Tables read back: every row, and any of them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.files.results import open_results
from xai_cam.files.table_rows import OpenFiles, read_rows

COLUMNS = ("image", "outcome", "class_index", "score", "message")
ROWS = [
    {"image": "a.png", "outcome": "written", "class_index": 3, "score": 0.125, "message": ""},
    {"image": 'b "x", y.png', "outcome": "failed", "class_index": None, "score": None, "message": "1\n2"},
    {"image": "=c.png", "outcome": "written", "class_index": 0, "score": 1e-30, "message": "ä\u2028\x1b"},
]
TEXTS = [
    ["a.png", "written", "3", "0.125", ""],
    ['b "x", y.png', "failed", "", "", "1\n2"],
    ["'=c.png", "written", "0", "1e-30", "ä\\u2028\\x1b"],
]
"""The same as the cells of CSV have them."""


def write(path: Path) -> Path:
    with open_results(str(path), COLUMNS) as writer:
        assert writer is not None
        for row in ROWS:
            writer.write(row)
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_rows_are_read_in_order_and_again_in_any(ending: str, tmp_path: Path) -> None:
    files = OpenFiles()
    source = read_rows(write(tmp_path / f"rows.{ending}"), files)
    wanted = ROWS if source.typed else [dict(zip(COLUMNS, row, strict=True)) for row in TEXTS]
    assert source.columns == list(COLUMNS)
    found = list(source.rows())
    assert [row for _, row in found] == wanted
    for (place, _), row in reversed(list(zip(found, wanted, strict=True))):
        assert source.row(place) == row
    files.close()


@pytest.mark.parametrize(("group", "at_once"), [(3, 100), (3, 2), (7, 3), (100, 2), (1, 1)])
def test_rows_of_parquet_are_found_in_any_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int, at_once: int
) -> None:
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    monkeypatch.setattr("xai_cam.files.table_rows.AT_ONCE", at_once)
    parquet.write_table(arrow.table({"n": list(range(7))}), tmp_path / "a.parquet", row_group_size=group)
    source = read_rows(tmp_path / "a.parquet", OpenFiles())
    assert [(place, row["n"]) for place, row in source.rows()] == [(n, n) for n in range(7)]
    assert [source.row(place)["n"] for place in (6, 0, 3, 2, 4, 5, 1)] == [6, 0, 3, 2, 4, 5, 1]


def test_a_table_of_parquet_may_have_no_row(tmp_path: Path) -> None:
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    parquet.write_table(arrow.table({"n": arrow.array([], arrow.int64())}), tmp_path / "a.parquet")
    source = read_rows(tmp_path / "a.parquet", OpenFiles())
    assert source.columns == ["n"] and [*source.rows()] == []


def test_more_tables_than_may_be_open_are_read_in_turn(tmp_path: Path) -> None:
    files = OpenFiles(most=2)
    sources = [read_rows(write(tmp_path / f"{n}.csv"), files) for n in range(5)]
    turns = zip(*(source.rows() for source in sources), strict=True)
    assert [[row["image"] for _, row in turn] for turn in turns] == [[row[0]] * 5 for row in TEXTS]
    assert len(files._open) == 2
    files.close()
    assert not files._open


def test_a_table_of_windows_programs_is_read(tmp_path: Path) -> None:
    """With a mark at its beginning, and lines that end in two characters."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfimage,score\r\na.png,1\r\n")
    source = read_rows(path, OpenFiles())
    assert source.columns == ["image", "score"]
    assert [row for _, row in source.rows()] == [{"image": "a.png", "score": "1"}]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_empty_file_has_not_even_columns(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{ending}"
    path.write_bytes(b"")
    source = read_rows(path, OpenFiles())
    assert source.columns is None and list(source.rows()) == []


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"image,score\na.png\n", "a.csv is no table of results"),
        ("a.csv", b"image,score\na.png,1,2\n", "a.csv is no table of results"),
        ("a.csv", b"image,image\na.png,1\n", "a.csv is no table of results"),
        ("a.csv", b"image,score\na.png,1\nb.p", "a.csv ends within a row"),
        ("a.csv", b'image,score\na.png,"1\n', "a.csv ends within a row|a.csv is no table of results"),
        ("a.csv", b"\xff\xfe\x00\x01\n", "a.csv is no table of results"),
        ("a.jsonl", b'{"image": "a.png"}\n[1]\n', "a.jsonl is no table of results"),
        ("a.jsonl", b'{"image": "a.png"}\n{"score": 1}\n', "a.jsonl is no table of results"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "a.jsonl is no table of results"),
        ("a.parquet", b"PAR1", "a.parquet is no Parquet file"),
    ],
)
def test_what_is_no_table_is_refused(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=says):
        list(read_rows(tmp_path / name, OpenFiles()).rows())


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Cannot read .*gone\.csv: there is no such file\. Name another\."):
        read_rows(tmp_path / "gone.csv", OpenFiles())
