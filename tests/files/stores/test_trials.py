"""Whether one may write, found out by what leaves nothing."""

from __future__ import annotations

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.store import store_of
from xai_cam.files.stores.trials import try_replacing, try_writing


def test_a_folder_is_tried_by_what_is_deleted(s3: S3Server) -> None:
    try_writing(store_of("s3", "bucket"), "bucket/maps")
    assert s3.asked == ["PUT /bucket/maps/.xai-cam-trial.tmp", "DELETE /bucket/maps/.xai-cam-trial.tmp"]
    s3.fail("403", "PUT")
    with pytest.raises(PermissionError):
        try_writing(store_of("s3", "bucket"), "bucket/maps")


def test_an_object_is_left_as_it_is(s3: S3Server) -> None:
    s3.put("bucket/rows.csv", b"1")
    store = store_of("s3", "bucket")
    assert not try_replacing(store, "bucket/rows.csv") and not try_replacing(store, "bucket/new.csv")
    assert s3.names() == ["rows.csv"] and s3.count("PUT", "trial") == s3.count("PUT") == 2


def test_where_rights_are_to_some_names_alone(s3: S3Server) -> None:
    s3.put("bucket/rows.csv", b"1")
    s3.fail("403", "PUT", "trial", times=9)
    store = store_of("s3", "bucket")
    assert not try_replacing(store, "bucket/rows.csv") and try_replacing(store, "bucket/new.csv")
    assert s3.get("bucket/rows.csv") == b"1" and s3.get("bucket/new.csv") == b""
    store._has_conditions = False
    with pytest.raises(PermissionError):
        try_replacing(store, "bucket/other.csv")
    assert s3.names() == ["new.csv", "rows.csv"]
