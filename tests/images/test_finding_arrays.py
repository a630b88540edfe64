"""Arrays in folders: they count where no picture is, or where a glob names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xai_cam.files.provenance import encode_array, is_own_output
from xai_cam.images.finding import Found, find_images


@pytest.fixture
def scenes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two arrays, a third in a sub-folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes" / "north").mkdir(parents=True)
    for name in ("a", "b", "north/c"):
        np.save(tmp_path / "scenes" / f"{name}.npy", np.zeros((2, 2, 5)))
    return tmp_path / "scenes"


def names(found: Found) -> list[str]:
    return [image.path.relative_to("scenes").as_posix() for image in found.images]


def test_a_folder_of_arrays_alone(scenes: Path) -> None:
    assert names(find_images(["scenes"])) == ["a.npy", "b.npy"]
    assert names(find_images(["scenes"], recursive=True)) == ["a.npy", "b.npy", "north/c.npy"]


def test_beside_a_picture_they_are_left_out_and_told(scenes: Path) -> None:
    (scenes / "north" / "photo.png").write_bytes(b"")
    assert names(find_images(["scenes"])) == ["a.npy", "b.npy"], "what is further down is not looked at"
    found = find_images(["scenes"], recursive=True)
    assert names(found) == ["north/photo.png"]
    (line,) = found.notices
    assert line.startswith("Left out ") and "a NumPy array is taken if the glob *.npy names it" in line


def test_a_glob_or_a_name_takes_them_all_the_same(scenes: Path) -> None:
    (scenes / "photo.png").write_bytes(b"")
    for arguments, include in ((["scenes/*.npy"], ()), (["scenes"], ("*.npy",)), (["scenes"], ("[ab].npy",))):
        found = find_images(arguments, include=include)
        assert names(found) == ["a.npy", "b.npy"] and found.notices == []
    assert names(find_images(["scenes/a.npy", "scenes/photo.png"])) == ["a.npy", "photo.png"]
    assert names(find_images(["scenes/*"])) == ["photo.png"]
    both = find_images(["scenes"], include=("*.png", "*.npy"))
    assert names(both) == ["a.npy", "b.npy", "photo.png"]


def test_what_this_tool_wrote_is_never_taken(scenes: Path) -> None:
    """Neither is it told, nor does a picture of its own stand before the arrays of others."""
    (scenes / "a_map.npy").write_bytes(encode_array(np.zeros((2, 2)), {"tool": "xai-cam"}))
    assert is_own_output(scenes / "a_map.npy") and not is_own_output(scenes / "a.npy")
    found = find_images(["scenes"], is_own_output=is_own_output)
    assert names(found) == ["a.npy", "b.npy"] and found.notices == []
    (scenes / "photo.png").write_bytes(b"")
    own = find_images(["scenes"], is_own_output=lambda path: path.suffix == ".png" or is_own_output(path))
    assert names(own) == ["a.npy", "b.npy"]
    assert own.notices == ["Skipped 1 picture written by xai-cam."]
