"""Rows added to tables of text: by later runs, by runs at once, behind what a killed run left."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.files.results import check_results, open_results


def rows_in(path: Path) -> list[str]:
    """The images of all rows, read back by other code."""
    if path.suffix == ".jsonl":
        return [json.loads(line)["image"] for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return [
            row["image"] for row in csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        ]


def add(path: Path, *images: str, columns: tuple[str, ...] = ("image", "message")) -> None:
    with open_results(str(path), columns, append=True) as writer:
        assert writer is not None
        for image in images:
            writer.write({"image": image, "message": "in\ntwo lines", "seconds": 1})


every_text = pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])


@every_text
def test_rows_are_added_under_one_header(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r.{suffix}"
    add(path, "a", "b")
    add(path)
    add(path, "c")
    assert rows_in(path) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("suffix", "torn", "kept"),
    [
        ("csv", b'c,"in', []),
        ("csv", b'c,"in\ntw', []),
        ("csv", b"c,whole", ["c"]),  # by an editor that ends no last line
        ("jsonl", b'{"image": "c", "mess', []),
        ("jsonl", b'{"image": "c", "message": ""}', ["c"]),
        ("tsv", b"c", []),
    ],
)
def test_what_a_killed_run_left_of_a_row(
    tmp_path: Path, suffix: str, torn: bytes, kept: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"r.{suffix}"
    add(path, "a", "b")
    with path.open("ab") as file:
        file.write(torn)
    add(path, "d")
    assert rows_in(path) == ["a", "b", *kept, "d"]
    assert ("was not whole" in caplog.text) == (not kept)


def test_a_quote_that_nothing_ends_is_not_cut_at(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text('image,message\na,"open\nb,c\n', encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(InputError, match="within a row"):
        add(path, "d")
    assert path.read_bytes() == before


@every_text
def test_other_columns_are_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r.{suffix}"
    add(path, "a")
    before = path.read_bytes()
    for attempt in (
        lambda: add(path, "b", columns=("image", "score")),
        lambda: check_results(str(path), True, ("image", "score")),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert "(only there: message; only here: score)" in caught.value.message
    assert path.read_bytes() == before


def test_columns_in_another_order_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("message,image\nx,a\n", encoding="utf-8")
    add(path, "b")
    assert rows_in(path) == ["a", "b"] and path.read_text(encoding="utf-8").startswith("message,image\n")


@pytest.mark.parametrize("content", [b"\0\1\2", b"[1, 2]\n"])
def test_what_is_no_table_is_not_added_to(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no table of results"):
        add(path, "a")
    assert path.read_bytes() == content


ADD = """
import sys
from xai_cam.files.results import open_results
for number in range(40):
    with open_results(sys.argv[1], ("image", "text"), append=True) as writer:
        writer.write({"image": f"{sys.argv[2]}-{number}", "text": "x" * 20_000})
"""


def test_runs_at_once_mix_no_rows(tmp_path: Path) -> None:
    """Rows larger than any buffer, from four processes that each begin the table forty times."""
    path = tmp_path / "r.csv"
    runs = [subprocess.Popen([sys.executable, "-c", ADD, str(path), name]) for name in "abcd"]
    assert [run.wait() for run in runs] == [0] * 4
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["image", "text"] and {len(row[1]) for row in rows} == {20_000}
    assert sorted(row[0] for row in rows) == sorted(f"{name}-{n}" for name in "abcd" for n in range(40))


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_carriage_return_in_a_name_tears_no_row(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r.{suffix}"
    names = ["a\rb", "c\r\nd", "\r", "plain"]
    add(path, *names)
    assert rows_in(path) == names
    assert path.read_bytes().startswith(b"image") and b"\nplain" in path.read_bytes()


def test_an_odd_quote_far_from_the_end_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text('image,message\na,"open\n' + "b,c\n" * 80_000, encoding="utf-8")
    start = time.thread_time()
    with pytest.raises(InputError, match="within a row"):
        add(path, "d")
    assert time.thread_time() - start < 3
    path.write_text('image,message\na,"' + "x" * (1 << 20), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(InputError, match="within a row"):
        add(path, "d")
    assert path.read_bytes() == before, "so much is no row that a run left"
