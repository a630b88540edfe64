"""New objects replace none: by conditions, or, where a store does not keep to them, by a look before."""

from __future__ import annotations

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.store import Store, store_of


def test_a_new_object_replaces_none(s3: S3Server) -> None:
    store = store_of("s3", "bucket")
    store.write_trial("bucket/trial")
    s3.forget()
    store.write("bucket/maps/a.png", b"1", new=True)
    assert s3.get("bucket/maps/a.png") == b"1" and s3.asked == ["PUT /bucket/maps/a.png"]
    s3.put("bucket/maps/a.png", b"theirs")
    with pytest.raises(FileExistsError, match="there is an object of that name"):
        store.write("bucket/maps/a.png", b"1", new=True)
    assert s3.get("bucket/maps/a.png") == b"theirs" and s3.count("PUT") == 2
    of_memory = store_of("memory", "")
    of_memory.write("/new/a.png", b"1", new=True)
    with pytest.raises(FileExistsError):
        of_memory.write("/new/a.png", b"2", new=True)
    assert of_memory.read("/new/a.png") == b"1"


@pytest.mark.parametrize(("lacks", "puts"), [("501", 2), ("400", 4), ("library", 1)])
def test_where_there_are_no_conditions_a_new_object_is_looked_for(
    s3: S3Server, lacks: str, puts: int
) -> None:
    store = store_of("s3", "bucket")
    store._is_kept_to = True
    if lacks == "library":
        store._has_conditions = False
    else:
        s3.fail(lacks, "PUT", times=3 if lacks == "400" else 1)
    s3.put("bucket/a.png", b"theirs")
    for _ in range(2):
        with pytest.raises(FileExistsError):
            store.write("bucket/a.png", b"1", new=True)
    store.write("bucket/b.png", b"1", new=True)
    assert s3.get("bucket/a.png") == b"theirs" and s3.get("bucket/b.png") == b"1"
    assert s3.count("PUT") == puts, "what a store says it does not know is asked once, a mistake each time"


def test_a_trial_tells_whether_a_store_replaces_nothing_if_told_so(s3: S3Server) -> None:
    """Two requests of an empty object, and none more for each that is new."""
    store = store_of("s3", "bucket")
    store.write_trial("bucket/trial")
    assert s3.asked == ["PUT /bucket/trial"] * 2
    store.remove("bucket/trial")
    s3.forget()
    for number in range(3):
        store.write(f"bucket/{number}.png", b"1", new=True)
    store.write_trial("bucket/trial")
    assert s3.asked == [*(f"PUT /bucket/{number}.png" for number in range(3)), "PUT /bucket/trial"]


def test_a_trial_that_another_run_left_or_deletes(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("bucket/trial", b"")
    store, pipe = store_of("s3", "bucket"), type(store_of("s3", "bucket")._files).pipe_file
    store.write_trial("bucket/trial")
    assert s3.asked == ["PUT /bucket/trial"] and store._is_kept_to
    other, places = Store("s3", "bucket"), []

    def deleted(place: str, data: bytes, **how: object) -> None:
        if len(places) < 2:
            store.remove("bucket/trial")
        places.append(place)
        pipe(other._files, place, data, **how)

    monkeypatch.setattr(other._files, "pipe_file", deleted, raising=False)
    other.write_trial("bucket/trial")
    assert len(places) == 3 and other._is_kept_to


def test_where_conditions_are_ignored_a_new_object_is_looked_for(s3: S3Server) -> None:
    """As by old servers: they say nothing of it, and replace what is there."""
    s3.ignores_conditions = True
    s3.put("bucket/a.png", b"theirs")
    store = store_of("s3", "bucket")
    with pytest.raises(FileExistsError):  # before anything is known of the server
        store.write("bucket/a.png", b"1", new=True)
    store.write_trial("bucket/trial")
    assert s3.count("PUT") == 3
    with pytest.raises(FileExistsError, match="there is an object of that name"):
        store.write("bucket/a.png", b"1", new=True)
    s3.forget()
    store.write("bucket/b.png", b"1", new=True)
    assert s3.asked == ["HEAD /bucket/b.png", "LIST /bucket b.png/", "PUT /bucket/b.png"]
    assert s3.get("bucket/a.png") == b"theirs" and s3.get("bucket/b.png") == b"1"
    s3.forget()
    store.write_trial("bucket/other")
    assert s3.asked == ["PUT /bucket/other"], "what it does is known"


def test_what_was_left_by_a_trial_is_written_over_where_there_are_no_conditions(s3: S3Server) -> None:
    """Else nobody would know whether one may write."""
    s3.put("bucket/trial", b"")
    s3.ignores_conditions = True
    store = store_of("s3", "bucket")
    store.write_trial("bucket/trial")
    s3.fail("403", "PUT")
    with pytest.raises(PermissionError):
        store.write_trial("bucket/trial")
