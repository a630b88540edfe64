"""The inputs of models, and how all of them are handed over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam.errors import ModelError
from xai_cam.models.input.model_inputs import ModelInput, as_asked, image_among, inputs_of


def functional(structure: str) -> Any:
    image, age = keras.Input((8, 8, 3), name="photo"), keras.Input((1,), name="age", dtype="int32")
    joined = layers.Concatenate()([layers.GlobalAveragePooling2D()(image), keras.ops.cast(age, "float32")])
    inputs: Any = {"photo": image, "age": age} if structure == "dict" else [image, age]
    return keras.Model(inputs, layers.Dense(2)(joined))


@keras.saving.register_keras_serializable("model_inputs")
class Two(keras.Model):
    """Takes a dict."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.top = layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        return self.top(keras.ops.concatenate([keras.ops.mean(inputs["photo"], (1, 2)), inputs["age"]], 1))


@pytest.mark.parametrize("structure", ["list", "dict"])
def test_functional_models(structure: str) -> None:
    model = functional(structure)
    found = {one.name: one for one in inputs_of(model)}
    assert found == {"photo": ModelInput("photo", (8, 8, 3)), "age": ModelInput("age", (1,), "int32")}
    number = image_among(inputs_of(model))
    assert inputs_of(model)[number].name == "photo"
    x, ages = np.ones((2, 8, 8, 3), np.float32), np.array([[3], [60]])
    first, more = as_asked(model, x, [ages], number)
    given = {"photo": x, "age": ages} if structure == "dict" else [x, ages]
    np.testing.assert_allclose(model(first, **more), model(given))


def test_a_dict_of_a_subclass_in_memory_and_from_a_file(tmp_path: Any) -> None:
    model, x, ages = Two(), np.ones((2, 8, 8, 3), np.float32), np.ones((2, 1), np.float32)
    expected = np.asarray(model({"photo": x, "age": ages}))
    model.save(tmp_path / "m.keras")
    for one in (model, keras.saving.load_model(tmp_path / "m.keras")):
        assert {i.name: i.shape for i in inputs_of(one)} == {"photo": (8, 8, 3), "age": (1,)}
        first, more = as_asked(one, x, [ages], image_among(inputs_of(one)))
        np.testing.assert_allclose(one(first, **more), expected, rtol=1e-6)


def test_a_dict_of_shapes_and_a_list_of_them() -> None:
    of_dict = SimpleNamespace(_build_shapes_dict={"inputs_shape": {"b": (1, 2), "a": (1, 8, 8, 3)}})
    assert as_asked(of_dict, "image", ["vector"], 1) == ({"b": "vector", "a": "image"}, {})
    of_list = SimpleNamespace(_build_shapes_dict={"inputs_shape": [(1, 2), (1, 8, 8, 3)]})
    assert as_asked(of_list, "image", ["vector"], 1) == (["vector", "image"], {})


def test_which_is_the_image() -> None:
    left, right, age = ModelInput("left", (8, 8, 1)), ModelInput("right", (8, 8, 1)), ModelInput("age", ())
    assert image_among([age, left]) == 1 and image_among([age]) == 0
    assert image_among([left, right], "right") == image_among([left, right], "1") == 1
    with pytest.raises(ModelError, match=r'left \(8 x 8 x 1, float32\); right .*`image_input="left"`'):
        image_among([left, right, age])
    with pytest.raises(ModelError, match=r"None of the model's 2 inputs is an image: age \(one number"):
        image_among([age, ModelInput("weight", (1,))])
    with pytest.raises(ModelError, match=r"no input 'lift'. Nearest: left"):
        image_among([left, right], "lift")
