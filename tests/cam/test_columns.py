"""Columns by what callers say of them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.cam.columns import (
    Goal,
    codes_of,
    columns_above,
    goal_of,
    groups_in,
    resolved,
    resolved_in_graph,
    rows_of,
)
from xai_cam.cam.targets import Block
from xai_cam.errors import InputError
from xai_cam.models.output.head import Head

CLASSES = Block(0, "kind", Head(3, "softmax"), 0, 3, ((0,), (1,), (2,), (0, 2)))
VALUES = Block(1, "age", Head(2, "linear", "regression"), 4, 2, ((0,), (1,)), opposite=True)
FREE = Block(0, "", None, 0, 1, ((0,),))
BLOCKS = [CLASSES, VALUES]


def test_columns_lie_side_by_side() -> None:
    """Three classes and a group, then two values and their opposites."""
    assert list(CLASSES.columns) == [0, 1, 2, 3] and list(VALUES.columns) == [4, 5, 6, 7]


def test_what_columns_stand_for() -> None:
    assert [goal_of(BLOCKS, c) for c in range(8)] == [
        (0, Goal("kind", 0)),
        (0, Goal("kind", 1)),
        (0, Goal("kind", 2)),
        (0, Goal("kind", 0, (0, 2))),
        (1, Goal("age", 0, (), "up")),
        (1, Goal("age", 1, (), "up")),
        (1, Goal("age", 0, (), "down")),
        (1, Goal("age", 1, (), "down")),
    ]


def test_specs() -> None:
    assert codes_of([CLASSES], [2, "1", "0+2", "2+0"]) == [2, 1, 3, 3]
    assert codes_of([VALUES], ["up", "down", "1:down", "1:up", 1]) == [4, 6, 7, 5, 5]
    assert codes_of([FREE], ["predicted"]) == [0]
    assert groups_in(["predicted", "2+0", 1]) == [(0, 2)] and groups_in(np.zeros((1, 1))) == []
    with pytest.raises(InputError, match="names one class twice"):
        groups_in(["1+1"])


@pytest.mark.parametrize(
    ("blocks", "spec", "message"),
    [
        ([CLASSES], "down", "is for a regression"),
        ([CLASSES], 3, "no class 3"),
        ([CLASSES], "top4", "top4 asks for more"),
        ([VALUES], "2:down", "no class 2"),
        ([CLASSES], "cat", "Unknown class"),
    ],
)
def test_what_there_is_not(blocks: list[Block], spec: str | int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        codes_of(blocks, [spec])


def test_placeholders_are_resolved_output_by_output_in_and_outside_of_a_graph() -> None:
    """Of the group's column, the highest here, no rank is taken; values have none at all."""
    output = np.array([[0.2, 0.5, 0.3, 9, 7, 8, -7, -8], [0.6, 0.1, 0.3, 9, 1, 2, -1, -2]], np.float32)
    predicted = np.array([[1, 0], [0, 0]], np.int32)
    codes = np.tile(np.array(codes_of(BLOCKS, ["predicted", "top2"]), np.int32), (2, 1))
    expected = [[1, 1, 2, 4], [0, 0, 2, 4]]
    assert resolved(codes, output, predicted, BLOCKS).tolist() == expected
    found = resolved_in_graph(tf.constant(codes), tf.constant(output), tf.constant(predicted), BLOCKS)
    assert found.numpy().tolist() == expected


def test_classes_of_each_image() -> None:
    assert rows_of([CLASSES], np.array([[2], [0]])).tolist() == [[2], [0]]
    both = [CLASSES, Block(1, "other", Head(3, "softmax"), 4, 3, ((0,), (1,), (2,)))]
    assert rows_of(both, np.array([[2], [0]])).tolist() == [[2, 6], [0, 4]]


def test_labels_above_a_bound_highest_first() -> None:
    block = Block(0, "", Head(4, "sigmoid"), 0, 4, ((0,), (1,), (2,), (3,)))
    chances = np.array([[0.9, 0.2, 0.7, 0.6], [0.1, 0.3, 0.2, 0.1]])
    known = np.array([[0], [1]])  # of each the highest is there already
    assert columns_above([block], chances, 0.5, known).tolist() == [[2, 3], [1, 1]]
    assert columns_above([block], chances, 0.95, known).shape == (2, 0)
