"""Models of Keras 3 in a `tf.train.Checkpoint`, as training loops of one's own write them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from support.keras2_models import MODELS, SHAPE, randomise
from xai_cam import load_model

X = np.random.default_rng(1).normal(0, 1, (3, *SHAPE)).astype("f4")


def inside_of_others() -> keras.Model:
    make, image = keras.layers, keras.Input(SHAPE)
    inner = keras.Sequential([keras.Input(SHAPE), make.Conv2D(3, 3), make.BatchNormalization()])
    x = make.TimeDistributed(inner)(make.Reshape((1, *SHAPE))(image))
    x = make.Bidirectional(make.GRU(4, return_sequences=True))(make.Reshape((36, 3))(x))
    x = x + make.Dropout(0.5)(make.MultiHeadAttention(2, 4)(x, x)) * 2
    return keras.Model(image, make.Dense(2)(make.Flatten()(x)))


@pytest.mark.parametrize(
    "name", ["sequential", "nested_sequential", "convolutions", "preprocessing", "inside"]
)
def test_weights_by_a_checkpoint(name: str, tmp_path: Path):
    import tensorflow as tf

    model = randomise(inside_of_others() if name == "inside" else MODELS[name](keras))
    model.compile("adam", "mse")
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(str(tmp_path / "runs" / "cp"))
    expected = np.asarray(model(X, training=False))
    found = np.asarray(load_model(tmp_path / "m.json", tmp_path / "runs")(X, training=False))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
