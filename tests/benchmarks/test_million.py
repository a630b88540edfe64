"""The benchmark of a million images: what it makes is what is measured, and its figures are of all images."""

from __future__ import annotations

from pathlib import Path

import million
import pytest

from xai_cam.files.merging import MergedRows
from xai_cam.images.finding import find_images


def test_a_tree_has_as_many_pictures_as_are_named_and_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(million, "LINKS", 4)
    top = million.make_tree(tmp_path / "tree", 11, 3)
    found = [str(image.path) for image in find_images([str(top)], recursive=True).images]
    assert found == [*million.pictures(top)] and len(found) == 11
    assert found[-1] == str(top / "class_00003" / "img_000000010.png")
    assert million.make_tree(top, 99) == top and len([*million.pictures(top)]) == 11


def test_rows_are_those_of_a_run(tmp_path: Path) -> None:
    from xai_cam.files.rows import COLUMNS

    rows = [*million.rows_of(5)]
    assert len({row["image"] for row in rows}) == 5 and all(tuple(row) == COLUMNS for row in rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_tables_of_shards_are_those_of_one_run(tmp_path: Path, suffix: str) -> None:
    paths = million.write_shards(tmp_path, 40, suffix)
    merged = MergedRows([Path(path) for path in paths])
    assert len(paths) == million.SHARDS and merged.images == len(merged) == 40
    assert [row["image"] for row in merged] == [row["image"] for row in million.rows_of(40)]
    merged.close()


def test_what_evaluate_holds_is_of_all_images(tmp_path: Path) -> None:
    million.judge(tmp_path, 20)


def test_a_row_tells_what_is_beyond_a_single_image() -> None:
    used = {"peak": 300.0, "clock": 20.0, "processor": 10.0}
    row = million.row_of("x", 2**20, used, 100.0)
    assert row["bytes an image"] == 200 and row["peak, MiB"] == 300 and row["clock, s"] == 20
    assert row["processor, us/image"] == pytest.approx(9.5367, abs=1e-3)


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        million.run_command(["explain", "--nonsense"])
    used = million.run_command(["--version"])
    assert used["peak"] > 5 and used["processor"] > 0 and used["clock"] > 0
