"""Whether one may write an object, asked of S3 without writing it."""

from __future__ import annotations

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.store import store_of


@pytest.mark.parametrize("key", ["bucket/rows.csv", "bucket/a b/ü?x=[1]#.csv"])
def test_nothing_is_made_and_nothing_replaced(s3: S3Server, key: str) -> None:
    s3.put("bucket/rows.csv", b"1")
    s3.forget()
    store_of("s3", "bucket").begin_upload(key)
    assert s3.names() == ["rows.csv"] and s3.get("bucket/rows.csv") == b"1" and not s3.begun()
    assert [one.partition(" ")[0] for one in s3.asked] == ["POST", "DELETE"]


def test_who_has_no_rights_is_told(s3: S3Server) -> None:
    s3.fail("403", "POST", "rows.csv")
    with pytest.raises(PermissionError, match="there are no rights to it"):
        store_of("s3", "bucket").begin_upload("bucket/rows.csv")
    assert s3.count("POST") == 1


def test_what_may_not_be_called_off_is_no_failure(s3: S3Server) -> None:
    s3.fail("403", "DELETE", times=9)
    store_of("s3", "bucket").begin_upload("bucket/rows.csv")
    assert s3.names() == [] and s3.begun() == ["rows.csv"]
