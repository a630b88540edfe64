"""Drives and shares of Windows: images of several of them, and paths from one to the other."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import pytest

from xai_cam.images.finding import ImageFile
from xai_cam.images.ground_truth import table_names
from xai_cam.runs import tasks
from xai_cam.runs.tasks import place_tasks


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """`os.path` as it is on Windows, for the module that places outputs."""
    here: Any = SimpleNamespace(path=ntpath, sep="\\", name="nt")
    monkeypatch.setattr(tasks, "os", here)
    monkeypatch.setattr(ntpath, "abspath", lambda path: ntpath.normpath(ntpath.join("C:\\here", path)))


def image(path: str) -> Any:
    return ImageFile(PureWindowsPath(path), Path())  # type: ignore[arg-type]


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("paths", "folders"),
    [
        (["C:/photos/a.jpg", "D:/stick/a.jpg"], ["out/C/photos", "out/D/stick"]),
        (["C:/a.jpg", "D:/a.jpg"], ["out/C", "out/D"]),
        (["a.jpg", "d:/a.jpg"], ["out/C/here", "out/d"]),
        (["//server/share/cats/a.jpg", "C:/a.jpg"], ["out/server-share/cats", "out/C"]),
        (["C:/photos/x/a.jpg", "c:/Photos/y/a.jpg"], ["out/x", "out/y"]),
    ],
)
def test_images_of_several_drives(paths: list[str], folders: list[str]) -> None:
    placed = place_tasks([image(path) for path in paths], Path("out"), lambda task: [task.stem])
    assert [task.folder.as_posix() for task in placed] == folders


@pytest.mark.skipif(os.name == "nt", reason="backslashes are part of names elsewhere")
def test_a_table_written_on_windows_names_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.jpg").touch()
    images = [ImageFile(tmp_path / "cat" / "1.jpg", Path("cat"))]
    for source in (tmp_path / "truth.csv", tmp_path / "elsewhere" / "truth.csv"):
        assert table_names(images, {"cat\\1.jpg": "cat"}, source) == ["cat"]
