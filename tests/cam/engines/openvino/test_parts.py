"""The operations between some tensors of a traced function and others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.cam.engines.openvino.parts import between, calls, part


@pytest.fixture(scope="module")
def concrete() -> Any:
    """(x, y) -> (3x + weight)², with something beside that nothing is made of."""
    weight = tf.Variable(5.0)

    def compute(x: Any, y: Any) -> Any:
        inner = tf.identity(3 * x + weight, name="inner")
        tf.sqrt(y, name="beside")
        return inner * inner

    specs = [tf.TensorSpec((None,), tf.float32, name) for name in "xy"]
    found = tf.function(compute, specs, autograph=False).get_concrete_function()
    found.weight = weight  # a trace does not keep it
    return found


def test_what_results_need(concrete: Any) -> None:
    x, y, *_ = (tensor.name for tensor in concrete.inputs)
    names, used = between(concrete.outputs, {x, y})
    assert "inner" in names and "beside" not in names and used == [x]


def test_parts_one_after_the_other(concrete: Any) -> None:
    inner = concrete.graph.get_tensor_by_name("inner:0")
    inputs = concrete.inputs[:2]
    first = part(concrete.graph, inputs, [inner])
    rest = part(concrete.graph, [inner], concrete.outputs, ["edge"])
    x, y = tf.constant([1.0, -2.0]), tf.constant([0.0])
    (edge,) = first(x, y)
    np.testing.assert_array_equal(edge, [8, -1])
    np.testing.assert_array_equal(rest(edge)[0], [64, 1])
    assert [one.op.name for one in rest.inputs] == ["edge"]
    assert [one.op.name for one in first.inputs[:2]] == ["given_0", "given_1"]
    concrete.weight.assign(0.0)
    np.testing.assert_array_equal(first(x, y)[0], [3, -6])
    concrete.weight.assign(5.0)


def test_operations_that_call_functions() -> None:
    def branch(x: Any) -> Any:
        return tf.cond(x > 0, lambda: x, lambda: -x)

    graph = (
        tf.function(branch, [tf.TensorSpec((), tf.float32)], autograph=False).get_concrete_function().graph
    )
    kinds = {operation.type for operation in graph.get_operations() if calls(operation.node_def)}
    assert kinds and kinds <= {"If", "StatelessIf"}
