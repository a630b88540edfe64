"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import OutputError
from xai_cam.files.writing import BLOCK, check_writable, sha256, write_whole


def no_space(*arguments: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class FullDisk:
    """A file that takes half of what is written, then fails."""

    def __init__(self, handle: int, mode: str) -> None:
        self.file = open(handle, mode)  # noqa: SIM115

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *what: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        no_space()


@pytest.mark.parametrize(("name", "broken"), [("replace", no_space), ("fdopen", FullDisk)])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, old: bytes | None
) -> None:
    path = tmp_path / "a.png"
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as patch:
        patch.setattr(os, name, broken)
        with pytest.raises(OutputError, match="No space left"):
            write_whole(path, b"new content")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([] if old is None else [old])


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.png", b"new")
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the rename the old content stands; the new one is whole before."""
    path, seen = tmp_path / "a.png", []
    path.write_bytes(b"old")
    rename = os.replace

    def watch(source: str, target: Path) -> None:
        seen.append((path.read_bytes(), Path(source).read_bytes(), Path(source).parent.parent))
        rename(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_whole(path, b"new")
    assert seen == [(b"old", b"new", tmp_path)]
    assert path.read_bytes() == b"new"


def test_folders_are_made(tmp_path: Path) -> None:
    write_whole(tmp_path / "Рабочий стол" / "deep" / "猫.png", b"x")
    assert (tmp_path / "Рабочий стол" / "deep" / "猫.png").read_bytes() == b"x"


@pytest.mark.skipif(os.name == "nt", reason="no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_rights_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "a.png", b"x")
        assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == mode
    finally:
        assert os.umask(before) == umask  # looking at it did not change it


def test_a_file_or_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "a.png", tmp_path / "folder"):
        with pytest.raises(OutputError, match="Cannot write"):
            write_whole(path, b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_check_writable_makes_the_folder_and_nothing_in_it(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "er")
    assert (tmp_path / "new" / "er").is_dir()
    assert not list((tmp_path / "new" / "er").iterdir())


def test_check_writable_refuses_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="`output`"):
            check_writable(folder)


@pytest.mark.parametrize("size", [0, 3, BLOCK, BLOCK + 1])
def test_sha256_of_any_length(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    (tmp_path / "a").write_bytes(data)
    assert sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()
