"""What Keras would make of a configuration is a class for models, whatever Keras itself would refuse."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from support.hostile_models import SHAPE, layer, sequential
from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.calls import CALLED
from xai_cam.models.loading.resolved import foreign_objects, functions_called, refuse_functions
from xai_cam.models.loading.upgrade import upgrade


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *(("keras.layers", "deserialize"), ("keras.initializers", "get"), ("keras.models", "load_model")),
        *(("keras.saving", "KerasFileEditor"), ("keras.utils", "Sequence"), ("keras.layers", "NoSuchLayer")),
        *(("keras.callbacks", "BackupAndRestore"), ("keras.optimizers", "Adam"), ("keras.nowhere", "Dense")),
        *(("os", "system"), ("tf_keras.layers", "Dense"), ("tensorflow.python.keras.layers", "Dense")),
        *((None, "system"), (3, "Dense")),
    ],
)
def test_what_is_no_part_of_a_model(module: Any, name: str):
    evil = {"module": module, "class_name": name, "config": {}, "registered_name": None}
    found = foreign_objects(sequential("s", layer("Dense", name="d", units=2, dtype=evil)))
    assert found == [f"'d' is a {name!r}, which is no class that models are made of"]


def test_what_the_user_brings_along():
    own = {"module": None, "class_name": "Mine", "config": {}, "registered_name": "Mine"}
    config = sequential("s", own)
    assert foreign_objects(config, {"Mine"}) == []
    own["module"] = "os"
    assert foreign_objects(config, {"Mine"}) != []


def test_every_layer_of_keras():
    """Of its own code, none is refused."""
    x = keras.Input(SHAPE[1:])
    make = keras.layers
    y = make.Conv2D(2, 3, kernel_regularizer="l2", kernel_constraint="max_norm", dtype="mixed_float16")(x)
    y = make.TimeDistributed(make.Dense(2, activation=make.LeakyReLU()))(keras.ops.relu(y) + 1.0)
    y = make.RNN(make.StackedRNNCells([make.LSTMCell(3)]))(make.Reshape((14, -1))(y))
    config = keras.saving.serialize_keras_object(keras.Sequential([keras.Model(x, y[:, 1:])]))
    assert foreign_objects(upgrade(config).config) == []


def test_functions_of_tensorflow_are_named_with_their_layers():
    called = {"module": None, "class_name": CALLED, "config": {"name": "op", "function": "math.lgamma"}}
    config = sequential("s", layer("Dense", name="d", units=2), called)
    assert functions_called(config) == [("op", "math.lgamma")]
    assert foreign_objects(config) != []
    with pytest.raises(ModelError, match=r"'op' is the function tf.math.lgamma .* add `allow_unsafe=True`"):
        refuse_functions(functions_called(config))
    refuse_functions([])
