"""Outputs of a batch: all on the disk before the first has its name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from support.commands import tree
from xai_cam.errors import OutputError
from xai_cam.files import batch
from xai_cam.files.batch import OutputBatch


def test_files_have_their_names_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    flush, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (log.append("flush"), flush(handle))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (log.append(Path(b).name), replace(a, b))[1])
    outputs = OutputBatch()
    wanted = {"one/a": b"1", "one/b": b"2", "two/c": b"3"}
    for name, data in wanted.items():
        outputs.write(tmp_path / name, data)
    assert log == [] and not (tmp_path / "one" / "a").exists()
    assert outputs.name() == {}
    assert log == ["flush"] * 3 + ["a", "b", "c"]
    assert tree(tmp_path) == wanted
    assert outputs.name() == {}, "it is empty"


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    outputs = OutputBatch()
    outputs.write(tmp_path / "a", b"1")
    outputs.discard()
    outputs.discard()
    assert list(tmp_path.iterdir()) == [] and outputs.name() == {}


@pytest.mark.parametrize("stop", [False, True])
def test_what_cannot_have_its_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: bool
) -> None:
    real = batch.rename

    def rename(part: Path, path: Path) -> None:
        if path.name == "b":
            raise PermissionError(errno.EACCES, "Permission denied")
        real(part, path)

    monkeypatch.setattr(batch, "rename", rename)
    outputs = OutputBatch()
    for name in "abc":
        outputs.write(tmp_path / name, b"1")
    failed = outputs.name(stop)
    assert {path.name: error.message for path, error in failed.items()} == {
        "b": f"Cannot write {tmp_path / 'b'}: Permission denied. Use another `output`."
    }
    assert isinstance(failed[tmp_path / "b"].__cause__, PermissionError)
    assert sorted(tree(tmp_path)) == (["a"] if stop else ["a", "c"])


def test_a_disk_that_is_full_when_it_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    outputs = OutputBatch()
    outputs.write(tmp_path / "a", b"1")
    monkeypatch.setattr(os, "fsync", full)
    (error,) = outputs.name().values()
    assert "No space left on device. Free space" in error.message and list(tmp_path.iterdir()) == []


def test_a_folder_or_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    outputs = OutputBatch()
    for path in (tmp_path / "folder", tmp_path / "file" / "a"):
        with pytest.raises(OutputError, match="Cannot write"):
            outputs.write(path, b"1")
    assert outputs.name() == {} and sorted(tree(tmp_path)) == ["file"]
