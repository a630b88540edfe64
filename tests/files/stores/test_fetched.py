"""Files fetched from a store, once."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from support.commands import tree
from support.s3_server import S3Server
from xai_cam.files.cache import Cache
from xai_cam.files.names import real_path
from xai_cam.files.own_folders import MARK, MARKED
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.fetched import fetched, origin_of
from xai_cam.files.stores.local_files import place_in
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Store

pytestmark = pytest.mark.usefixtures("temporary")


def test_a_file_is_fetched_once_and_anew_when_it_changed(s3: S3Server, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    s3.put("bucket/model.keras", b"1")
    first = fetched(StorePath("s3://bucket/model.keras"), cache)
    assert first.name == "model.keras" and first.read_bytes() == b"1"
    s3.forget()
    assert fetched(StorePath("s3://bucket/model.keras"), cache) == first and s3.count("GET") == 0
    s3.put("bucket/model.keras", b"2")
    assert fetched(StorePath("s3://bucket/model.keras"), cache).read_bytes() == b"2"


def test_without_a_cache_it_lasts_as_long_as_the_process(s3: S3Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    s3.put("bucket/model.keras", b"1")
    path = fetched(StorePath("s3://bucket/model.keras"), Cache(tmp_path / "file" / "cache"))
    assert path.read_bytes() == b"1" and path.name == "model.keras"


def test_what_killed_processes_had_fetched_is_deleted_before_more_is(
    s3: S3Server, tmp_path: Path, temporary: Path
) -> None:
    left = temporary / f".xai-cam-{'0' * 16}.tmp"
    (left / "fetched-0" / "saved").mkdir(parents=True)
    (left / MARK).write_bytes(MARKED)
    os.utime(left, (0, 0))
    s3.put("bucket/saved/saved_model.pb", b"1")
    copy = fetched(StorePath("s3://bucket/saved"), Cache(tmp_path / "cache"))
    assert [*temporary.iterdir()] == [copy.parent.parent] != [left]


def test_a_model_larger_than_the_cache_costs_no_entry_of_it(s3: S3Server, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most_bytes=5)
    s3.put("bucket/small.keras", b"1234")
    s3.put("bucket/large.keras", b"123456")
    small = fetched(StorePath("s3://bucket/small.keras"), cache)
    s3.forget()
    assert fetched(StorePath("s3://bucket/large.keras"), cache).read_bytes() == b"123456"
    assert s3.count("GET") == 1 and small.exists()


@pytest.mark.parametrize(("fault", "often"), [("403", 1), ("503", 4)])
def test_what_fails_is_asked_no_second_time(s3: S3Server, tmp_path: Path, fault: str, often: int) -> None:
    s3.put("bucket/model.keras", b"1")
    s3.fail(fault, "GET", "model.keras", times=99)
    with pytest.raises(OSError, match="the store"):
        fetched(StorePath("s3://bucket/model.keras"), Cache(tmp_path / "cache"))
    assert s3.count("GET", "model.keras") == often


def test_nobody_waits_for_the_cache_while_it_is_fetched(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    cache = Cache(tmp_path / "cache")
    s3.put("bucket/model.keras", b"1")
    fetch = Store.fetch

    def fetching(*words: Any) -> Listed | None:
        assert cache.keep("other", lambda folder: None) is not None
        return fetch(*words)

    monkeypatch.setattr(Store, "fetch", fetching)
    monkeypatch.setattr("xai_cam.files.cache.PATIENCE", 0)
    copy = fetched(StorePath("s3://bucket/model.keras"), cache)
    assert copy.read_bytes() == b"1" and copy.parent.parent == cache.folder
    assert not list(temporary.iterdir())


def test_it_is_cached_as_the_version_that_was_fetched(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "cache")
    model = "bucket/model.keras"
    s3.put(model, b"old")
    fetch = Store.fetch
    later = iter([b"new"])

    def fetching(*words: Any) -> Listed | None:
        for data in later:
            s3.put(model, data)
        return fetch(*words)

    monkeypatch.setattr(Store, "fetch", fetching)
    assert fetched(StorePath(f"s3://{model}"), cache).read_bytes() == b"new"
    s3.put(model, b"old")
    assert fetched(StorePath(f"s3://{model}"), cache).read_bytes() == b"old"


def test_the_files_of_a_folder_are_of_one_time(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["bucket/m/model.json", "bucket/m/weights.bin"]
    for name in names:
        s3.put(name, b"old")
    fetch = Store.fetch
    later = [True]

    def fetching(*words: Any) -> Listed | None:
        found = fetch(*words)
        if later and later.pop():
            for name in names:
                s3.put(name, b"new")
        return found

    monkeypatch.setattr(Store, "fetch", fetching)
    folder = fetched(StorePath("s3://bucket/m"), Cache(tmp_path / "cache"))
    assert tree(folder) == {"model.json": b"new", "weights.bin": b"new"}


def test_one_that_is_replaced_each_time(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("bucket/model.keras", b"0")
    versions = iter(range(1, 99))
    fetch = Store.fetch

    def fetching(*words: Any) -> Listed | None:
        s3.put("bucket/model.keras", f"{next(versions)}".encode())
        return fetch(*words)

    monkeypatch.setattr(Store, "fetch", fetching)
    with pytest.raises(OSError, match="replaced each time"):
        fetched(StorePath("s3://bucket/model.keras"), Cache(tmp_path / "cache"))


def test_a_name_that_would_leave_the_folder(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("bucket/m/model.json", b"1")
    s3.put("bucket/m/..\\..\\evil.py", b"1")
    rule = lambda folder, name: folder / place_in(PureWindowsPath("C:/"), name).name  # noqa: E731
    monkeypatch.setattr("xai_cam.files.stores.fetched.place_in", rule)
    with pytest.raises(OSError, match="cannot be that of a file"):
        fetched(StorePath("s3://bucket/m"), Cache(tmp_path / "cache"))


def test_what_is_no_object(s3: S3Server) -> None:
    s3.put("bucket/saved/photo.png", b"1")
    with pytest.raises(IsADirectoryError, match="no model's"):
        fetched(StorePath("s3://bucket/saved"))
    with pytest.raises(FileNotFoundError):
        fetched(StorePath("s3://bucket/none.keras"))


def test_nothing_stays_of_what_could_not_be_fetched(s3: S3Server, temporary: Path, tmp_path: Path) -> None:
    for name in ("saved_model.pb", "variables"):
        s3.put(f"bucket/models/m/{name}", b"1")
    s3.fail("403", "GET", "variables", times=9)
    with pytest.raises(PermissionError):
        fetched(StorePath("s3://bucket/models/m"), Cache(tmp_path / "cache"))
    assert s3.count("GET") == 2 and not list(temporary.iterdir())


def test_the_folder_of_a_model_is_fetched_whole(s3: S3Server, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        s3.put(f"bucket/models/m/{name}", name.encode())
    s3.put("bucket/models/m.txt", b"another")
    for _ in range(2):  # the cache has files side by side, and no folders
        s3.forget()
        folder = fetched(StorePath("s3://bucket/models/m"), cache)
        assert folder.name == "m" and tree(folder) == {
            name: name.encode()
            for name in (
                "saved_model.pb",
                "variables/variables.data-00000-of-00001",
                "variables/variables.index",
            )
        }
        assert s3.count("GET") == 3
    s3.put("bucket/models/m/saved_model.pb", b"changed")
    assert (fetched(StorePath("s3://bucket/models/m"), cache) / "saved_model.pb").read_bytes() == b"changed"


def test_a_copy_knows_what_it_is_of(s3: S3Server, tmp_path: Path) -> None:
    s3.put("bucket/model.keras", b"1")
    there = StorePath("s3://bucket/model.keras")
    copy = fetched(there, Cache(tmp_path / "cache"))
    assert origin_of(copy) == there and real_path(copy) == "s3://bucket/model.keras"
    assert origin_of(tmp_path) == tmp_path and origin_of(copy.parent) == copy.parent
