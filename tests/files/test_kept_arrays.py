"""Arrays in the cache: the same numbers, or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xai_cam.files import kept_arrays as module
from xai_cam.files import kept_bytes
from xai_cam.files.cache import Cache
from xai_cam.files.kept_arrays import FILE, find_arrays, keep_arrays

NUMBERS = [
    np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1],
    np.array([], np.int32),
    np.float32([np.nan]),
]


def test_they_are_found_as_they_were_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert find_arrays(cache, "a") is None
    assert keep_arrays(cache, "a", ["é", 1, None], NUMBERS)
    facts, found = find_arrays(cache, "a") or pytest.fail("nothing was kept")
    assert facts == ["é", 1, None] and [one.dtype for one in found] == [np.float32, np.int32, np.float32]
    for one, expected in zip(found, NUMBERS, strict=True):
        np.testing.assert_array_equal(one, expected)
    assert keep_arrays(cache, "a", 2, []) and find_arrays(cache, "a") == (2, [])


def test_a_damaged_file_is_as_if_there_were_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    keep_arrays(cache, "a", None, NUMBERS)
    (file,) = cache.folder.glob(f"*/{FILE}")
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:-1] + b"\x01", whole.replace(b"<f4", b"<f8"), b"x" + whole):
        file.write_bytes(damaged)
        assert find_arrays(cache, "a") is None


def test_what_its_own_head_fits_is_checked_as_well(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    keep_arrays(cache, "a", None, NUMBERS)
    (file,) = cache.folder.glob(f"*/{FILE}")
    for body in (b"", b"[1, 2, 3]\n", b'[null, [["|O", [1]]]]\n12345678', b'[null, [["<f4", [9]]]]\n1234'):
        file.write_bytes(kept_bytes._head(module.KIND, body) + b"\n" + body)
        assert find_arrays(cache, "a") is None


def test_too_much_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    cache = Cache(tmp_path / "cache")
    assert not keep_arrays(cache, "a", None, NUMBERS) and find_arrays(cache, "a") is None
