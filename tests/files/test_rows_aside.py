"""Rows that wait in a temporary file come back as they were, in order, a group at a time."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from support.held import exceeding
from xai_cam.errors import OutputError
from xai_cam.files.rows_aside import RowsAside

ROWS = [("a.png", None, 3, 0.1), ("half\udcff", "", 2**70, float("inf")), ("猫", "\n", True, -0.0)] * 7


@pytest.mark.parametrize("most", [1, 4, 7, 20, 21, 22, 1000])
def test_they_come_back_in_groups(most: int) -> None:
    with RowsAside(most) as rows:
        for row in ROWS:
            rows.add(row)
        groups = [[*group] for group in rows.groups()]
    assert [row for group in groups for row in group] == ROWS
    assert all(len(group) == most for group in groups[:-1]) and len(groups[-1]) <= most


def test_of_few_rows_and_of_none_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    with RowsAside(3) as rows:
        assert [*rows.groups()] == []
    with RowsAside(3) as rows:
        rows.add((1,))
        assert [*rows.groups()] == [[(1,)]]


def test_nothing_is_left_of_rows_that_nobody_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with RowsAside(2) as rows:
        for number in range(5):
            rows.add((number,))
        assert rows._file is not None
    assert rows._file.closed and os.listdir(tmp_path) == []


def test_a_folder_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with RowsAside(2) as rows:
        rows.add((1,))
        with pytest.raises(OutputError, match=r"temporary files, .*: No space left.*TMPDIR"):
            rows.add((2,))


def test_many_rows_take_little_memory() -> None:
    def put_aside() -> None:
        with RowsAside(100) as rows:
            for number in range(30_000):
                rows.add((f"/data/photos/{number:09}.png", number / 7, None))
            assert sum(map(len, rows.groups())) == 30_000

    assert not exceeding(put_aside, peak=2_000_000), "as tuples they are five times that"
