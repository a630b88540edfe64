"""Models and layers are traced whatever they are called, and keep their names."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam import explain
from xai_cam.models.scopes import plain_scope, plain_scopes

SHAPE = (6, 6, 3)
X = np.random.default_rng(0).uniform(0, 1, (2, *SHAPE)).astype("float32")


def net(name: str, inner: str, maps: str) -> Any:
    """A model inside a model, all of it named by the caller."""
    keras.utils.set_random_seed(3)
    image, features = keras.Input(SHAPE), keras.Input((4, 4, 4))
    x = layers.Conv2D(4, 3, name="first")(image)
    x = keras.Model(features, layers.Conv2D(3, 3, activation="relu", name=maps)(features), name=inner)(x)
    return keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)), name=name)


@pytest.mark.parametrize(
    "name", ["my model", "_model", "modèle", "模型", "a (b): c", "a\\b", "a\nb", "conv,1", "-", "%s", " "]
)
def test_any_name(name: str):
    plain = explain(net("model", "inner", "maps"), X)
    model = net(name, f"{name} inner", f"{name} maps")
    found = explain(model, X, method=["grad-cam", "score-cam"])
    assert {one.layer for one in found} == {f"{name} inner/{name} maps"}
    for ours, theirs in zip([one for one in found if one.method == "grad-cam"], plain, strict=True):
        np.testing.assert_allclose(ours.cam, theirs.cam, rtol=1e-5, atol=1e-7)
    assert model.name == name and "_open_name_scope" not in vars(model)


def test_names_that_are_taken_stay():
    for name in ("conv2d_1", "mobilenetv2_1.00_224", "block/conv", "0"):
        assert plain_scope(name) == name
    assert plain_scope("my model") == ".my_model"


def test_all_is_put_back_after_an_error():
    model = net("my model", "inner", "maps")
    with pytest.raises(RuntimeError), plain_scopes(model):
        assert "_open_name_scope" in vars(model)
        raise RuntimeError
    assert "_open_name_scope" not in vars(model)
