"""Tests of one image of a run: its name in files about several; the others are in `test_tasks.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.images.finding import ImageFile
from xai_cam.runs.task import Task


@pytest.mark.parametrize(
    ("below", "expected"), [(None, "cats/a.png"), (Path(), "a.png"), (Path("x/y"), "x/y/a.png")]
)
def test_the_name_in_files_about_several_images(below: Path | None, expected: str) -> None:
    image = ImageFile(Path("in/cats/a.png"), Path("cats"))
    assert Task(image, Path("out"), "a", below).file_name == expected
