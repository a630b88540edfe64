"""What gradients ask of shapes, answered while a function is traced that leaves the number of images open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.gradient_graphs import assert_ruled, at_kinks, traced
from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.shapes import (
    concatenation_offsets,
    known_value,
    repeated_axes,
    sides_of,
    static_sides,
)
from xai_cam.cam.engines.openvino.rules.table import RULES


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([None, 4, 4, 3], [3], ([], [0, 1, 2])),
        ([None, 4, 4, 3], [None, 1, 1, 3], ([], [1, 2])),
        ([1, 5], [None, 5], ([0], [])),
        ([2, 1], [None, 2, 6], ([0, 2], [])),
        ([None, 3], [None, 3], ([], [])),
        ([], [None, 1], ([0], [])),
    ],
)
def test_repeated_axes(first: list[Any], second: list[Any], expected: Any) -> None:
    assert repeated_axes(first, second) == expected


def test_repeated_axes_by_numpy() -> None:
    """An axis is repeated for one if its side differs from that of both together."""
    for first in np.ndindex(2, 2, 2):
        for second in np.ndindex(2, 2):
            one, other = [1 + 2 * i for i in first], [1 + 2 * i for i in second]
            both = np.broadcast_shapes(tuple(one), tuple(other))
            for sides, axes in zip((one, [1, *other]), repeated_axes(one, other), strict=True):
                assert axes == [i for i in range(3) if sides[i] != both[i]]


def test_what_depends_on_an_open_side_is_not_guessed() -> None:
    with pytest.raises(RuntimeError, match="None and 3"):
        repeated_axes([None], [3])


def test_sides_that_tensors_say() -> None:
    found: list[Any] = []

    def read(x: Any, shape: Any) -> Any:
        sides = tf.shape(x)
        found.append(sides_of(sides))
        found.append(sides_of(tf.stack([sides[0], 1, sides[2]])))
        found.append(sides_of(tf.concat([sides[1:], [7]], 0)))
        found.append(sides_of(tf.constant([2, 3], tf.int64)))
        found.append(static_sides(x))
        for asked, of in ((sides_of, shape), (known_value, sides), (static_sides, tf.zeros(shape[:3]))):
            with pytest.raises(RuntimeError):
                asked(of)
        return x

    specs = [tf.TensorSpec((None, 4, 5), tf.float32), tf.TensorSpec((None,), tf.int32)]
    tf.function(read, specs, autograph=False).get_concrete_function()
    assert found == [[None, 4, 5], [None, 1, 5], [4, 5, 7], [2, 3], [4, 5]]


def test_concatenations() -> None:
    x = at_kinks(2, 3, 4, 2)
    assert_ruled("ConcatOffset", lambda x: tf.concat([x, 2 * x[:, :1], x * x], 1), x)
    assert_ruled("ShapeN", lambda x: tf.concat([x, 2 * x, x * x], -1), x)


def test_sums() -> None:
    """Over no axis they are gone; of products of matrices the gradients have such sums."""
    x, other = at_kinks(2, 3, 4), tf.constant(at_kinks(4, 5))
    assert_ruled("Sum", lambda x: tf.matmul(x, other), x)
    found = rewritten(traced([lambda x: tf.reduce_sum(x * x, 1, keepdims=True)], x), RULES)
    np.testing.assert_allclose(found(tf.constant(x))[0], 2 * x * np.cos(np.arange(4.0)), rtol=1e-6)


def test_broadcasts() -> None:
    x = at_kinks(3, 4, 4, 2)
    assert_ruled("BroadcastGradientArgs", lambda x: x * tf.reduce_mean(x, (1, 2), keepdims=True), x)


def test_concatenations_of_open_lengths_are_left() -> None:
    class Asked:
        outputs = (tf.constant([0]),)

    def join(x: Any, y: Any) -> Any:
        with pytest.raises(RuntimeError, match="unknown lengths"):
            concatenation_offsets(Asked, tf.constant(1), tf.shape(x), tf.shape(y))
        first, second = concatenation_offsets(Asked, tf.constant(0), tf.shape(y), tf.shape(x))
        assert [*map(known_value, (first, second))]
        return x

    specs = [tf.TensorSpec((None, None), tf.float32), tf.TensorSpec((3, 2), tf.float32)]
    tf.function(join, specs, autograph=False).get_concrete_function()
