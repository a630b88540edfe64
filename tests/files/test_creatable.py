"""Places for files are judged as writing there would, and nothing is made to find out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.commands import tree
from xai_cam.errors import OutputError
from xai_cam.files.creatable import check_creatable, check_table_place
from xai_cam.files.writing import check_writable


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that takes no file, whoever runs the tests."""
    folder = tmp_path / "closed"
    folder.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    return folder


@pytest.mark.parametrize("place", ["", "new", "new/deeper"])
def test_a_folder_that_files_can_be_written_to(place: str, tmp_path: Path) -> None:
    check_creatable(tmp_path / place)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["file", "file/deeper", "file/deeper/still"])
def test_what_is_in_the_way_is_told_as_by_a_run(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("theirs", encoding="utf-8")
    messages = []
    for check in (check_creatable, check_writable):
        with pytest.raises(OutputError) as caught:
            check(tmp_path / place, "`output`")
        messages.append(caught.value.message)
    assert messages[0] == messages[1]


def test_a_folder_without_rights(closed: Path) -> None:
    for place in (closed, closed / "new"):
        with pytest.raises(OutputError, match=r"Permission denied\. Name another with `report`"):
            check_creatable(place, "`report`")


def test_places_of_tables(tmp_path: Path, closed: Path) -> None:
    (tmp_path / "rows.csv").write_text("rows", encoding="utf-8")
    for name in ("rows.csv", "new.csv"):
        check_table_place(tmp_path / name)
    reasons = {"closed": "Is a directory", "closed/a.csv": "Permission denied", "gone/a.csv": "No such file"}
    for name, reason in reasons.items():
        with pytest.raises(OutputError, match=f"{reason}.*Name another file in `results`"):
            check_table_place(tmp_path / name)
    assert tree(tmp_path) == {"rows.csv": b"rows"}
