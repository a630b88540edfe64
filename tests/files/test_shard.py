"""Which shard an image belongs to: by its path alone, the same for ever and everywhere."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest

from xai_cam.errors import InputError
from xai_cam.files.shard import Shard, number_of

KNOWN = {
    "cats/a.png": (5, 2),
    "cats/b.png": (13, 1),
    "dogs/IMG 0001.JPG": (9, 3),
    "a.png": (9, 3),
    "übung/ä.png": (3, 2),
    "写真/猫.png": (12, 2),
}
"""Path -> its shard of 16 and of 3, as `python -c` gave them with hashlib alone."""


def by_hashlib(path: str, count: int) -> int:
    """The rule as the documentation has it, worked out from the digits of the hash."""
    digits = hashlib.sha256(unicodedata.normalize("NFC", path).encode()).hexdigest()
    return int(digits[:16], 16) % count + 1


@pytest.mark.parametrize("path", KNOWN)
def test_the_shard_of_a_path_never_changes(path: str) -> None:
    assert (number_of(path, 16), number_of(path, 3)) == KNOWN[path]


@pytest.mark.parametrize("count", [1, 2, 7, 16, 1000])
def test_the_rule_is_that_of_the_documentation(count: int) -> None:
    paths = [f"folder {n % 5}/{n}.png" for n in range(200)]
    assert [number_of(path, count) for path in paths] == [by_hashlib(path, count) for path in paths]


def test_the_composition_of_letters_does_not_matter() -> None:
    """A Mac stores `ä` as `a` and dots."""
    apart = unicodedata.normalize("NFD", "übung/ä.png")
    assert apart != "übung/ä.png"
    assert number_of(apart, 1000) == number_of("übung/ä.png", 1000)


def test_bytes_that_are_no_text_have_a_shard() -> None:
    """Linux has names with any bytes, and Windows with halves of characters."""
    assert 1 <= number_of("a\udcff.png", 5) <= 5
    assert 1 <= number_of("a\ud800.png", 5) <= 5


def test_every_image_is_of_one_shard_and_shards_are_of_about_one_size() -> None:
    paths = [f"{n:06}.png" for n in range(4000)]
    shards = [Shard(number, 8) for number in range(1, 9)]
    assert all(sum(shard.holds(path) for shard in shards) == 1 for path in paths)
    sizes = [sum(map(shard.holds, paths)) for shard in shards]
    assert all(400 < size < 600 for size in sizes), "500 each, give or take 4 standard deviations"


@pytest.mark.parametrize("text", ["3/16", " 3 / 16 ", "03/16"])
def test_a_shard_is_read_and_told(text: str) -> None:
    assert Shard.of(text) == Shard(3, 16)
    assert str(Shard.of(text)) == "3/16"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0/4", r"`shard='0/4'` is none: of 4 they are 1/4 to 4/4. Name one of these."),
        ("5/4", r"`shard='5/4'` is none: of 4 they are 1/4 to 4/4. Name one of these."),
        ("0/0", r"`shard='0/0'` is none: there is at least one. Write which of how many, such as 3/16."),
        ("1/1000001", r"`shard='1/1000001'` is none: there are 1,000,000 at most."),
        *((text, rf"`shard={text!r}` is none. Write which of how many") for text in ("a/b", "3", "-1/4")),
        *((text, rf"`shard={text!r}` is none. Write which of how many") for text in ("1/2/3", "", "1.5/2")),
    ],
)
def test_what_is_no_shard_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        Shard.of(text)
    assert str(error.value).startswith(says)
