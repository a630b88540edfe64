"""Quantised layers: files that Keras writes and cannot read, maps through them, and new files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import xai_cam
from support.keras2_models import randomise
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.convert import convert
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.quantised import check_saved_whole, use_as_quantised

SHAPE = (8, 8, 3)
X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")

pytestmark = pytest.mark.filterwarnings("ignore:.*have a `quantize` method:UserWarning")


def classifier(*inner: Any) -> Any:
    image = keras.Input(SHAPE)
    x = layers.Conv2D(6, 3, name="maps")(image)
    for layer in (*inner, layers.GlobalAveragePooling2D(), layers.Dense(5, name="head")):
        x = layer(x)
    return randomise(keras.Model(image, x))


def calibrated(mode: str, bits: int = 4) -> Any:
    """A model whose head is quantised as GPTQ and AWQ do it, with numbers that they might have found."""
    if mode == "awq" and not hasattr(keras.quantizers, "AWQConfig"):
        pytest.skip("this version of Keras has no AWQ")
    rng = np.random.default_rng(2)
    model = classifier()
    head = model.get_layer("head")
    config = {"dataset": ["x"], "tokenizer": str, "group_size": 3}
    if mode == "gptq":
        head.quantize("gptq", config=keras.quantizers.GPTQConfig(weight_bits=bits, **config))
    else:
        head.quantize("awq", config=keras.quantizers.AWQConfig(**config))
        head.awq_scales.assign(rng.uniform(0.5, 2, 6))
    head.quantized_kernel.assign(rng.integers(0, 256 if bits == 4 else 2**bits, head.quantized_kernel.shape))
    head.kernel_scale.assign(rng.uniform(1, 9, head.kernel_scale.shape))
    head.kernel_zero.assign(rng.integers(3, 9, head.kernel_zero.shape))
    head.g_idx.assign([0, 0, 0, 1, 1, 1])
    del head._kernel  # as after the calibration
    use_as_quantised(model)
    return model


def head_of(model: Any) -> np.ndarray:
    """The kernel of a head that GPTQ quantised to 8 bits: (number - zero) * scale, by groups of inputs."""
    head = model.get_layer("head")
    numbers, scale, zero = (
        np.asarray(v, float) for v in (head.quantized_kernel, head.kernel_scale, head.kernel_zero)
    )
    group = np.asarray(head.g_idx, int)
    return ((numbers - zero[:, group]) * scale[:, group]).T


@pytest.mark.parametrize(("mode", "bits"), [("gptq", 8), ("awq", 4)])
def test_a_whole_h5_with_zeros(mode: str, bits: int, tmp_path: Path) -> None:
    """Plain Keras reads it, and then knows no kernel to compute with."""
    model = calibrated(mode, bits)
    model.save(tmp_path / "m.h5")
    found = load_model(tmp_path / "m.h5")
    np.testing.assert_allclose(found(X), model(X), rtol=1e-5)
    if bits == 8:
        maps = keras.Model(model.input, model.get_layer("maps").output)
        by_hand = np.asarray(maps(X)).mean((1, 2)) @ head_of(model) + np.asarray(model.get_layer("head").bias)
        np.testing.assert_allclose(found(X), by_hand, rtol=1e-4)


@pytest.mark.parametrize("mode", ["gptq", "awq"])
def test_zeros_that_are_not_saved(mode: str, tmp_path: Path) -> None:
    """Keras 3.15 leaves them out; where they are, as other versions have it, the model loads."""
    model = calibrated(mode)
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "r+") as file:
        held, head = file["layers/dense/vars"], model.get_layer("head")
        names = head.variable_serialization_spec[mode]
        if len(held) < len(names):
            with pytest.raises(
                ModelError, match=r"lacks the zeros .*GPTQ or AWQ quantised \('head'\).* as .h5"
            ):
                load_model(tmp_path / "m.json", tmp_path / "m.weights.h5")
        for name in list(held):
            del held[name]
        for index, name in enumerate(names):
            held[str(index)] = np.asarray(getattr(head, name))
    np.testing.assert_allclose(load_model(tmp_path / "m.json")(X), model(X), rtol=1e-5)


def test_what_differs_for_another_reason_is_not_explained_so() -> None:
    check_saved_whole([], [])
    check_saved_whole([keras.Variable(np.zeros(3), name="kernel")], [])
    check_saved_whole([keras.Variable(np.zeros(3), name="kernel_zero")], ["layers/dense/vars/0"])
    check_saved_whole([], ["layers/dense/vars/2", "layers/query_dense/vars/1"])


@pytest.mark.parametrize("mode", ["int8", "float8", "gptq"])
def test_maps_through_a_quantised_head(mode: str, tmp_path: Path) -> None:
    """Grad-CAM by hand: behind an average, a map weighs what the head's kernel says.

    A gradient of float8 is one of three bits.
    """
    if mode in ("gptq", "awq"):
        model = calibrated(mode)
    else:
        model = classifier()
        model.quantize(mode)
    model.save(tmp_path / "m.h5")
    found = load_model(tmp_path / "m.h5")
    head = model.get_layer("head")
    answers = np.asarray(head(np.eye(6, dtype=np.float32))) - np.asarray(head.bias)
    shown = xai_cam.explain(found, X[:1], layer="maps", target_class=2)[0]
    maps = np.asarray(keras.Model(model.input, model.get_layer("maps").output)(X[:1]))[0]
    expected = np.maximum(maps @ answers[:, 2], 0)
    assert expected.max() > 0
    np.testing.assert_allclose(
        shown.cam / shown.cam.max(), expected / expected.max(), atol=0.01 if mode == "float8" else 1e-5
    )


def adapted(mode: str | None) -> Any:
    model = classifier(layers.EinsumDense("bhwc,cd->bhwd", (None, 6, 6), name="einsum"))
    if mode:
        model.quantize(mode)
    for name in ("einsum", "head"):
        model.get_layer(name).enable_lora(2)
    for weight in model.weights:
        if "lora" in weight.name:
            weight.assign(np.random.default_rng(3).normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize(("mode", "as_json"), [(None, True), ("int8", False)])
def test_adapters_are_converted(mode: str | None, as_json: bool, tmp_path: Path) -> None:
    """Keras adds them to what they adapt as it saves, and quantises that anew."""
    adapted(mode).save(tmp_path / "m.keras")
    made = convert(
        find_model_files(tmp_path / "m.keras"), tmp_path / ("n.json" if as_json else "n.keras"), as_json
    )
    plain = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(load_model(*made.written)(X), plain(X), rtol=1e-5, atol=1e-6)


def test_adapters_of_a_whole_h5_are_converted(tmp_path: Path) -> None:
    """There they lie beside what they adapt."""
    model = adapted(None)
    model.save(tmp_path / "m.h5")
    convert(find_model_files(tmp_path / "m.h5"), tmp_path / "n.keras")
    np.testing.assert_allclose(
        keras.saving.load_model(tmp_path / "n.keras")(X), model(X), rtol=1e-5, atol=1e-6
    )


def test_a_layer_that_a_wrapper_shares(tmp_path: Path) -> None:
    """A `.keras` file says that two layers are one; then their weights are there once."""
    shared = layers.Conv2D(6, 3, padding="same", name="shared")
    model = classifier(shared, layers.SpectralNormalization(shared))
    model.save(tmp_path / "m.keras")
    np.testing.assert_allclose(load_model(tmp_path / "m.keras")(X), model(X), rtol=1e-5)
