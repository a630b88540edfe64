"""What is read is bounded and of the kinds that are wanted, or not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xai_cam.files.json_values import MAX_DEPTH, MAX_VALUES, finite, has, is_of, is_plain


def nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth - 1):
        found = [found]
    return found


@pytest.mark.parametrize(
    "found",
    [{}, [], 1, "é😀", {"a": [1, None, True, 0.5, {"b": "c"}]}, nested(MAX_DEPTH), [0] * (MAX_VALUES - 1)],
    ids=lambda found: str(found)[:20],
)
def test_plain(found: Any) -> None:
    assert is_plain(found)


@pytest.mark.parametrize(
    "found",
    [
        nested(MAX_DEPTH + 1),
        nested(900),
        {"a": {"b": nested(MAX_DEPTH)}},
        [0] * MAX_VALUES,
        [[0] * 1000] * (MAX_VALUES // 1000),
        json.loads('"a\\ud800"'),
        json.loads('{"\\udfff": 1}'),
        {"a": [{"b": "\ud800"}]},
        10**20,
        {"a": [-(2**63)]},
    ],
    ids=lambda found: ascii(found)[:20],
)
def test_not_plain(found: Any) -> None:
    assert not is_plain(found)


KINDS = {"name": (str,), "score": (float, None), "class": (int,)}
GOOD = {"name": "a", "score": 0.5, "class": 3, "more": [1]}


def test_needed_and_possible() -> None:
    assert has(GOOD, KINDS) and has({**GOOD, "score": None}, KINDS) and has({**GOOD, "score": 1}, KINDS)
    assert has(GOOD, {}, KINDS) and has({}, {}, KINDS) and not has({"class": "3"}, {}, KINDS)
    for name in KINDS:
        assert not has({key: value for key, value in GOOD.items() if key != name}, KINDS), name


@pytest.mark.parametrize("found", [None, [], "name", 1, [["name", "a"]]])
def test_only_objects_have_anything(found: Any) -> None:
    assert not has(found, KINDS) and not has(found, {})


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        *((True, (int,)), (False, (float,)), (1.0, (int,)), ("1", (int,)), (1, (str,)), (None, (str,))),
        *((float("nan"), (float,)), (float("inf"), (float, None)), ([1], (int,)), ({}, (list,))),
    ],
)
def test_of_another_kind(value: Any, kinds: tuple[type | None, ...]) -> None:
    assert not is_of(value, kinds)


def test_what_is_not_finite_becomes_null() -> None:
    found = {"a": [1.5, float("nan")], "b": {"c": float("-inf"), "d": (2, "x", None, True)}}
    assert finite(found) == {"a": [1.5, None], "b": {"c": None, "d": [2, "x", None, True]}}
