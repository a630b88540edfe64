"""What a map is of, in words."""

from __future__ import annotations

import pytest

from xai_cam.images.target_words import describe_target


@pytest.mark.parametrize(
    ("against", "output_name", "words"),
    [
        ((), "", "cat"),
        (("lynx",), "", "cat, not lynx"),
        (("lynx", "dog"), "", "cat, not lynx or dog"),
        (("lynx", "dog", "fox"), "species", "species: cat, not lynx, dog or fox"),
        ((), "species", "species: cat"),
    ],
)
def test_the_class_its_rivals_and_its_output(against: tuple[str, ...], output_name: str, words: str) -> None:
    assert describe_target("cat", against, output_name) == words
