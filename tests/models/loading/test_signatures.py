"""Classes of Keras and what they take."""

from __future__ import annotations

import keras

from xai_cam.models.loading.signatures import accepted_by, keras_class, parameters_of


def test_classes_by_their_names():
    assert keras_class("layers", "Dense") is keras.layers.Dense
    assert keras_class("layers", "deserialize") is None, "a function"
    assert keras_class("layers", "Nothing") is None and keras_class("layers", 3) is None


def test_what_they_take():
    assert {"units", "activation", "name", "dtype"} <= accepted_by(keras.layers.Dense)
    assert "filters" not in accepted_by(keras.layers.Dense)
    assert parameters_of(lambda a, b: a + b) == {"a", "b"}
