"""Values that a traced function reads from outside: hashed once while they stay, again when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from support.by_openvino import by_tensorflow, gradients, made
from support.by_openvino import same_gradients as same
from support.small_models import build_tiny
from xai_cam.cam.engines.openvino import captured as weights
from xai_cam.cam.engines.openvino.captured import Weights, hash_weights

pytest.importorskip("openvino")


def test_weights_are_hashed_once_while_they_stay(monkeypatch: Any) -> None:
    import tensorflow as tf

    counted: list[Any] = []
    real = weights.hash_weights
    monkeypatch.setattr(weights, "hash_weights", lambda concrete: counted.append(concrete) or real(concrete))
    model = build_tiny()
    function = tf.function(model.__call__, [tf.TensorSpec((1, 16, 16, 3))], autograph=False)
    watched = Weights(function.get_concrete_function())
    first = watched.hash
    assert [watched.hash for _ in range(3)] == [first] * 3 and len(counted) == 1
    bias = model.get_layer("conv_2").bias
    own = bias.numpy()
    changes: list[Callable[[], object]] = [
        lambda: bias.assign(2 * own),
        lambda: bias.value.assign_sub(own),
        lambda: bias.value.scatter_update(tf.IndexedSlices(tf.ones(1), tf.constant([3]))),
        lambda: model.set_weights(build_tiny(seed=2).get_weights()),
    ]
    seen = [first]
    for change in changes:
        change()
        seen.append(watched.hash)
    assert seen[2] == first and len({*seen}) == 4, "there and back is no change"


def test_a_hash_that_was_broken_off_is_not_taken_for_one(monkeypatch: Any) -> None:
    model = build_tiny()
    explainer = made(model)
    gradients(explainer)
    real = weights.hash_weights

    def stop(concrete: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(weights, "hash_weights", stop)
    model.set_weights(build_tiny(seed=1).get_weights())
    with pytest.raises(KeyboardInterrupt):
        gradients(explainer)
    monkeypatch.setattr(weights, "hash_weights", real)
    same(gradients(explainer), by_tensorflow(model))


def test_the_hash_is_of_values_kinds_and_shapes() -> None:
    import tensorflow as tf

    def hashed(*values: Any) -> str:
        variables = [tf.Variable(value) for value in values]

        def add() -> Any:
            return tf.add_n([tf.reduce_sum(tf.cast(variable, tf.float32)) for variable in variables])

        return hash_weights(tf.function(add, autograph=False).get_concrete_function())

    row = np.array([[1, 2, 3]], np.float32)
    assert hashed(row) == hashed(row.copy())
    assert (
        len({hashed(row), hashed(row.T), hashed(row.astype(np.int32)), hashed(row + 1), hashed(row, row)})
        == 5
    )


def test_what_is_no_array_of_numbers_has_no_hash() -> None:
    import tensorflow as tf

    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([0], [2.0]), 1.0)
    concrete = tf.function(lambda: table.lookup(tf.constant(0)), autograph=False).get_concrete_function()
    with pytest.raises(RuntimeError, match="contains a resource"):
        hash_weights(concrete)
