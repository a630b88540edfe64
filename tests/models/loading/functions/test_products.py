"""Products of matrices and what normalises, as tf.keras computes them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function
from xai_cam.models.loading.functions.calls import Call
from xai_cam.models.loading.functions.table import counterpart

MATRIX = np.random.default_rng(2).normal(size=(4, 3)).astype("float32")
WIDE = np.random.default_rng(2).normal(size=(3, 8)).astype("float32")


def _by_moments(x: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, None, None, 1e-5)


FUNCTIONS: dict[str, Function] = {
    "product": lambda x, y: tf.matmul(x, y, transpose_b=True),
    "product of the turned": lambda x, y: tf.linalg.matmul(x, y, transpose_a=True),
    "product with a matrix": lambda x, _: x @ MATRIX,
    "product of a matrix": lambda x, _: tf.matmul(WIDE, x),
    "tensordot": lambda x, _: tf.tensordot(x, MATRIX, 1) + tf.tensordot(x, MATRIX, [[3], [0]]),
    "bias": lambda x, _: tf.nn.bias_add(x, [1.0, 2.0, 3.0, 4.0]),
    "unit length": lambda _, y: tf.math.l2_normalize(y, axis=-1),
    "unit length of maps": lambda _, y: tf.nn.l2_normalize(y, axis=[1, 2], epsilon=1e-6),
    "unit length of all": lambda _, y: tf.nn.l2_normalize(y),
    "length at most": lambda _, y: tf.clip_by_norm(y, 1.0, axes=-1),
    "normalised by its moments": lambda _, y: _by_moments(y),
    "local response": lambda _, y: tf.nn.local_response_normalization(y, 2, bias=2.0, alpha=1e-2, beta=0.75),
    "local response as usual": lambda _, y: tf.nn.lrn(y),
    "checked": lambda _, y: tf.ensure_shape(tf.debugging.check_numerics(y, "m"), [None, 6, 8, 4]),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("products"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)


def test_statistics_of_the_file_become_a_scale_and_an_offset() -> None:
    """(x - 2) / sqrt(3 + 1) * 6 + 1 = 3 x - 5."""
    arguments = {"mean": [2.0], "variance": [3.0], "scale": [6.0], "offset": [1.0]}
    for function, least in (
        ("nn.batch_normalization", "variance_epsilon"),
        ("nn.fused_batch_norm", "epsilon"),
    ):
        more = {least: 1.0} | ({"is_training": False} if least == "epsilon" else {})
        found = counterpart(function, Call(["x", 0, 0], {**arguments, **more}))
        assert found is not None and found.config == {"scale": [3.0], "offset": [-5.0]}
    training = {**arguments, "epsilon": 1.0, "is_training": True}
    assert counterpart("nn.fused_batch_norm", Call(["x", 0, 0], training)) is None
