"""Rows as Parquet, read back by the library itself."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import InputError, OutputError, XaiCamError
from xai_cam.files.results import check_results, columns_in, open_results
from xai_cam.files.rows import COLUMNS, Row

parquet = pytest.importorskip("pyarrow.parquet")


def read(path: Path) -> list[dict[str, Any]]:
    return parquet.read_table(path).to_pylist()


def add(path: Path, *images: str, append: bool = True, columns: tuple[str, ...] = ("image", "score")) -> None:
    with open_results(str(path), columns, append) as writer:
        assert writer is not None
        for image in images:
            writer.write({"image": image, "score": 0.5})


def test_columns_have_types_even_if_they_are_empty(tmp_path: Path) -> None:
    rows = [Row("猫.png", "written", score=0.25, class_index=3), Row("caf\udce9.png", "failed", message="no")]
    with open_results(str(tmp_path / "r.parquet")) as writer:
        assert writer is not None
        for row in rows:
            writer.write(asdict(row))
    schema = parquet.read_schema(tmp_path / "r.parquet")
    assert tuple(schema.names) == COLUMNS
    kinds = {str(schema.field(name).type) for name in ("class_index", "truth_index", "depth")}
    assert kinds == {"int64"} and str(schema.field("seconds").type) == "double"
    first, second = read(tmp_path / "r.parquet")
    assert first == asdict(rows[0]) and second == asdict(rows[1]) | {"image": r"caf\udce9.png"}


def test_rows_are_added_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    add(path, "a", "b")
    add(path, "c")
    assert [row["image"] for row in read(path)] == ["a", "b", "c"]
    add(path, "d", append=False)
    assert [row["image"] for row in read(path)] == ["d"]
    add(path, append=False)
    assert read(path) == [] and columns_in(path) == ["image", "score"]


def test_rows_of_several_groups_have_one_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class is a number until the first that is several; late text makes text of all before it."""
    monkeypatch.setattr("xai_cam.files.parquet.GROUP", 2)
    path, classes = tmp_path / "r.parquet", [1, None, 3, 4, "3+5"]
    scores: list[Any] = [1, 0.5, None, 1e-05, 2.0]
    with open_results(str(path), ("image", "class_index", "score", "p_cat")) as writer:
        assert writer is not None
        for number, (chosen, score) in enumerate(zip(classes, scores, strict=True)):
            late = "text" if number == 4 else number
            writer.write({"image": str(number), "class_index": chosen, "score": score, "p_cat": late})
    found = read(path)
    assert [row["class_index"] for row in found] == ["1", None, "3", "4", "3+5"]
    assert [row["score"] for row in found] == [1.0, 0.5, None, 1e-05, 2.0]
    assert [row["p_cat"] for row in found] == ["0", "1", "2", "3", "text"]
    file = parquet.ParquetFile(path)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [2, 2, 1]


def test_groups_are_added_behind_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.files.parquet.GROUP", 2)
    path, names = tmp_path / "r.parquet", [f"{number}" for number in range(11)]
    add(path, *names[:5])
    add(path, *names[5:6], columns=("score", "image"))
    add(path, *names[6:])
    assert [row["image"] for row in read(path)] == names and columns_in(path) == ["image", "score"]


def test_rows_that_do_not_fit_leave_the_table_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    add(path, "a")
    before = path.read_bytes()
    with (
        pytest.raises(InputError, match="do not fit into"),
        open_results(str(path), ("image", "score"), True) as writer,
    ):
        assert writer is not None
        writer.write({"image": "b", "score": "much"})
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_run_that_stops_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    add(path, "old")
    with pytest.raises(KeyboardInterrupt), open_results(str(path), ("image",)) as writer:
        assert writer is not None
        writer.write({"image": "a"})
        raise KeyboardInterrupt
    assert read(path) == [{"image": "a"}]


def test_a_run_that_fails_at_once_leaves_the_older_table(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    add(path, "old")
    with pytest.raises(OSError, match="no model"), open_results(str(path), ("image",)):
        raise OSError("no model")
    assert [row["image"] for row in read(path)] == ["old"]


def test_other_columns_and_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    add(path, "a")
    with pytest.raises(InputError, match="only there: score; only here: depth"):
        check_results(str(path), True, ("image", "depth"))
    with pytest.raises(InputError, match="other columns by now"):
        add(path, "b", columns=("image", "depth"))
    path.write_bytes(b"image,score\n")
    with pytest.raises(InputError, match="no Parquet file"):
        check_results(str(path), True, ("image", "score"))
    with pytest.raises(OutputError, match="Cannot write"):
        add(tmp_path / "no" / "r.parquet", "a")


def test_without_the_library_it_is_said_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.extras.find_spec", lambda name: None)
    with pytest.raises(XaiCamError, match="PyArrow, which is not installed"):
        check_results("r.parquet")


ADD = """
import sys
from xai_cam.files.results import open_results
for number in range(5):
    with open_results(sys.argv[1], ("image",), append=True) as writer:
        writer.write({"image": f"{sys.argv[2]}-{number}"})
"""


def test_runs_at_once_lose_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    runs = [subprocess.Popen([sys.executable, "-c", ADD, str(path), name]) for name in "ab"]
    assert [run.wait() for run in runs] == [0, 0]
    assert sorted(row["image"] for row in read(path)) == sorted(f"{n}-{i}" for n in "ab" for i in range(5))
