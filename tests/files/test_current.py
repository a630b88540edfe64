"""Outputs that are what a request makes, and as they were written: on a disk, and in a store."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from support.s3_server import S3Server
from xai_cam.files.current import intact_provenance, is_current, lacks_bulk
from xai_cam.files.provenance import encode_picture
from xai_cam.files.stores.paths import StorePath

DATA = encode_picture(np.zeros((4, 4, 3), np.uint8), {"request": "abc", "rank": 0}, "png")
EDITED = DATA.replace(b'"rank": 0', b'"rank": 1')


def listed(name: str) -> StorePath:
    path = StorePath(f"s3://bucket/{name}")
    entry = path.look()
    path.listed = entry.listed if entry is not None else None
    return path


def test_a_file_of_a_disk(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(DATA)
    assert intact_provenance(tmp_path / "a.png", "abc") == {"request": "abc", "rank": 0}
    assert is_current(tmp_path / "a.png", "abc") and not is_current(tmp_path / "a.png", "abd")
    (tmp_path / "b.png").write_bytes(EDITED)
    assert not is_current(tmp_path / "b.png", "abc") and not is_current(tmp_path / "c.png", "abc")


def test_an_object_is_fetched_once(s3: S3Server) -> None:
    s3.put("bucket/a.png", DATA)
    path = listed("a.png")
    s3.forget()
    assert intact_provenance(path, "abc") == {"request": "abc", "rank": 0} and s3.count("GET") == 1
    assert intact_provenance(path, "abc") == {"request": "abc", "rank": 0} and s3.count("GET") == 1
    assert not is_current(path, "abd") and s3.count("GET") == 1
    s3.put("bucket/a.png", EDITED)
    assert not is_current(listed("a.png"), "abc") and s3.count("GET") == 2


def test_an_object_whose_maps_are_not_kept_is_fetched_for_them_alone(s3: S3Server) -> None:
    maps = random.Random(1).randbytes(40_000).hex()
    said = {"request": "abc", "rank": 0, "maps": maps}
    s3.put("bucket/a.png", encode_picture(np.zeros((4, 4, 3), np.uint8), said, "png"))
    path = listed("a.png")
    s3.forget()
    assert intact_provenance(path, "abc") == said and s3.count("GET") == 1
    without = intact_provenance(path, "abc", whole=False)
    assert without == {**said, "maps": None} and lacks_bulk(without) and not lacks_bulk(said)
    assert is_current(path, "abc") and not is_current(path, "abd")
    assert intact_provenance(path, "abd") is None and s3.count("GET") == 1, "another request needs no maps"
    assert intact_provenance(path, "abc") == said and s3.count("GET") == 2
    s3.put("bucket/a.png", EDITED)
    assert intact_provenance(listed("a.png"), "abc", whole=False) is None and s3.count("GET") == 3


def test_an_object_that_nobody_listed_is_fetched_each_time(s3: S3Server) -> None:
    s3.put("bucket/a.png", DATA)
    path = StorePath("s3://bucket/a.png")
    assert is_current(path, "abc") and is_current(path, "abc") and s3.count("GET") == 2
    assert not is_current(StorePath("s3://bucket/b.png"), "abc")


def test_a_store_that_does_not_answer_says_nothing(s3: S3Server) -> None:
    s3.put("bucket/a.png", DATA)
    s3.fail("503", "GET", times=4)
    with pytest.raises(OSError, match="the store failed 4 times"):
        is_current(StorePath("s3://bucket/a.png"), "abc")
    assert is_current(StorePath("s3://bucket/a.png"), "abc")
