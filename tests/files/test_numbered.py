"""Tests of numbers by very many names."""

from __future__ import annotations

import pytest

from support.held import exceeding
from xai_cam.files.numbered import BYTES, Numbered, _digest


def test_each_name_has_its_number_and_others_have_none() -> None:
    names = [f"photos/{number}.png" for number in range(2000)]
    numbered = Numbered((name, 7 * number - 3) for number, name in enumerate(names))
    assert [numbered[name] for name in names] == [7 * number - 3 for number in range(2000)]
    assert len(numbered) == 2000 and all(name in numbered for name in names)
    others = [f"photos/{number}.PNG" for number in range(2000)]
    assert not any(name in numbered for name in others) and numbered.get("") is None
    with pytest.raises(KeyError, match="gone"):
        numbered["gone"]


def test_none_are_named() -> None:
    assert len(Numbered()) == 0 and "a.png" not in Numbered() and Numbered([("", 0)])[""] == 0


def test_a_name_that_comes_twice_has_its_last_number() -> None:
    assert Numbered([("a", 1), ("b", 2), ("a", 3)])["a"] == 3


def test_digests_that_end_with_zeros_are_told_apart() -> None:
    """Texts of NumPy end before such: a digest is as long as all others all the same."""
    names = [f"{number}" for number in range(3000)]
    ending = [name for name in names if _digest(name).endswith(b"\0")]
    assert ending and all(len(_digest(name)) == BYTES for name in ending)
    numbered = Numbered((name, place) for place, name in enumerate(names))
    assert [numbered[name] for name in ending] == [names.index(name) for name in ending]


def test_a_name_that_is_no_text_counts() -> None:
    assert Numbered([("half\udcff", 4)])["half\udcff"] == 4


def test_a_name_takes_little_memory() -> None:
    count = 20_000

    def build() -> Numbered:
        return Numbered((f"/data/photos/class_{i % 50:03}/img_{i:08}.jpg", i) for i in range(count))

    assert len(build()) == count and not exceeding(build, held=30 * count, peak=120 * count)
