"""Files fetched from a store, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.files.cache import Cache
from xai_cam.files.stores.fetched import fetched
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
    s3.put("bucket/saved/model.pb", b"1")
    with pytest.raises(IsADirectoryError):
        fetched(StorePath("s3://bucket/saved"))
    with pytest.raises(FileNotFoundError):
        fetched(StorePath("s3://bucket/none.keras"))
