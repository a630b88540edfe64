"""Outputs written to a store together."""

from __future__ import annotations

from pathlib import Path

from support.s3_server import S3Server
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.uploads import upload_all


def test_all_are_written_but_those_that_cannot_be(s3: S3Server) -> None:
    files: dict[Path, bytes] = {StorePath(f"s3://bucket/{n}.png"): bytes([n]) for n in range(30)}
    s3.fail("403", "PUT", "/bucket/7.png", times=9)
    failed = upload_all(files)
    assert [str(path) for path in failed] == ["s3://bucket/7.png"]
    assert isinstance(next(iter(failed.values())), PermissionError)
    assert all(s3.get(f"bucket/{n}.png") == bytes([n]) for n in range(30) if n != 7)
    entry = StorePath("s3://bucket/8.png").look()
    assert entry is not None
    path = StorePath("s3://bucket/8.png")
    path.listed = entry.listed
    assert KnownObjects().is_ours(path)


def test_nothing_is_written_behind_the_first_that_fails(s3: S3Server) -> None:
    files: dict[Path, bytes] = {StorePath(f"s3://bucket/{n}.png"): b"1" for n in range(10)}
    s3.fail("403", "PUT", "/bucket/3.png", times=9)
    assert list(upload_all(files, stop=True)) == [StorePath("s3://bucket/3.png")]
    assert [one for one in s3.asked if one.startswith("PUT")] == [f"PUT /bucket/{n}.png" for n in range(4)]


def test_nothing_is_nothing() -> None:
    assert upload_all({}) == {}
