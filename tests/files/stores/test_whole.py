"""Whole or not at all: in stores that rename over what is there, over nothing alone, and not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from fsspec.implementations.http import HTTPFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractFileSystem

from xai_cam.files.stores.one_by_one import OneByOne
from xai_cam.files.stores.whole import check_whole, put_and_rename


class OverNothing(LocalFileSystem):  # type: ignore[misc]
    """Renames over nothing alone, as HDFS, and says so."""

    cachable = False

    def mv(self, path1: str, path2: str, **_: object) -> None:
        if Path(path2).exists():
            raise OSError(errno.EEXIST, "there is one")
        super().mv(path1, path2)


class Silent(OverNothing):
    """The same without a word, as WebHDFS."""

    def mv(self, path1: str, path2: str, **_: object) -> None:
        if not Path(path2).exists():
            super().mv(path1, path2)


class Torn(LocalFileSystem):  # type: ignore[misc]
    """Its connection ends before the name is given."""

    cachable = False

    def mv(self, path1: str, path2: str, **_: object) -> None:
        raise ConnectionResetError("gone")


class Broken(OverNothing):
    """Takes what is there away, and then gives no name."""

    def mv(self, path1: str, path2: str, **_: object) -> None:
        if path1.endswith(".tmp"):
            raise OSError(errno.EIO, "no")
        super().mv(path1, path2)


def taken() -> None:
    raise FileExistsError(errno.EEXIST, "taken")


def put(files: AbstractFileSystem, folder: Path, data: bytes, new: bool = False) -> None:
    place = folder / "a.png"
    check = (lambda: taken() if place.exists() else None) if new else None
    put_and_rename(files, str(folder), str(place), lambda part: files.pipe_file(part, data), check)


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", [LocalFileSystem, OverNothing, Silent])
def test_an_object_is_replaced_by_a_whole_one(kind: type[AbstractFileSystem], tmp_path: Path) -> None:
    for data in (b"1", b"22"):
        put(kind(), tmp_path / "maps", data)
        assert there(tmp_path / "maps") == {"a.png": data}


@pytest.mark.parametrize("kind", [LocalFileSystem, OverNothing, Silent])
def test_a_new_one_replaces_nothing(kind: type[AbstractFileSystem], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        put(kind(), tmp_path, b"1", new=True)
    assert there(tmp_path) == {"a.png": b"theirs"}


@pytest.mark.parametrize("kind", [OverNothing, Silent])
def test_nor_what_comes_behind_the_last_look(kind: type[AbstractFileSystem], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"theirs")
    place = str(tmp_path / "a.png")
    with pytest.raises(OSError, match=r"taken meanwhile|there is one"):
        put_and_rename(kind(), str(tmp_path), place, lambda part: Path(part).write_bytes(b"1"), lambda: None)
    assert there(tmp_path) == {"a.png": b"theirs"}


def test_what_cannot_be_named_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"before")
    for kind in (Torn, Broken):
        with pytest.raises(OSError, match=r"gone|no"):
            put(kind(), tmp_path, b"1")
        assert there(tmp_path) == {"a.png": b"before"}


def test_where_a_library_renames_by_copying_nothing_is_written() -> None:
    for files in (HTTPFileSystem(skip_instance_cache=True), MemoryFileSystem(skip_instance_cache=True)):
        with pytest.raises(OSError, match="can neither upload whole nor rename") as caught:
            check_whole("http", files, "http://host/a.png")
        assert caught.value.errno == errno.ENOTSUP and caught.value.filename == "http://host/a.png"
    check_whole("memory", MemoryFileSystem(), "memory://a.png")
    check_whole("sftp", LocalFileSystem(), "sftp://host/a.png")
    check_whole("sftp", OneByOne(LocalFileSystem()), "sftp://host/a.png")
    with pytest.raises(OSError, match="can neither"):
        check_whole("sftp", OneByOne(MemoryFileSystem()), "sftp://host/a.png")
