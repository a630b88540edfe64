"""Whether one may write, found out by what leaves nothing."""

from __future__ import annotations

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.store import store_of
from xai_cam.files.stores.trials import try_replacing, try_writing


def test_a_folder_is_tried_by_what_is_deleted(s3: S3Server) -> None:
    try_writing(store_of("s3", "bucket"), "bucket/maps")
    place = "/bucket/maps/.xai-cam-trial.tmp"
    assert s3.asked == [f"PUT {place}", f"PUT {place}", f"DELETE {place}"]
    s3.fail("403", "PUT")
    with pytest.raises(PermissionError):
        try_writing(store_of("s3", "bucket"), "bucket/maps")


def test_an_object_is_left_as_it_is(s3: S3Server) -> None:
    s3.put("bucket/rows.csv", b"1")
    store = store_of("s3", "bucket")
    for key in ("bucket/rows.csv", "bucket/new.csv"):
        try_replacing(store, key)
    assert s3.names() == ["rows.csv"] and s3.count("PUT", "trial") == s3.count("PUT") == 3


@pytest.mark.parametrize("ignores_conditions", [False, True])
def test_where_rights_are_to_some_names_alone(s3: S3Server, ignores_conditions: bool) -> None:
    s3.ignores_conditions = ignores_conditions
    s3.put("bucket/rows.csv", b"1")
    s3.fail("403", "PUT", "trial", times=9)
    s3.fail("403", "POST", "others.csv")
    store = store_of("s3", "bucket")
    for key in ("bucket/rows.csv", "bucket/new.csv"):
        try_replacing(store, key)
    with pytest.raises(PermissionError):
        try_replacing(store, "bucket/others.csv")
    assert s3.names() == ["rows.csv"] and s3.get("bucket/rows.csv") == b"1" and not s3.begun()


def test_other_stores_are_asked_by_their_folder_alone() -> None:
    class Refusing:
        scheme = "gs"

        def write_trial(self, key: str) -> None:
            raise PermissionError(key)

    with pytest.raises(PermissionError, match=r"bucket/maps/\.xai-cam-trial\.tmp"):
        try_replacing(Refusing(), "bucket/maps/rows.csv")  # type: ignore[arg-type]
