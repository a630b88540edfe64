"""Large outputs, which S3 takes in parts: there is all of one or nothing, and no part stays."""

from __future__ import annotations

import errno
from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores.store import Store, store_of

PART = 5 << 20
"""Bytes, the smallest that S3 takes; the library's own are ten times as large."""

DATA = bytes(range(256)) * (3 * PART // 256)
KEY = "bucket/maps/large.npy"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library uploads in parts of `PART` bytes what it is given in memory."""
    upload = pytest.importorskip("s3fs").S3FileSystem._pipe_file
    parameters = signature(upload).parameters
    defaults = {name: one.default for name, one in parameters.items() if one.default is not Parameter.empty}
    assert "chunksize" in defaults
    monkeypatch.setattr(upload, "__defaults__", tuple({**defaults, "chunksize": PART}.values()))


@pytest.fixture(params=["bytes", "file"])
def write(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_parts: None
) -> Callable[[], None]:
    """Writes `DATA` in three parts, from memory as outputs are or from a file as tables are."""
    monkeypatch.setattr("s3fs.core.calculate_chunksize", lambda *_, **__: PART)
    (tmp_path / "large").write_bytes(DATA)

    def do() -> None:
        store: Store = store_of("s3", "bucket")
        if request.param == "bytes":
            store.write(KEY, DATA)
        else:
            store.write_file(KEY, tmp_path / "large")

    return do


def test_it_is_written_in_parts(s3: S3Server, write: Callable[[], None]) -> None:
    write()
    assert s3.get(KEY) == DATA and s3.count("PUT", "large") == 3 and s3.count("POST", "large") == 2
    assert not s3.begun()


@pytest.mark.parametrize("kind", ["503", "gone"])
@pytest.mark.parametrize(("method", "after"), [("POST", 0), ("PUT", 0), ("PUT", 2), ("POST", 1)])
def test_what_passes_is_tried_again(
    s3: S3Server, write: Callable[[], None], kind: str, method: str, after: int
) -> None:
    s3.fail(kind, method, "large", after=after)
    write()
    assert s3.get(KEY) == DATA and not s3.begun()


@pytest.mark.parametrize(
    ("kind", "number"), [("403", errno.EACCES), ("503", errno.EIO), ("400", errno.EINVAL)]
)
@pytest.mark.parametrize(("method", "after"), [("POST", 0), ("PUT", 1), ("POST", 1)])
def test_what_stays_leaves_what_was_there_and_no_part(
    s3: S3Server, write: Callable[[], None], kind: str, number: int, method: str, after: int
) -> None:
    s3.put(KEY, b"before")
    s3.fail(kind, method, "large", times=99, after=after)
    with pytest.raises(OSError, match="the store") as caught:
        write()
    assert caught.value.errno == number
    assert s3.get(KEY) == b"before" and not s3.begun()


def test_a_new_one_replaces_nothing(s3: S3Server, small_parts: None) -> None:
    s3.put(KEY, b"theirs")
    with pytest.raises(FileExistsError):
        store_of("s3", "bucket").write(KEY, DATA, new=True)
    assert s3.get(KEY) == b"theirs" and not s3.begun()
