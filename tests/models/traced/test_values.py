"""What is known of a graph whatever the images are, and what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.traced import Function, concrete_of
from xai_cam.models.traced.values import MAX_ELEMENTS, Values, key_of

WEIGHT = tf.Variable([1.0, 2.0, 3.0])
HELD = tf.constant([5.0, 6.0, 7.0])
LARGE = tf.Variable(tf.zeros((MAX_ELEMENTS + 1,)))


def found_in(function: Function, shape: Any = (2, 6, 4, 3)) -> Any:
    concrete = concrete_of(function, shape)
    return Values(concrete).find(concrete.outputs[0])


KNOWN: dict[str, tuple[Function, Any]] = {
    "a constant": (lambda x: tf.constant([1, 2]), [1, 2]),
    "a size": (tf.shape, [2, 6, 4, 3]),
    "a number of axes": (lambda x: tf.rank(x) + 0, 4),
    "a number of numbers": (tf.size, 144),
    "half a side": (lambda x: tf.shape(x)[1] // 2, 3),
    "a size of what is computed": (lambda x: tf.shape(x[:, 1:])[1], 5),
    "a variable": (lambda x: WEIGHT + 0.0, [1, 2, 3]),
    "a variable in a sum": (lambda x: (WEIGHT - 1.0) * 2.0, [0, 2, 4]),
    "a tensor from outside": (lambda x: HELD * 1.0, [5, 6, 7]),
    "several inputs": (lambda x: tf.stack([HELD[0], HELD[2]]), [5, 7]),
    "a row": (lambda x: tf.concat([[0], tf.range(3, 5)], 0), [0, 3, 4]),
    "one of several outputs": (lambda x: tf.split(HELD, 3)[1], [6]),
    "a sum along an axis": (lambda x: tf.reduce_sum(tf.ones((2, 3)), axis=1), [3, 3]),
    "a cast": (lambda x: tf.cast(HELD, tf.int32), [5, 6, 7]),
    "zeros like": (lambda x: tf.zeros(tf.shape(x)[-1:]), [0, 0, 0]),
}


@pytest.mark.parametrize(("function", "value"), KNOWN.values(), ids=KNOWN)
def test_what_is_known(function: Function, value: Any):
    np.testing.assert_array_equal(found_in(function), value)


UNKNOWN: dict[str, Function] = {
    "the images": lambda x: x + 0.0,
    "the largest number": tf.reduce_max,
    "a mask": lambda x: HELD * tf.reduce_mean(x),
    "chance": lambda x: tf.random.uniform((3,)),
    "a large variable": lambda x: LARGE + 0.0,
    "how many are positive": lambda x: tf.shape(tf.where(x > 0))[0],
}


@pytest.mark.parametrize("function", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known(function: Function):
    assert found_in(function) is None


def test_the_end_of_a_long_model_depends_on_the_images():
    def function(x: Any) -> Any:
        for _ in range(1500):  # more than Python calls functions within functions
            x = tf.nn.relu(x)
        return tf.argmax(x, 1)

    assert found_in(function) is None


def test_a_variable_is_read_when_it_is_asked_for():
    variable = tf.Variable(1.0)
    concrete = concrete_of(lambda x: x * variable)
    variable.assign(4.0)
    read = next(one for one in concrete.graph.get_operations() if one.type == "ReadVariableOp")
    assert Values(concrete).find(read.outputs[0]) == 4


def test_whole_numbers():
    concrete = concrete_of(lambda x: (tf.shape(x)[:2] * 2, tf.reduce_max(x), tf.constant(3)))
    values = Values(concrete)
    sizes, largest, single = concrete.outputs
    assert values.ints(sizes) == [4, 12] and values.ints(largest) is None and values.ints(single) == [3]


def test_which_tensors_are_made_of_weights():
    def function(x: Any) -> Any:
        return tf.reshape(x, (-1, 3)) @ tf.reshape(WEIGHT, (3, 1)), x * HELD, x * tf.constant(2.0)

    concrete = concrete_of(function)
    values = Values(concrete)
    product, held, constant = (one.op.inputs[0].op.inputs[1] for one in concrete.outputs)
    assert values.is_weight(product)
    assert not values.is_weight(held) and not values.is_weight(constant)


def test_a_shape_that_is_only_computed():
    def function(x: Any) -> Any:
        return tf.fill(tf.stack([tf.shape(x)[1], 3]), 0.0), tf.broadcast_to(HELD, (2, 3)), tf.where(x > 0)

    concrete = concrete_of(function)
    filled, broad, where = concrete.outputs
    values = Values(concrete)
    assert values.shape(filled) == (6, 3) and values.shape(broad) == (2, 3) and values.shape(where) is None


def test_a_shape_in_the_open():
    concrete = concrete_of(lambda x: tf.ones([tf.shape(x)[0], 1]) * 2.0, (None, 6, 4, 3))
    assert Values(concrete).shape(concrete.outputs[0]) is None


def test_arguments_of_a_function():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec((2, 6, 4, 3)), tf.TensorSpec((3,))])
    def inner(x: Any, y: Any) -> Any:
        return x * (y + 1.0)

    concrete = concrete_of(lambda x: inner(inner(x, HELD), tf.constant([1.0, 1, 1])))
    calls = [one for one in concrete.graph.get_operations() if "PartitionedCall" in one.type]
    body = concrete.graph._get_function(calls[0].get_attr("f").name).graph
    values = Values(concrete)
    factor = body.outputs[0].op.inputs[0].op.inputs[1]
    assert factor.graph is body and key_of(factor) == (id(body), factor.name)
    values.within(body, list(calls[0].inputs))
    np.testing.assert_array_equal(values.find(factor), [6, 7, 8])
    values.within(body, list(calls[1].inputs))  # the same graph on other arguments
    np.testing.assert_array_equal(values.find(factor), [2, 2, 2])
    assert values.find(body.outputs[0]) is None


def test_an_operation_on_other_numbers():
    concrete = concrete_of(lambda x: x[:, 1:3, ::2])
    values = Values(concrete)
    cut = next(one for one in concrete.graph.get_operations() if one.type == "StridedSlice")
    numbers = np.arange(144).reshape(2, 6, 4, 3)
    np.testing.assert_array_equal(values.run(cut, numbers), numbers[:, 1:3, ::2])
    unknown = concrete_of(lambda x: tf.gather(x, tf.cast(x[0, 0, 0], tf.int32), axis=1))
    gather = next(one for one in unknown.graph.get_operations() if one.type == "GatherV2")
    assert Values(unknown).run(gather, numbers) is None
