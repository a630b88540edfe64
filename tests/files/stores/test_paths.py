"""Paths in stores: their names as of any path, their content by requests, and never a file of this disk."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest

from support.full_disk import fill
from support.s3_server import S3Server
from xai_cam.errors import InputError, OutputError
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.local_files import NotTakenError
from xai_cam.files.stores.paths import StorePath, as_path, at_hand


def stored(url: str) -> StorePath:
    path = as_path(url)
    assert isinstance(path, StorePath)
    return path


def test_names_are_as_of_any_path() -> None:
    path = stored("s3://bucket/photos/cats/a.tar.png")
    assert (path.name, path.stem, path.suffix) == ("a.tar.png", "a.tar", ".png")
    assert str(path.parent / "b.png") == "s3://bucket/photos/cats/b.png"
    assert str(path.with_name("c.png")) == "s3://bucket/photos/cats/c.png"
    assert path.key == "bucket/photos/cats/a.tar.png" and str(path.bucket) == "s3://bucket"
    assert Path(*path.relative_to(stored("s3://bucket/photos")).parts) == Path("cats/a.tar.png")
    assert (
        isinstance(path.parent, StorePath)
        and path == stored(str(path))
        and hash(path) == hash(stored(str(path)))
    )
    assert path != stored("s3://bucket/photos/cats/A.tar.png")
    assert path.absolute() is path and path.resolve() is path and path.is_absolute()


def test_a_path_of_a_disk_stays_one(tmp_path: Path) -> None:
    assert as_path("photos/a.png") == Path("photos/a.png") and not isinstance(as_path("a"), StorePath)
    assert as_path(tmp_path.as_uri()) == tmp_path


def test_the_system_is_never_asked_about_one() -> None:
    for ask in (os.stat, os.path.realpath, os.listdir, Path.touch):
        with pytest.raises(InputError, match=r"s3://bucket/a\.png is in a store"):
            ask(stored("s3://bucket/a.png"))  # type: ignore[operator]


def test_it_goes_to_another_process_with_what_a_listing_told_and_without_content(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"123")
    path = stored("s3://bucket/a.png")
    path.listed = Listed(3, "tag")
    path.hold()
    again = pickle.loads(pickle.dumps(path))
    assert again == path and again.listed == path.listed and not again.is_held
    path.release()
    for odd in (path.parent / "a?versionId=1.png", path.parent / "a::b.png", path.relative_to(path.parent)):
        assert pickle.loads(pickle.dumps(odd)) == odd, "a listing tells names that nobody could type"


def test_content_costs_one_request_while_it_is_at_hand(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"0123456789")
    path = stored("s3://bucket/a.png")
    s3.forget()
    with at_hand(path):
        assert path.read_bytes() == b"0123456789" and path.read_head(3) == b"012"
        assert path.stat().st_size == 10 and path.exists() and path.is_file() and not path.is_dir()
        copy = path.hold()
        with path.open_content() as file:
            assert file.read() == b"0123456789"
    assert s3.asked == ["GET /bucket/a.png"]
    assert not copy.exists() and not path.is_held


def test_a_large_one_is_held_without_being_read_into_memory(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("bucket/rows.csv", b"image\na.png\n")
    path = stored("s3://bucket/rows.csv")
    monkeypatch.setattr(StorePath, "read_bytes", lambda _: pytest.fail("it was read as a whole"))
    copy = path.hold(large=True)
    assert copy.read_bytes() == b"image\na.png\n" and path.is_held
    path.release()
    assert not copy.exists()
    with pytest.raises(FileNotFoundError):
        stored("s3://bucket/none.csv").hold(large=True)


def test_a_folder_for_temporary_files_that_takes_nothing_is_named(
    s3: S3Server, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("bucket/a.png", b"1" * 100_000)
    path = stored("s3://bucket/a.png")
    with monkeypatch.context() as patch:
        fill(temporary, patch)
        with pytest.raises(
            OutputError, match=f"Cannot write to {temporary}, .*: No space left on device"
        ) as e:
            path.hold()
    assert isinstance(e.value, NotTakenError) and e.value.folder == temporary
    assert not path.is_held and not list(temporary.iterdir()) and s3.count("GET") == 1
    assert path.hold().read_bytes() == b"1" * 100_000


def test_a_temporary_file_goes_with_its_path(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"1")
    path = stored("s3://bucket/a.png")
    copy = path.hold()
    del path
    assert not copy.exists()


def test_what_is_there(s3: S3Server) -> None:
    s3.put("bucket/photos/a.png", b"12")
    assert stored("s3://bucket/photos").is_dir() and not stored("s3://bucket/photos").is_file()
    assert stored("s3://bucket/photos/a.png").stat().st_size == 2
    assert not stored("s3://bucket/photos/b.png").exists()
    with pytest.raises(FileNotFoundError):
        stored("s3://bucket/photos/b.png").stat()
    with pytest.raises(FileNotFoundError, match="no such bucket"):
        stored("s3://other").check()
    stored("s3://bucket").check()


def test_a_bucket_that_may_not_be_asked_about(s3: S3Server) -> None:
    """Who is known may write to it all the same; who is not may do nothing."""
    s3.fail("403", "HEAD", times=9)
    stored("s3://bucket").check()
    s3.fail("403 for its key", "GET")
    with pytest.raises(PermissionError, match="does not take the credentials"):
        stored("s3://bucket").check()


def test_content_is_read_as_bytes_alone(s3: S3Server) -> None:
    s3.put("bucket/a.txt", b"1")
    with stored("s3://bucket/a.txt").open("rb") as file:
        assert file.read() == b"1"
    with pytest.raises(InputError):
        stored("s3://bucket/a.txt").open("w", encoding="utf-8")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_is_written_to_the_web(scheme: str) -> None:
    path = as_path(f"{scheme}://host/maps")
    assert isinstance(path, StorePath)
    for ask in (path.bucket.check, lambda: path.store.write(path.key, b"1")):
        with pytest.raises(OSError, match="nothing is written to the web") as caught:
            ask()
        assert caught.value.errno == errno.EROFS
