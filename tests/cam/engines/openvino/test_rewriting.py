"""Traced functions of which some operations are said otherwise, and only what results need is left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.gradient_graphs import kinds_in
from xai_cam.cam.engines.openvino.rewriting import names_of, own_inputs, rewritten

RULES = {"Sqrt": lambda _, x: x**0.5}


def traced(function: Any, *names: str) -> Any:
    specs = [tf.TensorSpec((None,), tf.float32, name) for name in names]
    return tf.function(function, specs, autograph=False).get_concrete_function()


def test_by_rules_and_as_they_are() -> None:
    weight = tf.Variable([2.0])

    def compute(images: Any, beside: Any) -> tuple[Any, ...]:
        tf.exp(images)
        return tf.sqrt(images) * weight, tf.sqrt(images), beside

    found = rewritten(traced(compute, "images", "beside"), RULES)
    assert names_of(own_inputs(found)) == ["images", "beside"]
    assert not {"Sqrt", "Exp"} & kinds_in(found)
    for value in (2.0, 3.0):
        weight.assign([value])
        first, second, third = found(tf.constant([4.0, 9.0]), tf.constant([7.0]))
        np.testing.assert_allclose(first, [2 * value, 3 * value])
        np.testing.assert_allclose(second, [2, 3])
        np.testing.assert_array_equal(third, [7])


def test_without_such_operations_it_is_pruned_alone() -> None:
    def compute(images: Any, unused: Any) -> Any:
        tf.exp(unused)
        return images + 1

    found = rewritten(traced(compute, "images", "unused"), RULES)
    assert "Exp" not in kinds_in(found) and names_of(own_inputs(found)) == ["images", "unused"]
    np.testing.assert_array_equal(found(tf.constant([1.0]), tf.constant([0.0]))[0], [2])


def test_what_calls_functions_stays_as_it_is() -> None:
    """Branches, loops, and what is compiled by itself."""
    branching = traced(lambda x: tf.sqrt(tf.cond(x[0] > 0, lambda: x, lambda: -x)), "x")
    assert rewritten(branching, RULES) is branching


def test_what_is_refused() -> None:
    weight = tf.Variable(1.0)

    def counting(x: Any) -> Any:
        with tf.control_dependencies([weight.assign_add(1.0)]):
            return x * weight.read_value() + tf.cast(weight.assign_sub(1.0), tf.float32)

    def failing(*_: Any) -> Any:
        raise ValueError("no such side")

    for function, rules, says in (
        (counting, RULES, "its own variables"),
        (tf.sqrt, {"Sqrt": failing}, "no such side"),
    ):
        with pytest.raises(RuntimeError, match=says):
            rewritten(traced(function, "x"), rules)
