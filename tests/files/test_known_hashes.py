"""Hashes of large files that are remembered: of the very file that was hashed, and of no other."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from xai_cam.files import fingerprint as module
from xai_cam.files.cache import Cache
from xai_cam.files.fingerprint import fingerprint
from xai_cam.files.known_hashes import FILE, find_hash, keep_hash


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """Any size is worth it, and every change is an old one."""
    monkeypatch.setattr(module, "WORTH_IT", 1)
    monkeypatch.setattr(module, "COARSE", 0.0)
    return Cache(tmp_path / "cache")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.h5"
    path.write_bytes(b"first")
    os.utime(path, (time.time() - 500,) * 2)
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_that_did_not_change_is_read_once(
    cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fingerprint(path, cache)
    monkeypatch.setattr(module, "sha256", lambda path: pytest.fail(f"{path} is read"))
    assert fingerprint(path, cache) == first and first.sha256 == sha256(b"first") and first.holds(path)


def test_another_file_in_its_place_of_the_same_size_and_time_is_read(cache: Cache, path: Path) -> None:
    fingerprint(path, cache)
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"other")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert fingerprint(path, cache).sha256 == sha256(b"other")


def test_a_file_that_was_changed_just_now_is_read_each_time(
    cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COARSE", 3.0)
    fingerprint(path, cache)
    assert not cache.size()


def test_a_small_file_is_not_remembered(cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH_IT", 6)
    fingerprint(path, cache)
    assert not cache.size()


def test_what_is_no_hash_is_none(cache: Cache, path: Path) -> None:
    keep_hash(cache, path, [1, 2], sha256(b"first"))
    assert find_hash(cache, path, [1, 2]) == sha256(b"first")
    assert find_hash(cache, path, [1, 3]) is None
    (file,) = cache.folder.glob(f"*/{FILE}")
    for damaged in ("", "x" * 64, sha256(b"first") + "\n"):
        file.write_text(damaged, encoding="ascii")
        assert find_hash(cache, path, [1, 2]) is None
