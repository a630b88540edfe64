"""What a model takes: from the model itself, or from the call that built it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from xai_cam import explain, load_model
from xai_cam.errors import ModelError
from xai_cam.models.given import input_shape
from xai_cam.models.input.input_shape import image_shape, input_shapes

SHAPE = (8, 10, 3)
X = np.random.default_rng(0).uniform(0, 1, (2, *SHAPE)).astype("float32")


@keras.saving.register_keras_serializable("shapes")
class Net(keras.Model):
    """A model as people write it; Keras stores what it was built for, not its layers' order."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.maps = layers.Conv2D(4, 3, activation="relu", name="maps")
        self.pool = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(3, name="head")

    def call(self, pictures: Any) -> Any:
        return self.head(self.pool(self.maps(pictures)))


@keras.saving.register_keras_serializable("shapes")
class Building(Net):
    """Has a `build` of its own."""

    def build(self, input_shape: Any) -> None:
        self.maps.build(input_shape)
        self.head.build((None, 4))
        super().build(input_shape)


@keras.saving.register_keras_serializable("shapes")
class Several(Net):
    """Takes any structure of images, in one argument."""

    def call(self, inputs: Any) -> Any:
        return super().call(sum(keras.tree.flatten(inputs)))


def shape_of(model: Any, size: Any = None) -> Any:
    shapes = input_shapes(model)
    return image_shape(shapes[0] if shapes else None, size)


def called() -> Any:
    model = Net()
    model(X[:1])
    return model


def fitted() -> Any:
    model = Net()
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    model.fit(X, np.zeros((2, 3)), verbose=0)
    return model


def built() -> Any:
    model = Building()
    model.build((None, *SHAPE))
    return model


@pytest.mark.parametrize("make", [called, fitted, built])
def test_subclassed_models_in_memory_and_from_files(make: Any, tmp_path: Path):
    model = make()
    model.save(tmp_path / "m.keras")
    plain = keras.saving.load_model(tmp_path / "m.keras")
    ours = load_model(tmp_path / "m.keras", custom_objects={type(model).__name__: type(model)})
    for found in (model, plain, ours):
        assert shape_of(found) == SHAPE
        assert input_shape(found) == SHAPE
    with tf.GradientTape() as tape:
        maps = model.maps(X)
        scores = model.head(model.pool(maps))
        score = tf.gather(scores, tf.argmax(scores, 1), batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(score, maps), (1, 2), keepdims=True)
    expected = tf.nn.relu(tf.reduce_sum(weights * maps, -1))
    for found in (plain, ours):
        got = np.stack([one.cam for one in explain(found, X, "maps")])
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("structure", [dict, list, tuple], ids=lambda kind: kind.__name__)
def test_structures_of_inputs(structure: type, tmp_path: Path):
    pairs = {"a": X, "b": X}
    for inputs, count in ((pairs, 2), ({"a": X}, 1)):
        model = Several()
        model(inputs if structure is dict else structure(inputs.values()))
        model.save(tmp_path / "m.keras")
        for found in (model, keras.saving.load_model(tmp_path / "m.keras")):
            assert [shape[1:] for shape in input_shapes(found)] == [SHAPE] * count


@pytest.mark.parametrize("structure", [list, dict])
def test_functional_models(structure: type):
    image = keras.Input(SHAPE, name="a")
    other = keras.Input((None, None, 3), name="b")
    pool = layers.GlobalAveragePooling2D()
    one = {"a": image} if structure is dict else [image]
    both = {"a": image, "b": other} if structure is dict else [image, other]
    assert shape_of(keras.Model(one, pool(image))) == SHAPE
    assert input_shapes(keras.Model(both, [pool(image), pool(other)])) == [
        (None, *SHAPE),
        (None, None, None, 3),
    ]
    assert input_shape(keras.Model(other, pool(other))) == (None, None, 3)
    assert shape_of(keras.Model(other, pool(other)), (4, 5)) == (4, 5, 3)


def test_models_that_do_not_say():
    class Silent(Net):
        def build(self, _: Any) -> None:
            self.built = True

    silent = Silent()
    silent.built = True
    for model in (Net(), silent):
        assert input_shapes(model) == []
        with pytest.raises(ModelError, match="does not say what its input looks like"):
            shape_of(model)


def test_other_inputs():
    vector = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ModelError, match=r"does not take images: its input is \(None, 4\)"):
        shape_of(vector)
    with pytest.raises(ModelError, match=r"input is 8 x 10, so `size=\(9, 9\)` cannot be used"):
        shape_of(called(), (9, 9))


def test_volumes_and_films():
    assert image_shape((None, 6, 8, 10, 1)) == (6, 8, 10, 1)
    assert image_shape((None, None, None, None, 3), (6, 8, 10)) == (6, 8, 10, 3)
    assert image_shape((None, 6, None, None, 3), (8, 10)) == (6, 8, 10, 3)
    for shape, size, words in (
        ((None, None, 8, 10, 1), None, r"size=\(slices, height, width\)"),
        ((None, 6, 8, 10, 1), (7, 8, 10), r"input is 6 x 8 x 10, so `size=\(7, 8, 10\)` cannot be used"),
    ):
        with pytest.raises(ModelError, match=words):
            image_shape(shape, size)
