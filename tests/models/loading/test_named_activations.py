"""Functions of TensorFlow as activations, as every Keras writes them, and those that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.configurations import layer
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.audit import audit, refuse
from xai_cam.models.loading.named_activations import is_namesake, rename_activation
from xai_cam.models.loading.renames import OPERATION_ACTIVATIONS
from xai_cam.models.loading.resolved import foreign_objects

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{
        name: getattr(tf.nn, name)
        for name in ("relu", "relu6", "leaky_relu", "silu", "swish", "sigmoid", "tanh", "elu", "selu")
    },
    **{name: getattr(tf.nn, name) for name in ("softplus", "softsign", "gelu", "softmax", "log_softmax")},
    **{
        name: getattr(tf.math, name)
        for name in ("abs", "sin", "square", "log_sigmoid", "erf", "exp", "negative")
    },
    "identity": tf.identity,
    "the softmax of TensorFlow 1": tf.compat.v1.nn.softmax,
}

X = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")


def _model(library: Any) -> Any:
    """A layer with every function as its activation, side by side."""
    inputs = library.layers.Input((5,))
    layers = [library.layers.Dense(4, activation=function)(inputs) for function in FUNCTIONS.values()]
    return library.Model(inputs, library.layers.Concatenate()(layers))


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_computes_the_same(library: str, tmp_path: Path) -> None:
    model = _model(pytest.importorskip(library))
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "m.weights.h5")
    model.save(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras")
    expected = np.asarray(model(X))
    for files in (("m.json", "m.weights.h5"), ("m.h5",), ("m.keras",)):
        found = load_model(*(tmp_path / name for name in files))
        np.testing.assert_allclose(found(X), expected, rtol=1e-5, atol=1e-6)
    found.save(tmp_path / "again.keras")  # which plain Keras opens, and what reads models of strangers
    for again in (keras.saving.load_model(tmp_path / "again.keras"), load_model(tmp_path / "again.keras")):
        np.testing.assert_allclose(again(X), expected, rtol=1e-5, atol=1e-6)


def named(name: Any, module: Any = "builtins") -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


@pytest.mark.parametrize(
    "module",
    [
        *(
            None,
            "builtins",
            "tensorflow",
            "tensorflow.nn",
            "tensorflow.python.ops.nn_ops",
            "keras.src.ops.nn",
        ),
        *("tensorflow.python.ops.gen_nn_ops", "tensorflow.python.util.dispatch"),
    ],
)
def test_whatever_module_a_function_is_said_to_be_of(module: Any) -> None:
    given = layer("Dense", units=2, activation=named("softmax_v2", module))
    assert audit({"class_name": "Sequential", "config": {"name": "s", "layers": [given]}}) == []
    assert rename_activation(given)
    assert given["config"]["activation"] == "softmax"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        *(("exec", "builtins"), ("eval", None), ("get", "builtins"), ("deserialize", "keras.src.ops.nn")),
        *(("write_file", "tensorflow.python.ops.io_ops"), ("system", "os"), ("relu", "os"), ("relu", "evil")),
        *(
            ("relu", "tensorflow.python.ops.nn_ops.evil"),
            ("relu", "tensorflowevil"),
            ("__call__", "builtins"),
        ),
        *((["relu"], "builtins"), (None, "builtins"), ("relu", 3), ("relu", ["builtins"])),
    ],
)
def test_what_is_no_namesake(name: Any, module: Any) -> None:
    assert not is_namesake(named(name, module))


def test_a_function_of_tensorflow_is_nowhere_but_in_an_activation() -> None:
    """Elsewhere nothing gives it the name of Keras', and it would be looked up by its own."""
    given = layer("Dense", units=2, something=named("relu", "tensorflow.python.ops.nn_ops"))
    rename_activation(given)
    assert foreign_objects({**given, "module": "keras.layers"}) == [
        "'dense' calls 'relu' of 'tensorflow.python.ops.nn_ops', which is none of Keras'"
    ]


def test_operations_in_the_place_of_activations_are_those_of_keras() -> None:
    for name, (module, class_name) in OPERATION_ACTIVATIONS.items():
        given = layer("Activation", activation=name)
        assert rename_activation(given)
        found = keras.activations.get(given["config"]["activation"])
        assert isinstance(found, keras.Operation)
        assert (type(found).__module__, type(found).__name__) == (module, class_name)


def test_the_advice_for_a_function_that_has_no_namesake() -> None:
    given = layer("Dense", units=2, activation=named("crelu_v2"))
    with pytest.raises(ModelError, match="provide its code with `custom_objects`, or"):
        refuse(audit({"class_name": "Sequential", "config": {"name": "s", "layers": [given]}}))
