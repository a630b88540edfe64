"""Activations that are called as functions, as tf.keras computes them."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function
from xai_cam.models.loading.functions.calls import Call
from xai_cam.models.loading.functions.table import counterpart


def _own(name: str, **arguments: float) -> Function:
    """One of tf.keras' own activations."""
    return lambda _, y: getattr(pytest.importorskip("tf_keras").activations, name)(y, **arguments)


FUNCTIONS: dict[str, Function] = {
    "softmax": lambda _, y: tf.nn.softmax(y),
    "softmax of rows": lambda _, y: tf.nn.softmax(y, axis=1),
    "logarithm of softmax": lambda _, y: tf.nn.log_softmax(y),
    "logarithm of softmax of rows": lambda _, y: tf.nn.log_softmax(y, axis=1),
    "relu": lambda _, y: tf.nn.relu(features=y),
    "relu6": lambda _, y: tf.nn.relu6(y * 9),
    "leaky relu": lambda _, y: tf.nn.leaky_relu(y),
    "leakier relu": lambda _, y: tf.nn.leaky_relu(y, alpha=0.3),
    "relu of both signs": lambda _, y: tf.nn.crelu(y),
    "swish": lambda _, y: tf.nn.swish(y),
    "steeper swish": lambda _, y: tf.nn.silu(y, beta=1.7),
    "gelu": lambda _, y: tf.nn.gelu(y),
    "rough gelu": lambda _, y: tf.nn.gelu(y, approximate=True),
    "elu": lambda _, y: tf.nn.elu(y),
    "selu": lambda _, y: tf.nn.selu(y),
    "sigmoid": lambda _, y: tf.sigmoid(y) + tf.nn.sigmoid(y),
    "tanh": lambda _, y: tf.tanh(y) + tf.nn.tanh(y),
    "soft": lambda _, y: tf.nn.softplus(y) + tf.nn.softsign(y),
    "mish": lambda _, y: y * tf.tanh(tf.math.softplus(y)),
    "hard swish": lambda _, y: y * tf.nn.relu6(y + 3) / 6,
    **{name: _own(name) for name in ("relu", "swish", "hard_sigmoid", "exponential", "softmax")},
    "relu with all": _own("relu", alpha=0.1, max_value=0.5, threshold=0.1),
    "elu with alpha": _own("elu", alpha=0.5),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("activations"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)


def test_functions_of_keras_that_are_called_whole() -> None:
    """Some versions of tf.keras wrote `keras.activations.relu` for what others take apart."""
    found = counterpart("keras.activations.relu", Call(["x", 0, 0], {"alpha": 0.1, "max_value": 6}))
    assert found is not None
    assert found.class_name == "ReLU"
    assert found.config == {"negative_slope": 0.1, "max_value": 6, "threshold": 0.0}
    found = counterpart("keras.backend.relu", Call(["x", 0, 0], {"alpha": 0.0, "max_value": None}))
    assert found is not None and found.config == {"activation": "relu"}
