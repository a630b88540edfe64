"""Reductions, sorting and other shapes, as tf.keras computes them."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function

FUNCTIONS: dict[str, Function] = {
    "mean": lambda x, _: tf.reduce_mean(x, axis=[1, 2]),
    "mean of all": lambda x, _: tf.reduce_mean(x),
    "kept mean": lambda x, _: tf.reduce_mean(x, [-3, -2], keepdims=True),
    "mean of TensorFlow 1": lambda x, _: tf.compat.v1.reduce_mean(x, axis=[1, 2], keep_dims=True),
    "largest": lambda _, y: tf.reduce_max(y, axis=-1, keepdims=True),
    "smallest": lambda _, y: tf.reduce_min(y, axis=2),
    "sum": lambda _, y: tf.reduce_sum(y, axis=[1, 2]),
    "product": lambda x, _: tf.reduce_prod(x, -1),
    "spread": lambda _, y: tf.math.reduce_std(y, [1, 2]) + tf.math.reduce_variance(y, [1, 2]),
    "any": lambda _, y: tf.reduce_any(y > 0.5, -1),
    "all": lambda _, y: tf.reduce_all(y > -0.5, axis=-1),
    "logarithm of a sum": lambda _, y: tf.reduce_logsumexp(y, axis=-1),
    "length": lambda _, y: tf.norm(y, axis=-1, keepdims=True),
    "lengths": lambda _, y: tf.norm(y, ord=1, axis=-1) + tf.math.reduce_euclidean_norm(y, -1),
    "moments": lambda _, y: tf.nn.moments(y, [1, 2])[1],
    "best": lambda _, y: tf.argmax(y, axis=-1),
    "worst": lambda _, y: tf.argmin(y, -1, output_type=tf.int32),
    "count": lambda _, y: tf.math.count_nonzero(tf.nn.relu(y), -1),
    "running sum": lambda _, y: tf.cumsum(y, axis=1) + tf.cumsum(y, 1, exclusive=True, reverse=True),
    "running product": lambda x, _: tf.math.cumprod(x, axis=-1),
    "sorted": lambda _, y: tf.sort(y, axis=-1) - tf.sort(y, direction="DESCENDING"),
    "order": lambda _, y: tf.argsort(y, axis=-1),
    "best two": lambda _, y: tf.math.top_k(y, 2).values,
    "reshape": lambda _, y: tf.reshape(y, (-1, 192)),
    "expand": lambda _, y: tf.expand_dims(y, -1),
    "squeeze": lambda _, y: tf.squeeze(y[:, :, :, :1], -1),
    "squeeze all": lambda _, y: tf.squeeze(y[:, :1]),
    "transpose": lambda x, _: tf.transpose(x, (0, 2, 1, 3)),
    "turned round": lambda x, _: tf.transpose(x),
    "matrices turned": lambda x, _: tf.linalg.matrix_transpose(x),
    "diagonals": lambda x, _: tf.linalg.diag_part(x),
    "sums of diagonals": lambda x, _: tf.linalg.trace(x),
    "reverse": lambda x, _: tf.reverse(x, axis=[-1]),
    "tile": lambda x, _: tf.tile(x, [1, 2, 1, 3]),
    "repeat": lambda x, _: tf.repeat(x, 3, axis=-1),
    "repeat each otherwise": lambda x, _: tf.repeat(x, [1, 2, 3, 1], axis=-1),
    "roll": lambda x, _: tf.roll(x, [1, -2], [1, 2]) + tf.roll(x, shift=1, axis=-1),
    "channel shuffle": lambda x, _: tf.reshape(
        tf.transpose(tf.reshape(x, [-1, 6, 8, 2, 2]), [0, 1, 2, 4, 3]), [-1, 6, 8, 4]
    ),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("axes"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)
