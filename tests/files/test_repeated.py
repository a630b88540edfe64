"""Tests of keys that come more than once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pytest

from xai_cam.files.repeated import repeated


@pytest.mark.parametrize("seed", range(5))
def test_the_keys_that_a_loop_finds(seed: int) -> None:
    keys = [f"{number}" for number in np.random.default_rng(seed).integers(0, 300, 200)]
    expected = {key for place, key in enumerate(keys) if key in keys[:place]}
    assert expected, "else this would test nothing"
    assert repeated(lambda: iter(keys)) == expected


def test_none_comes_twice() -> None:
    assert repeated(lambda: iter([])) == repeated(lambda: iter(["a", ("a",), "b"])) == set()


class _SameHash:
    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: Any) -> bool:
        return self.name == other.name


def test_an_equal_hash_is_no_equal_key() -> None:
    keys: list[Hashable] = [_SameHash("a"), _SameHash("b")]
    assert repeated(lambda: keys) == set()
    assert repeated(lambda: [*keys, _SameHash("b")]) == {keys[1]}
