"""Tests of files as a set."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from support.systems import link
from xai_cam.files.names import real_path
from xai_cam.files.real_paths import RealPaths
from xai_cam.files.stores.paths import as_path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Real folders and files, and links to both."""
    (tmp_path / "cats").mkdir()
    for name in ("cats/a.png", "cats/b.png", "c.png"):
        (tmp_path / name).touch()
    link(tmp_path / "link.png", Path("cats/a.png"))
    link(tmp_path / "way", Path("cats"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


NAMES = (
    "cats/a.png",
    "c.png",
    "link.png",
    "way/b.png",
    "way/../c.png",
    ".",
    "..",
    "cats/",
    "none/x",
    "way",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("here")
def test_a_file_is_found_by_any_of_its_names(name: str) -> None:
    for given in (name, Path(name), os.path.abspath(name)):
        assert real_path(name) in RealPaths([given]), given
        assert real_path("cats/other.png") not in RealPaths([given])


@pytest.mark.usefixtures("here")
def test_all_of_several_and_no_other() -> None:
    files = RealPaths([*NAMES, None, ""])
    real = {real_path(name) for name in NAMES}
    assert len(files) == len(real) < len(NAMES)
    assert all(one in files for one in real)
    assert real_path("cats") in files and real_path("d.png") not in files


def test_of_none_nothing_is_known() -> None:
    assert len(RealPaths()) == 0 and real_path("a.png") not in RealPaths()


def test_objects_are_known_by_their_urls() -> None:
    files = RealPaths([as_path("memory://bucket/a.png"), "memory://bucket/b.png"])
    assert real_path("memory://bucket/a.png") in files and real_path("memory://bucket/b.png") in files
    assert real_path("memory://bucket/c.png") not in files


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.path.join(tmp_path, os.fsdecode(b"\xff.png"))
    assert real_path(name) in RealPaths([name])


def test_some_more_are_joined_and_the_first_stay_as_they_are() -> None:
    first = RealPaths(["a.png", "b.png"])
    both = first.joined(["b.png", "c.png", None])
    assert both == RealPaths(["c.png", "b.png", "a.png"]) and first == RealPaths(["b.png", "a.png"])
    assert both != first


def test_it_travels() -> None:
    files = RealPaths([f"{number}.png" for number in range(100)])
    data = pickle.dumps(files)
    assert pickle.loads(data) == files and len(data) < 100 * 16 + 200
