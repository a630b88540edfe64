"""What a map is called."""

from __future__ import annotations

from support.maps import made


def test_the_target_has_its_name_or_says_what_its_number_is_of() -> None:
    assert made().class_name == "2" and made().target == "class 2"
    assert made(labels=("a", "b", "fat\ncat")).target == "fat cat"
    assert made(score_name="value").target == "value 2"
