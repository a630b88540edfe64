"""Bytes that are found again as they were, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.files.cache import Cache
from xai_cam.files.kept_bytes import find_bytes, keep_bytes

ASKED = ("words.bin", "words 1", 200)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    found = Cache(tmp_path / "cache")
    assert keep_bytes(found, "key", *ASKED[:2], b"one\ntwo", ASKED[2])
    return found


def test_they_are_found_as_they_were(cache: Cache) -> None:
    assert find_bytes(cache, "key", *ASKED) == b"one\ntwo"
    assert keep_bytes(cache, "key", *ASKED[:2], b"", ASKED[2]) and find_bytes(cache, "key", *ASKED) == b""


@pytest.mark.parametrize(
    "asked", [("other.bin", "words 1", 200), ("words.bin", "words 2", 200), ("words.bin", "words 1", 20)]
)
def test_another_name_kind_or_bound_finds_none(cache: Cache, asked: tuple[str, str, int]) -> None:
    assert find_bytes(cache, "key", *asked) is None and find_bytes(cache, "other", *ASKED) is None


@pytest.mark.parametrize("data", [b"", b"one\ntwo", b"\xff" * 300])
def test_changed_ones_are_none(cache: Cache, data: bytes) -> None:
    file = cache.folder / "key" / ASKED[0]
    good = file.read_bytes()
    for changed in (data, good[:-1], good + b"x", good.replace(b"two", b"twO")):
        file.write_bytes(changed)
        assert find_bytes(cache, "key", *ASKED) is None


def test_too_many_are_not_kept(cache: Cache) -> None:
    assert not keep_bytes(cache, "large", *ASKED[:2], b"x" * 200, ASKED[2])
    assert find_bytes(cache, "large", *ASKED) is None
