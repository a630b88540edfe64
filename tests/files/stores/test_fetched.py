"""Files fetched from a store, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import tree
from support.s3_server import S3Server
from xai_cam.files.cache import Cache
from xai_cam.files.names import real_path
from xai_cam.files.stores.fetched import fetched, origin_of
from xai_cam.files.stores.paths import StorePath


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


def test_what_is_no_object(s3: S3Server) -> None:
    s3.put("bucket/saved/photo.png", b"1")
    with pytest.raises(IsADirectoryError, match="no model's"):
        fetched(StorePath("s3://bucket/saved"))
    with pytest.raises(FileNotFoundError):
        fetched(StorePath("s3://bucket/none.keras"))


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
