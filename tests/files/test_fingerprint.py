"""A file's hash, and whether something that was read of the file can be told by it."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.files import fingerprint as module
from xai_cam.files.fingerprint import COARSE, fingerprint, hash_of
from xai_cam.files.stores.paths import StorePath

A, B = b"first", b"other"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of some minutes ago."""
    path = tmp_path / "a.bin"
    path.write_bytes(A)
    os.utime(path, (time.time() - 500,) * 2)
    return path


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change is an old one: the times alone decide."""
    monkeypatch.setattr(module, "COARSE", 0.0)


def rewrite(path: Path) -> None:
    path.write_bytes(B)


def swap(path: Path) -> None:
    other = path.with_name("b.bin")
    other.write_bytes(B)
    other.replace(path)


def swap_and_take_back(path: Path) -> None:
    """The file is the same again, with its old times; something else was read in between."""
    kept = path.with_name("kept.bin")
    shutil.copy2(path, kept)
    path.write_bytes(B)
    shutil.copy2(kept, path)


def swap_and_move_back(path: Path) -> None:
    kept = path.with_name("kept.bin")
    path.rename(kept)
    path.write_bytes(B)
    kept.replace(path)


def test_the_hash(path: Path) -> None:
    found = fingerprint(path)
    assert found.sha256 == hashlib.sha256(A).hexdigest()
    assert found.holds(path)
    time.sleep(0.01)
    assert found.holds(path), "reading changes nothing"


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", [rewrite, swap, swap_and_take_back, swap_and_move_back, os.unlink])
def test_a_change_is_noticed(path: Path, change: Callable[[Path], None]) -> None:
    found = fingerprint(path)
    time.sleep(0.02)
    change(path)
    assert not found.holds(path)


def test_a_change_within_the_same_tick_is_noticed_by_the_hash(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file that had just been written, on a disk whose clock is coarse."""
    monkeypatch.setattr(module, "_stamp", lambda _: (0, 0, 5, 0, int(time.time() // 2 * 2e9)))
    found = fingerprint(path)
    assert found.recent and found.holds(path)
    path.write_bytes(B)
    assert not found.holds(path)


def test_an_old_file_is_not_hashed_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + COARSE + 1)
    found = fingerprint(path)
    monkeypatch.setattr(module, "sha256", lambda _: pytest.fail("it was"))
    assert not found.recent and found.holds(path)


def test_a_file_that_changes_while_it_is_hashed_holds_never(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hash_slowly(path: Path) -> str:
        time.sleep(0.02)
        path.write_bytes(B)
        return "abc"

    monkeypatch.setattr(module, "sha256", hash_slowly)
    found = fingerprint(path)
    assert found.stamp is None and not found.holds(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fingerprint(tmp_path / "missing")


def test_the_hash_of_an_object_keeps_nothing_but_what_was_here(s3: S3Server, path: Path) -> None:
    s3.put("bucket/a.bin", A)
    there = StorePath("s3:", "bucket/a.bin")
    assert hash_of(there) == hash_of(path) == hashlib.sha256(A).hexdigest() and not there.is_held
    there.hold()
    s3.put("bucket/a.bin", B)
    assert hash_of(there) == hashlib.sha256(A).hexdigest() and there.is_held
    there.release()
    assert hash_of(there) == hashlib.sha256(B).hexdigest()
