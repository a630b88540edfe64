"""What an HDF5 file holds is looked for once, as long as the file does not change."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from support.systems import posix
from xai_cam.errors import ModelError
from xai_cam.files import fingerprint
from xai_cam.files.cache import Cache
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.known_kinds import FILE, known_kind


class Looks:
    """Finds one kind, and counts how often it was asked."""

    def __init__(self, kind: Kind | None) -> None:
        self.kind, self.count = kind, 0

    def __call__(self) -> Kind:
        self.count += 1
        if self.kind is None:
            raise ModelError("It is damaged.")
        return self.kind


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fingerprint, "COARSE", 0.0)
    path = tmp_path / "model.h5"
    path.write_bytes(b"first")
    return path


def test_what_is_known_is_not_looked_for(cache: Cache, path: Path) -> None:
    first, second = Looks(Kind.LEGACY_WEIGHTS), Looks(None)
    found = [known_kind(cache, path, None, look) for look in (first, second)]
    assert found == [Kind.LEGACY_WEIGHTS] * 2
    assert (first.count, second.count) == (1, 0)


def test_another_file_and_another_group_are_looked_for(cache: Cache, path: Path) -> None:
    known_kind(cache, path, None, Looks(Kind.LEGACY_WEIGHTS))
    assert known_kind(cache, path, "generator", Looks(Kind.WHOLE_H5)) is Kind.WHOLE_H5
    path.write_bytes(b"other, longer")
    assert known_kind(cache, path, None, Looks(Kind.KERAS3_WEIGHTS)) is Kind.KERAS3_WEIGHTS
    other = path.with_name("other.h5")
    os.link(path, other)
    assert known_kind(cache, other, None, Looks(Kind.WHOLE_H5)) is Kind.WHOLE_H5


def test_another_version_looks_again(cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known_kind(cache, path, None, Looks(Kind.LEGACY_WEIGHTS))
    monkeypatch.setattr("xai_cam._version.__version__", "0.0.1")
    assert known_kind(cache, path, None, Looks(Kind.WHOLE_H5)) is Kind.WHOLE_H5
    monkeypatch.setattr("xai_cam.installation.newest", lambda: 7)  # between releases too
    assert known_kind(cache, path, None, Looks(Kind.KERAS3_WEIGHTS)) is Kind.KERAS3_WEIGHTS


def test_a_file_that_was_just_changed_is_looked_into(
    cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "COARSE", 3.0)
    looks = Looks(Kind.WHOLE_H5)
    assert known_kind(cache, path, None, looks) is known_kind(cache, path, None, looks) is Kind.WHOLE_H5
    assert looks.count == 2
    later = time.time() + 10
    monkeypatch.setattr(fingerprint.time, "time", lambda: later)
    assert known_kind(cache, path, None, looks) is known_kind(cache, path, None, looks) is Kind.WHOLE_H5
    assert looks.count == 3


def test_a_change_while_it_is_looked_into_is_not_kept(cache: Cache, path: Path) -> None:
    def look() -> Kind:
        path.write_bytes(b"changed meanwhile")
        return Kind.WHOLE_H5

    assert known_kind(cache, path, None, look) is Kind.WHOLE_H5
    assert not [*cache.folder.glob("kind-*")]
    again = Looks(Kind.LEGACY_WEIGHTS)
    assert known_kind(cache, path, None, again) is Kind.LEGACY_WEIGHTS and again.count == 1


@posix
def test_a_file_that_looks_like_the_one_before_is_looked_into(cache: Cache, path: Path) -> None:
    """Of the same size, and with its time put back: the system has another of its own."""
    stamp = os.stat(path)
    assert known_kind(cache, path, None, Looks(Kind.LEGACY_WEIGHTS)) is Kind.LEGACY_WEIGHTS
    while os.stat(path).st_ctime_ns == stamp.st_ctime_ns:  # the clock of a disk may be coarse
        path.write_bytes(b"other")
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert known_kind(cache, path, None, again := Looks(Kind.WHOLE_H5)) is Kind.WHOLE_H5 and again.count == 1


def test_an_error_is_not_kept_and_without_a_cache_nothing_is(cache: Cache, path: Path) -> None:
    with pytest.raises(ModelError, match="damaged"):
        known_kind(cache, path, None, Looks(None))
    looks = Looks(Kind.WHOLE_H5)
    assert known_kind(None, path, None, looks) is known_kind(cache, path, None, looks) is Kind.WHOLE_H5
    assert looks.count == 2


def test_what_was_changed_in_the_cache_is_as_if_it_were_not_there(cache: Cache, path: Path) -> None:
    known_kind(cache, path, None, Looks(Kind.LEGACY_WEIGHTS))
    (kept,) = cache.folder.glob(f"kind-*/{FILE}")
    kept.write_bytes(kept.read_bytes().replace(b"LEGACY_WEIGHTS", b"KERAS3_WEIGHTS"))
    assert known_kind(cache, path, None, Looks(Kind.WHOLE_H5)) is Kind.WHOLE_H5
