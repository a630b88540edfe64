"""What stands for a target in names of files and in cells: safe, and different for different targets."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.runs.target_part import class_cell, class_name_of, file_part, target_identity, words_of

LABELS = ("cat", "lynx", "dog", "cat+dog", "a+b", "a", "b")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"class": 0}, "cat"),
        ({"class": 0, "members": [0, 1]}, "cat+lynx"),
        ({"class": 0, "members": [0, 2]}, "cat+dog-0+2"),  # a class is called so, too
        ({"class": 2, "members": [2, 4]}, "dog+a+b-2+4"),  # what of dog+a+b is a name cannot be told
        ({"class": 2, "members": [2, 5, 6]}, "dog+a+b"),
        ({"class": 0, "direction": "up"}, "cat"),
        ({"class": 0, "direction": "down"}, "cat-down"),
        ({"class": 9}, "9"),
    ],
)
def test_a_class_in_a_file_name(told: dict[str, Any], expected: str) -> None:
    assert file_part(told, LABELS, True, False) == expected


def test_without_labels_numbers_stand_there() -> None:
    assert file_part({"class": 1, "members": [1, 2]}, None, True, False) == "1+2"


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("kind", ["amount"], "kind_cat"),
        ("outer/kind", ["amount"], "outer.kind_cat"),
        ("a", ["a_b"], "a-0_cat"),  # else `a` of `b_cat` and `a_b` of `cat` were one
        ("a/b", ["a.b"], "a.b-0_cat"),
        ("Kind", ["kind"], "Kind-0_cat"),
    ],
)
def test_an_output_in_a_file_name(name: str, others: list[str], expected: str) -> None:
    told = {"class": 0, "output_name": name, "outputs": [name, *others]}
    assert file_part(told, LABELS, True, True) == expected
    assert file_part(told, LABELS, False, True) == expected.removesuffix("_cat")


def test_cells() -> None:
    assert (class_cell(3), class_cell(3, [3, 5])) == (3, "3+5")
    assert class_name_of(0, [0, 1], LABELS) == "cat+lynx" and class_name_of(0, [], LABELS) == "cat"


def test_words() -> None:
    assert words_of("cat", "logit", ["lynx", "dog"], "kind") == "kind: cat, not lynx or dog"
    assert words_of("age", "value", direction="down") == "age down"
    assert words_of("", "similarity", output_name="kind") == "kind: likeness to the reference"


def test_what_is_as_usual_identifies_nothing() -> None:
    assert target_identity((), "predicted", None, None) == {}
    assert target_identity(("a",), "all", "m", "l") == {
        **{"against": ["a"], "region": "all"},
        **{"mask": "m", "like": "l"},
    }
