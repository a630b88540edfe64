"""Functions within functions, branches and custom gradients are gone through."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.traced import Function, affine_of, concrete_of, covers, layout_of, layouts_of
from xai_cam.models.traced.values import Values, key_of
from xai_cam.models.traced.walk import Walk


@tf.function(autograph=False)
def upper(x: Any) -> Any:
    return x[:, :3]


@tf.function(autograph=False)
def within(x: Any) -> Any:
    return upper(x)[:, 1:]


@tf.function(autograph=False)
def mirrored(x: Any) -> tuple[Any, Any]:
    return x[:, ::-1], x[:, :, ::-1]


@tf.function(autograph=False, input_signature=[tf.TensorSpec((None, 6, 4, 3))])
def of_any_number(x: Any) -> Any:
    y = tf.nn.conv2d(x[:, 1:], tf.ones((3, 3, 3, 3)), 1, "SAME")
    return tf.reshape(tf.reshape(y, (-1, 20, 3)), (-1, 5, 4, 3))


@tf.function(autograph=False, input_signature=[tf.TensorSpec((2, 3, 4, 3)), tf.TensorSpec(())])
def times(x: Any, factor: Any) -> Any:
    return x * factor


@tf.custom_gradient
def reversing(x: Any) -> Any:
    return x[:, 2:], lambda dy: tf.pad(-dy, [[0, 0], [2, 0], [0, 0], [0, 0]])


CASES: dict[str, tuple[Function, tuple[float, float, float, float]]] = {
    "a function": (upper, (0, 0, 3, 4)),
    "a function in a function": (within, (1, 0, 3, 4)),
    "the second of two outputs": (lambda x: mirrored(x)[1], (0, 4, 6, 0)),
    "a function of any number of images": (of_any_number, (1, 0, 6, 4)),
    "a gradient of one's own": (reversing, (2, 0, 6, 4)),
    "a branch that is taken": (
        lambda x: tf.cond(tf.constant(True), lambda: x[:, 1:], lambda: x[:, :-1]),
        (1, 0, 6, 4),
    ),
    "a branch by a size": (
        lambda x: tf.cond(tf.shape(x)[1] > 6, lambda: x[:, 1:], lambda: x[:, :-1]),
        (0, 0, 5, 4),
    ),
    "a branch in a branch": (
        lambda x: tf.cond(
            tf.constant(False), lambda: x, lambda: tf.cond(tf.constant(True), lambda: x[:, 3:], lambda: x)
        ),
        (3, 0, 6, 4),
    ),
}


@pytest.mark.parametrize(("function", "part"), CASES.values(), ids=CASES)
def test_what_a_function_makes_of_places(function: Function, part: tuple[float, float, float, float]):
    found = layout_of(function)
    assert covers(found) == part and not found.doubt


def test_branches_that_lead_to_the_same_place():
    """As where pixels are only scaled that are larger than 1."""

    def function(x: Any) -> Any:
        return tf.cond(tf.reduce_max(x) > 1, lambda: x[:, 1:] / 255.0, lambda: x[:, 1:])

    found = layout_of(function)
    assert covers(found) == (1, 0, 6, 4) and not found.doubt
    assert affine_of(function) is None  # of the numbers nothing is known


def test_a_branch_that_depends_on_the_images_is_a_doubt():
    def function(x: Any) -> Any:
        return tf.cond(tf.reduce_max(x) > 1, lambda: x[:, 1:], lambda: x[:, :-1])

    assert "if" in layout_of(function).doubt


def test_one_function_called_twice_is_followed_twice():
    """TensorFlow keeps one graph for both calls."""
    upper_half, lower_half = layouts_of(
        lambda x: (times(x[:, :3], tf.constant(2.0)), times(x[:, 3:], tf.constant(3.0)))
    )
    assert upper_half and lower_half
    assert covers(upper_half) == (0, 0, 3, 4) and covers(lower_half) == (3, 0, 6, 4)
    first = affine_of(lambda x: times(x[:, :3], tf.constant(2.0)))
    both = affine_of(lambda x: times(times(x[:, :3], tf.constant(2.0)), tf.constant(3.0)))
    assert first and first.scale.tolist() == [2, 2, 2]
    assert both and both.scale.tolist() == [6, 6, 6]


def test_what_is_known_and_who_called():
    concrete = concrete_of(within)
    image, values = concrete.inputs[0], Values(concrete)
    seen: list[Any] = []

    def behind(operation: Any, states: Any) -> list[str]:
        seen.append(operation)
        return [f"{states[0]}>{operation.type}"]

    walk = Walk(values, {key_of(image): "x"}, behind)
    assert walk.of(image) == "x" and walk.of(concrete.outputs[0]) is None
    walk.follow(concrete.graph)
    slices = [one for one in seen if one.type == "StridedSlice"]
    assert len(slices) == 2 and "StridedSlice>" in str(walk.of(concrete.outputs[0]))
    callers = list(walk.callers(slices[0]))
    assert callers[0] is slices[0] and callers[-1].graph is concrete.graph
    assert [one.type for one in callers[1:]] == ["PartitionedCall"] * (len(callers) - 1)
    walk.put(image, None)
    assert walk.of(image) is None
