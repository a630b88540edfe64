"""Quantised projections inside of attention layers, of which no configuration tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from support.keras2_models import randomise
from xai_cam import load_model
from xai_cam.errors import ModelError

X = np.random.default_rng(1).uniform(0, 1, (2, 8, 8, 3)).astype("float32")

pytestmark = pytest.mark.filterwarnings("ignore:.*have a `quantize` method:UserWarning")

ATTENTIONS: dict[str, Any] = {
    "several heads": lambda: layers.MultiHeadAttention(2, 3),
    "without biases": lambda: layers.MultiHeadAttention(2, 3, use_bias=False),
    "grouped": lambda: layers.GroupQueryAttention(3, 4, 2, use_bias=False),
}


def transformer(attention: Any) -> Any:
    image = keras.Input(X.shape[1:])
    x = layers.Conv2D(6, 2, strides=2, name="patches")(image)
    x = layers.Reshape((16, 6))(x)
    x = layers.Add()([x, attention(x, x)])
    x = layers.Reshape((4, 4, 6), name="grid")(layers.LayerNormalization()(x))
    return randomise(keras.Model(image, layers.Dense(3, name="head")(layers.GlobalAveragePooling2D()(x))))


def save(model: Any, folder: Path, form: str) -> list[Path]:
    if form != "json":
        model.save(folder / f"m.{form}")
        return [folder / f"m.{form}"]
    (folder / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(folder / "m.weights.h5")
    return [folder / "m.json", folder / "m.weights.h5"]


@pytest.mark.parametrize(
    ("name", "mode", "form"),
    [
        ("several heads", "int8", "keras"),
        ("without biases", "float8", "h5"),
        ("grouped", "int4", "json"),
    ],
)
def test_projections_are_quantised_as_the_rest(name: str, mode: str, form: str, tmp_path: Path) -> None:
    """The outputs are those of the model that was saved; plain Keras cannot read its files."""
    model = transformer(ATTENTIONS[name]())
    model.quantize(mode)
    found = load_model(*save(model, tmp_path, form))
    np.testing.assert_allclose(found(X), model(X), rtol=1e-5, atol=1e-6)
    assert len(found.weights) == len(model.weights), "none is left of what was replaced"


def test_without_a_layer_that_tells_how(tmp_path: Path) -> None:
    image = keras.Input((4, 6))
    model = keras.Model(image, layers.MultiHeadAttention(2, 4, name="looks")(image, image))
    model.quantize("float8")
    with pytest.raises(
        ModelError, match=r"inside of 'multi_head_attention' were quantised, .* before that\."
    ):
        load_model(*save(model, tmp_path, "keras"))
    with pytest.raises(ModelError, match="looks: 32 weights in the file, 8 in the architecture"):
        load_model(*save(model, tmp_path, "h5"))


@pytest.mark.parametrize("name", ATTENTIONS)
def test_others_stay_as_they_are(name: str, tmp_path: Path) -> None:
    """A head that is quantised says nothing of an attention that is not."""
    model = transformer(ATTENTIONS[name]())
    model.get_layer("head").quantize("int8")
    np.testing.assert_allclose(load_model(*save(model, tmp_path, "h5"))(X), model(X), rtol=1e-5, atol=1e-6)
