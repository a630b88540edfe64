"""What is in the folders of outputs is known by one listing."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.s3_server import S3Server
from xai_cam.files.stores.listings import Listings
from xai_cam.files.stores.paths import StorePath


def test_a_folder_is_listed_once_by_however_many_threads(s3: S3Server) -> None:
    for number in range(20):
        s3.put(f"bucket/maps/{number}.png", b"1")
    folder, listings = StorePath("s3://bucket/maps"), Listings()
    s3.forget()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(listings.may_have, [folder / f"{number}.png" for number in range(40)]))
    assert found == [True] * 20 + [False] * 20
    assert listings.names(folder) == sorted(f"{number}.png" for number in range(20))
    assert len(s3.asked) == 1


def test_many_folders_are_listed_together(s3: S3Server) -> None:
    top = StorePath("s3://bucket/maps")
    folders = [top / f"class {number}" / "deep" for number in range(10)]
    for folder in folders[:9]:
        s3.put(f"{folder.key}/a.png", b"1")
    listings = Listings(folders)
    s3.forget()
    assert [listings.may_have(folder / "a.png") for folder in folders] == [True] * 9 + [False]
    assert listings.names(folders[0]) == ["a.png"] and len(s3.asked) == 1
    assert listings.names(StorePath("s3://bucket/elsewhere")) == []


def test_another_process_knows_that_there_are_many_folders(s3: S3Server) -> None:
    folders = [StorePath(f"s3://bucket/maps/{number}") for number in range(10)]
    again = pickle.loads(pickle.dumps(Listings(folders)))
    assert not any(again.may_have(folder / "a.png") for folder in folders)
    assert s3.count("LIST", " maps/") == len(s3.asked) - s3.count("HEAD") and s3.count("LIST") <= 2


def test_another_process_looks_for_itself(s3: S3Server) -> None:
    folder, listings = StorePath("s3://bucket/maps"), Listings()
    assert not listings.may_have(folder / "a.png")
    s3.put("bucket/maps/a.png", b"1")
    assert not listings.may_have(folder / "a.png")
    assert pickle.loads(pickle.dumps(listings)).may_have(folder / "a.png")


def test_a_disk_is_asked_itself(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "a.png").write_bytes(b"")
    listings = Listings([tmp_path])
    assert listings.may_have(tmp_path / "c.png")
    assert listings.names(tmp_path) == ["a.png", "b.png"] and listings.names(tmp_path / "none") == []
