"""Outputs written to a store together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from support.s3_server import S3Server
from xai_cam.files.provenance import encode_array, encode_picture
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
    assert KnownObjects().ours([path]) == {path: True}


def test_nothing_is_written_behind_the_first_that_fails(s3: S3Server) -> None:
    files: dict[Path, bytes] = {StorePath(f"s3://bucket/{n}.png"): b"1" for n in range(10)}
    s3.fail("403", "PUT", "/bucket/3.png", times=9)
    assert list(upload_all(files, stop=True)) == [StorePath("s3://bucket/3.png")]
    assert [one for one in s3.asked if one.startswith("PUT")] == [f"PUT /bucket/{n}.png" for n in range(4)]


def ours(says: str) -> bytes:
    return encode_picture(np.zeros((4, 4, 3), np.uint8), {"request": says}, "png")


def test_what_came_meanwhile_is_replaced_if_it_is_ours_alone(s3: S3Server) -> None:
    free, own, others = (StorePath(f"s3://bucket/{name}.png") for name in ("free", "own", "others"))
    s3.put(own.key, ours("before"))
    s3.put(others.key, b"theirs")
    files: dict[Path, bytes] = dict.fromkeys((free, own, others), ours("now"))
    failed = upload_all(files, new={free, own, others})
    assert list(failed) == [others] and "others.png exists and was not written by" in str(failed[others])
    assert s3.get(free.key) == s3.get(own.key) == ours("now") and s3.get(others.key) == b"theirs"
    assert upload_all(files) == {} and s3.get(others.key) == ours("now"), "as with --overwrite"


def test_a_first_try_whose_answer_was_lost_is_ours(s3: S3Server) -> None:
    path = StorePath("s3://bucket/a.png")
    s3.fail("lost", "PUT", "a.png")
    assert upload_all({path: ours("now")}, new={path}) == {} and s3.get(path.key) == ours("now")
    assert s3.count("PUT") == 3, "the second finds what the first has left"


def test_what_is_written_is_known(s3: S3Server) -> None:
    path, array = StorePath("s3://bucket/a.png"), StorePath("s3://bucket/b.npy")
    upload_all({path: ours("now"), array: encode_array(np.zeros(3), {"request": "of an array"})})
    for one, request in ((path, "now"), (array, "of an array")):
        entry = one.look()
        assert entry is not None
        one.listed = entry.listed
        assert KnownObjects().provenance(one) == {"request": request}


def test_nothing_is_nothing() -> None:
    assert upload_all({}) == {}
