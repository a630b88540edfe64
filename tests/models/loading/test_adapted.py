"""Adapted, quantised and wrapped layers, whose files do not hold one array for each variable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from support.keras2_models import randomise
from xai_cam import load_model
from xai_cam.errors import ModelError

SHAPE = (8, 8, 3)
X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")
FORMS = ["keras", "json"]

pytestmark = pytest.mark.filterwarnings("ignore:.*have a `quantize` method:UserWarning")


def classifier(*inner: Any, last: Any = None) -> Any:
    image = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, name="maps")(image)
    for layer in inner:
        x = layer(x)
    x = layers.GlobalAveragePooling2D()(x)
    return randomise(keras.Model(image, (last or layers.Dense(3, name="head"))(x)))


def save(model: Any, folder: Path, form: str) -> list[Path]:
    if form == "keras":
        model.save(folder / "m.keras")
        return [folder / "m.keras"]
    (folder / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(folder / "m.weights.h5")
    return [folder / "m.json", folder / "m.weights.h5"]


def check(model: Any, folder: Path, form: str) -> Any:
    """Loaded by us, the outputs are those of plain Keras."""
    found = load_model(*save(model, folder, form))
    np.testing.assert_allclose(found(X), model(X), rtol=1e-4, atol=1e-5)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_kernels_that_a_wrapper_holds_too(form: str, tmp_path: Path):
    inner = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.SpectralNormalization(layers.Conv2D(4, 1))], name="nested"
    )
    model = classifier(
        inner,
        layers.SpectralNormalization(layers.Conv2D(4, 3), name="sn"),
        last=layers.SpectralNormalization(layers.Dense(3), name="head"),
    )
    found = check(model, tmp_path, form)
    for ours, theirs in zip(found.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Twice(layers.Wrapper):
    """Has the variables of the layer inside it as its own, one of them under two names."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.first, self.second = self.layer.kernel, self.layer.bias
        self.own = self.add_weight(shape=(2,), name="own")

    def call(self, x: Any) -> Any:
        return self.layer(x) + keras.ops.sum(self.own)


@pytest.mark.parametrize("form", FORMS)
def test_any_wrapper(form: str, tmp_path: Path):
    model = classifier(Twice(layers.Conv2D(2, 3)))
    found = load_model(*save(model, tmp_path, form), custom_objects={"Twice": Twice})
    np.testing.assert_allclose(found(X), model(X), rtol=1e-5, atol=1e-6)


def test_a_wrapped_kernel_is_still_needed(tmp_path: Path):
    files = save(
        classifier(layers.SpectralNormalization(layers.Conv2D(4, 3, name="inner"))), tmp_path, "json"
    )
    with h5py.File(files[1], "r+") as file:
        del file["layers/spectral_normalization/vars/1"]
    with pytest.raises(ModelError, match=r"not belong to this architecture: .*vector_u.*architecture"):
        load_model(*files)


def test_more_than_the_doubles_is_too_much(tmp_path: Path):
    files = save(classifier(layers.SpectralNormalization(layers.Conv2D(5, 3))), tmp_path, "json")
    with h5py.File(files[1], "r+") as file:
        file["layers/spectral_normalization/vars/7"] = np.zeros((3, 3, 4, 5), np.float32)
    with pytest.raises(ModelError, match=r"vars/7.*: only in the weights file"):
        load_model(*files)


# --- Adapters ----------------------------------------------------------------------------------------


def adapted() -> Any:
    model = classifier(layers.EinsumDense("bhwc,cd->bhwd", (None, 6, 4), name="einsum"))
    for name in ("maps", "einsum", "head"):
        model.get_layer(name).enable_lora(2)
    for weight in model.weights:
        if "lora" in weight.name:
            weight.assign(np.random.default_rng(3).normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("form", [*FORMS, "h5"])
def test_low_rank_adapters(form: str, tmp_path: Path):
    model = adapted()
    if form == "h5":
        model.save(tmp_path / "m.h5")
        np.testing.assert_allclose(load_model(tmp_path / "m.h5")(X), model(X), rtol=1e-4, atol=1e-5)
    else:
        check(model, tmp_path, form)


def test_an_adapted_embedding(tmp_path: Path):
    token = keras.Input((4,), dtype="int32")
    embedding = layers.Embedding(10, 5)
    model = keras.Model(token, layers.Dense(2)(layers.Flatten()(embedding(token))))
    embedding.enable_lora(2)
    x = np.array([[1, 2, 3, 9]])
    np.testing.assert_allclose(load_model(*save(model, tmp_path, "keras"))(x), model(x), rtol=1e-5)


def test_adapters_larger_than_any_weights(tmp_path: Path):
    architecture, weights = save(adapted(), tmp_path, "json")
    config = json.loads(architecture.read_text(encoding="utf-8"))
    head = next(layer for layer in config["config"]["layers"] if layer["config"]["name"] == "head")
    head["config"]["lora_rank"] = 10**9
    architecture.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="numbers of adapters, more than there are weights"):
        load_model(architecture, weights)


def test_an_adapted_layer_still_needs_its_kernel(tmp_path: Path):
    files = save(adapted(), tmp_path, "json")
    with h5py.File(files[1], "r+") as file:
        del file["layers/dense/vars/0"]
    with pytest.raises(ModelError, match=r"head/kernel .*: only in the architecture"):
        load_model(*files)


# --- Quantised layers --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantised_layers(mode: str, form: str, tmp_path: Path):
    """Kernels of small integers hold every value, also those that could stand for none."""
    einsum = layers.EinsumDense("bhwc,cd->bhwd", (None, 6, 40), bias_axes="d", name="einsum")
    model = classifier(einsum, last=layers.Dense(30, name="head"))
    model.quantize(mode)
    if mode == "int8":
        assert (np.asarray(model.get_layer("einsum")._kernel) == -1).any()
    check(model, tmp_path, form)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_quantised_and_adapted(mode: str, tmp_path: Path):
    model = adapted()
    model.quantize(mode)
    found = load_model(*save(model, tmp_path, "keras"))
    plain = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(found(X), plain(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_quantised_embedding(mode: str, tmp_path: Path):
    token = keras.Input((4,), dtype="int32")
    model = keras.Model(token, layers.Dense(2)(layers.Flatten()(layers.Embedding(10, 6)(token))))
    model.quantize(mode)
    x = np.array([[1, 2, 3, 9]])
    np.testing.assert_allclose(load_model(*save(model, tmp_path, "keras"))(x), model(x), rtol=1e-5)
