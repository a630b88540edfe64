"""What is known of objects: only as long as their listing tells the same of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from support.s3_server import S3Server
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.store import Listed


def listed(size: int, tag: str, name: str = "a.png") -> StorePath:
    path = StorePath("s3://bucket", name)
    path.listed = Listed(size, tag)
    return path


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_a_hash_is_known_while_the_object_is_the_same(tmp_path: Path) -> None:
    known, data = KnownObjects(tmp_path / "cache"), b"picture"
    path = listed(7, md5(data))
    assert known.sha256(path) is None
    assert known.keep_sha256(path, data) == hashlib.sha256(data).hexdigest() == known.sha256(path)
    others = listed(8, md5(data)), listed(7, md5(b"other")), listed(7, md5(data), "b.png"), listed(7, "")
    for other in others:
        assert known.sha256(other) is None
    assert known.is_ours(path) is None


def test_a_hash_is_not_kept_of_content_that_may_be_another(tmp_path: Path, s3: S3Server) -> None:
    """A tag that is no MD5 is asked for again: the object may have been replaced behind the listing."""
    known, data = KnownObjects(tmp_path / "cache"), b"picture"
    s3.put("bucket/a.png", b"another")
    path = listed(7, "0-2")
    known.keep_sha256(path, data)
    assert known.sha256(path) is None
    entry = path.look()
    assert entry is not None
    path.listed = entry.listed
    known.keep_sha256(path, b"another")
    assert known.sha256(path) == hashlib.sha256(b"another").hexdigest()
    path.listed = Listed(7, "0-2")
    assert known.sha256(path) is None


def test_what_was_written_is_known_to_be_ours(tmp_path: Path) -> None:
    known = KnownObjects(tmp_path / "cache")
    known.keep_written(StorePath("s3://bucket/a.png"), b"map")
    assert known.is_ours(listed(3, md5(b"map"))) is True
    assert known.is_ours(listed(3, md5(b"pam"))) is None
    known.keep_ours(listed(3, "t"), False)
    assert known.is_ours(listed(3, "t")) is False


def test_a_folder_that_cannot_be_used_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    known = KnownObjects(tmp_path / "file" / "cache")
    known.keep_written(StorePath("s3://bucket/a.png"), b"map")
    assert known.is_ours(listed(3, md5(b"map"))) is None
    damaged = KnownObjects(tmp_path / "cache")
    damaged.keep_written(StorePath("s3://bucket/a.png"), b"map")
    (tmp_path / "cache" / "objects.sqlite").write_bytes(b"no database" * 100)
    damaged.keep_written(StorePath("s3://bucket/a.png"), b"map")
    assert damaged.is_ours(listed(3, md5(b"map"))) is None
