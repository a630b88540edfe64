"""Functions of TensorFlow that Keras has no counterpart of: refused, and called where the user allows it."""

from __future__ import annotations

import logging
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.tf_functions import X
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.called import FunctionOfTensorFlow


def test_is_called_where_it_is_allowed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    image = tf_keras.Input((6, 8, 4))
    maps = tf_keras.layers.Conv2D(4, 3, padding="same")(image)
    hue = tf.image.adjust_hue(maps[..., :3], 0.2)
    model = tf_keras.Model(image, [tf.math.xdivy(hue, image[..., :3]), tf.math.lgamma(image)])
    model.save(tmp_path / "m.h5")
    refused = (
        r"is the function tf.\S+ of TensorFlow as it is called here, which has no counterpart in Keras 3"
    )
    with pytest.raises(ModelError, match=refused + r".*add `allow_unsafe=True`"):
        load_model(tmp_path / "m.h5")
    with caplog.at_level(logging.WARNING):
        found = load_model(tmp_path / "m.h5", allow_unsafe=True)
    assert "Allowed by `allow_unsafe=True`: 'tf.image.adjust_hue' calls tf.image.adjust_hue" in caplog.text
    for ours, theirs in zip(found(X), model(X), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    ["", "nn", "nn.relu.__globals__", "__class__", "none.such", "os.system", "nn.relu.x", "version.VERSION"],
)
def test_what_is_no_function_of_tensorflow(name: str) -> None:
    with pytest.raises(ModelError, match="TensorFlow has no function"):
        FunctionOfTensorFlow(name)


def test_says_what_it_calls() -> None:
    made = FunctionOfTensorFlow("math.lgamma", name="op")
    assert made.get_config() == {"function": "math.lgamma", "name": "op"}
    assert isinstance(made, keras.Operation)
    np.testing.assert_allclose(made(np.array([3.0], np.float32)), [np.log(2)], rtol=1e-6)
