"""Calls as data, and numbers that only the images tell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xai_cam.models.loading.functions.calls import BATCH, Call, Constant, Open, constant, numbers_of, sides_of

X, Y = ["x", 0, 0], ["y", 0, 0]


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (2, 2),
        ([1.0, 2], [1.0, 2]),
        ([[[1.0, 2.0]]], [1.0, 2.0]),
        *[(value, None) for value in (True, "1", None, [], [[1], [2]], {"a": 1}, [1, [2]], [None])],
    ],
)
def test_numbers(value: Any, numbers: Any) -> None:
    assert numbers_of(value) == numbers


@pytest.mark.parametrize(
    ("value", "sides"),
    [
        (2, []),
        ([1, 2.5], [2]),
        ([[1], [2], [3]], [3, 1]),
        *[(value, None) for value in (True, "1", None, [], [[1], [2, 3]], [1, [2]], {"a": 1}, [[]])],
    ],
)
def test_arrays_of_numbers(value: Any, sides: Any) -> None:
    assert sides_of(value) == sides


def test_constants_keep_whole_numbers_whole() -> None:
    assert constant([1, 2]) == Constant([1, 2], "int32")
    assert constant([[1], [2.5]]) == Constant([[1], [2.5]], "float32")
    assert constant(3) == 3
    assert constant([1, "2"]) is None
    written = Constant([1], "int32").written()
    assert written == {"class_name": "__numpy__", "config": {"value": [1], "dtype": "int32"}}


def test_which_arguments_a_call_takes() -> None:
    call = Call(X, {"axis": 0, "keepdims": None, "name": "n"})
    assert call.takes("axis") and not call.takes("keepdims")
    assert call.get("keepdims", False) is False and call.get("axis", -1) == 0
    assert not Call([X, Y], {}).takes() and Call([X, Y], {}).has_only()


def test_shapes_whose_sides_the_images_tell() -> None:
    call = Call(X, {}, lambda _: SimpleNamespace(shape=(BATCH, 6, None, 3)))
    assert call.shape() == [Open(BATCH), 6, Open(None), 3]
    assert call.sides() == [None, 6, None, 3]
    assert call.picture() is None
    assert Call(X, {}, lambda _: SimpleNamespace(shape=(BATCH, 6, 8, 3))).picture() == (6, 8)
    assert Call(X, {}).shape() is None


def test_what_is_computed_of_an_open_number_is_open() -> None:
    images = Open(10)
    assert images * 2 == 2 * images == Open(20)
    assert (images + 1, 1 + images, images - 1, 11 - images) == (Open(11), Open(11), Open(9), Open(1))
    assert (images // 3, 30 // images, images / 4, 5 / images, images % 3) == (
        *(Open(3), Open(3), Open(2.5), Open(0.5), Open(1)),
    )
    assert images - images == 0
    assert Open(None) * 3 == images + Open(None) == Open(None)
