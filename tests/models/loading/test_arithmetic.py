"""Calls as data, and which of them are scalings."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.models.loading.arithmetic import DIFFERENCE, POWER, QUOTIENT, SUM, Call, numbers_of

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
def test_numbers(value: Any, numbers: Any):
    assert numbers_of(value) == numbers


def test_which_arguments_a_call_takes():
    call = Call(X, {"axis": 0, "keepdims": None, "name": "n"})
    assert call.takes("axis") and not call.takes("keepdims")
    assert call.get("keepdims", False) is False and call.get("axis", -1) == 0
    assert not Call([X, Y], {}).takes() and Call([X, Y], {}).has_only()


@pytest.mark.parametrize(
    ("translate", "call", "class_name", "config", "inputs"),
    [
        (SUM, Call(X, {"y": 2}), "Rescaling", {"scale": 1.0, "offset": 2}, [X]),
        (DIFFERENCE, Call(X, {"y": [1, 2]}), "Rescaling", {"scale": 1.0, "offset": [-1, -2]}, [X]),
        (DIFFERENCE, Call(1.0, {"y": Y}), "Rescaling", {"scale": -1.0, "offset": 1.0}, [Y]),
        (DIFFERENCE, Call(X, {"y": Y}), "Subtract", {}, [X, Y]),
        (QUOTIENT, Call(X, {"y": 4}), "Rescaling", {"scale": 0.25, "offset": 0.0}, [X]),
        (QUOTIENT, Call(4, {"y": Y}), "TrueDivide", {}, [4, Y]),
        (POWER, Call(X, {"y": 2}), "Power", {}, [X, 2]),
    ],
)
def test_arithmetic(translate: Any, call: Call, class_name: str, config: Any, inputs: Any):
    made = translate(call)
    assert (made.class_name, made.config, made.inputs) == (class_name, config, inputs)
