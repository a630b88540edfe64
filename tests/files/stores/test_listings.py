"""What is in the folders of outputs is known by one listing."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from support.s3_server import S3Server
from xai_cam.errors import OutputError
from xai_cam.files.disk_room import is_refused
from xai_cam.files.stores.entries import Entry
from xai_cam.files.stores.listings import Listings
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Store


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


def test_folders_that_share_no_folder_are_listed_one_by_one_and_not_the_bucket(s3: S3Server) -> None:
    for number in range(1500):
        s3.put(f"bucket/elsewhere/{number}.png", b"1")
    apart = [StorePath(f"s3://bucket/{number}") for number in range(6)]
    together = [StorePath(f"s3://bucket/maps/{number}") for number in range(6)]
    for folder in (*apart, *together):
        s3.put(f"{folder.key}/a.png", b"1")
    listings = Listings([*apart, *together])
    s3.forget()
    assert all(listings.may_have(folder / "a.png") for folder in (*apart, *together))
    lists = sorted(one for one in s3.asked if one.startswith("LIST"))
    assert lists == [*(f"LIST /bucket {number}/" for number in range(6)), "LIST /bucket maps/"]


def test_nothing_is_kept_of_folders_that_nobody_asks_about(s3: S3Server) -> None:
    folders = [StorePath(f"s3://bucket/maps/{number}") for number in range(6)]
    for place in ("maps/0/a.png", "maps/0/deep/b.png", "maps/other/c.png", "maps/d.png"):
        s3.put(f"bucket/{place}", b"1")
    listings = Listings(folders)
    assert listings.names(folders[0]) == ["a.png"]
    assert sorted(map(str, listings._objects)) == sorted(map(str, folders))
    assert listings.names(StorePath("s3://bucket/maps")) == ["d.png"], "asked about all the same"
    assert listings.names(StorePath("s3://bucket/maps/0/deep")) == ["b.png"]


def test_a_folder_among_those_that_are_listed_together(s3: S3Server) -> None:
    top = StorePath("s3://bucket/maps")
    folders = [top, *(top / str(number) for number in range(5))]
    for folder in folders:
        s3.put(f"{folder.key}/a.png", b"1")
    s3.forget()
    listings = Listings(folders)
    assert all(listings.names(folder) == ["a.png"] for folder in folders) and len(s3.asked) == 1


def test_two_folders_are_listed_at_a_time(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread waits for the listing of a folder that it does not ask about."""
    both, plain = Barrier(2, timeout=120), Store.entries

    def entries(store: Store, key: str, deep: bool = False) -> list[Entry]:
        both.wait()
        return plain(store, key, deep)

    monkeypatch.setattr(Store, "entries", entries)
    listings, folders = Listings(), [StorePath("s3://bucket/a"), StorePath("s3://bucket/b")]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(listings.names, folders)) == [[], []]


def test_what_a_listing_told_comes_with_the_path(s3: S3Server, tmp_path: Path) -> None:
    s3.put("bucket/maps/a.png", b"123")
    folder, listings = StorePath("s3://bucket/maps"), Listings()
    told, missing = listings.told(folder / "a.png"), listings.told(folder / "b.png")
    assert isinstance(told, StorePath) and told.listed is not None and told.listed.size == 3
    assert isinstance(missing, StorePath) and missing.listed is None
    assert listings.told(tmp_path) is tmp_path


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


@pytest.mark.parametrize("count", [1, 6])
def test_outputs_that_one_may_not_list_are_refused_as_outputs(s3: S3Server, count: int) -> None:
    """So that a run ends that could write none of them."""
    s3.fail("403", "LIST", times=9)
    folders = [StorePath(f"s3://bucket/maps/{number}") for number in range(count)]
    place = folders[0] if count == 1 else folders[0].parent
    with pytest.raises(
        OutputError, match=f"Cannot list {place}, to find what outputs are there: the"
    ) as caught:
        Listings(folders).may_have(folders[0] / "a.png")
    assert is_refused(caught.value)
    with pytest.raises(PermissionError):
        Listings().names(folders[0])
