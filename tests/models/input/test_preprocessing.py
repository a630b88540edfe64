"""Pixels become what the model was trained on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.models.input.preprocessing import AS_STORED, SCALINGS, Preprocessing, choose_preprocessing

PIXEL = np.array([[[255.0, 102.0, 0.0]]], np.float32)


@pytest.mark.parametrize(
    ("name", "order", "expected"),
    [
        ("raw", "rgb", [255, 102, 0]),
        ("unit", "rgb", [1, 0.4, 0]),
        ("unit", "bgr", [0, 0.4, 1]),
        ("signed", "rgb", [1, -0.2, -1]),
        ("caffe", "rgb", [131.32, -14.779, -103.939]),
        ("caffe", "bgr", [-103.939, -14.779, 131.32]),
        ("torch", "rgb", [2.248908, -0.25, -1.804444]),  # (1 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, ...
        ("standardize", "rgb", [1.297772, -0.162221, -1.13555]),  # mean 119, variance 32946 / 3
    ],
)
def test_scalings_by_hand(name: str, order: str, expected: list[float]) -> None:
    pixel = PIXEL.copy()
    scaled = Preprocessing(name, order, "").apply(pixel)
    np.testing.assert_allclose(scaled[0, 0], expected, atol=2e-5)
    assert scaled.dtype == np.float32
    assert scaled.flags.c_contiguous
    np.testing.assert_array_equal(pixel, PIXEL)


@pytest.mark.parametrize(("name", "mode"), [("caffe", "caffe"), ("torch", "torch"), ("signed", "tf")])
def test_scalings_are_those_of_keras(name: str, mode: str) -> None:
    """The last two differ in name alone."""
    from keras.applications.imagenet_utils import preprocess_input

    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(np.float32)
    scaled = Preprocessing(name, "bgr" if name == "caffe" else "rgb", "").apply(pixels)
    np.testing.assert_allclose(scaled, preprocess_input(pixels.copy(), mode=mode), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["raw", "unit", "signed", "standardize"])
def test_grey_and_a_picture_of_one_colour_stay_finite(name: str) -> None:
    scaled = Preprocessing(name, "bgr", "").apply(np.full((3, 3, 1), 7, np.float32))
    assert scaled.shape == (3, 3, 1)
    assert np.isfinite(scaled).all()


def asked(name: str, channels: int = 3, order: str | None = None) -> Preprocessing:
    network: Any = SimpleNamespace(input_shape=(8, 8, channels), layers=[])
    return choose_preprocessing(network, name, order)


@pytest.mark.parametrize("name", SCALINGS)
def test_what_is_asked_for_is_taken(name: str) -> None:
    stored = name in ("raw", "standardize")
    assert asked(name) == Preprocessing(name, "bgr" if name == "caffe" else "rgb", "requested", stored)
    assert asked(name, order="bgr").channel_order == "bgr"
    assert asked(name, order="rgb").channel_order == "rgb"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"'imagenet'\. Use auto, raw, unit"):
        asked("imagenet")
    for name in ("caffe", "torch"):
        with pytest.raises(InputError, match=r"1 channel"):
            asked(name, channels=1)


# --- Guessing ----------------------------------------------------------------------------------------


def first_layers(kind: str, scale: float) -> list[Any]:
    """Layers in front of the first convolution, whose statistics are of inputs from 0 to `scale`."""
    from keras import layers

    mean, variance = 0.45 * scale, (0.25 * scale) ** 2
    norm = layers.BatchNormalization(moving_mean_initializer="zeros", name="norm")
    norm.build((None, 8, 8, 3))
    norm.moving_mean.assign([mean] * 3)
    norm.moving_variance.assign([variance] * 3)
    adapted = layers.Normalization(name="norm")
    adapted.adapt(np.random.default_rng(0).random((4, 8, 8, 3), np.float32) * scale)
    convolution = layers.Conv2D(2, 3)
    return {
        "rescaling": [layers.Rescaling(1 / 255), norm, convolution],
        "given": [layers.Normalization(mean=[mean] * 3, variance=[variance] * 3, name="norm"), convolution],
        "adapted": [adapted, convolution],
        "batch": [norm, convolution],
        "late": [convolution, layers.BatchNormalization()],
        "nothing": [layers.ZeroPadding2D(1), convolution],
    }[kind]


@pytest.mark.parametrize(
    ("kind", "scale", "name", "reason"),
    [
        ("rescaling", 1, "raw", "norm has seen inputs of mean 115 and deviation 63.7, as 0 to 255 has"),
        ("given", 255, "raw", "norm makes"),
        ("adapted", 1, "unit", "norm makes"),
        ("adapted", 255, "raw", "norm makes"),
        ("batch", 255, "raw", "norm has seen inputs of mean 115 and deviation 63.8"),
        ("batch", 1, "unit", "norm has seen inputs of mean 0.45 and deviation 0.25, as 0 to 1 has"),
        ("late", 1, "unit", "a guess: the model does not say"),
        ("nothing", 1, "unit", "a guess: the model does not say"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_the_first_layers_tell(kind: str, scale: float, name: str, reason: str, nested: bool) -> None:
    import keras

    from xai_cam.models.network import Network

    layers = [*first_layers(kind, scale), keras.layers.GlobalAveragePooling2D()]
    inner = [keras.Sequential([keras.Input((8, 8, 3)), *layers])] if nested else layers
    head = keras.layers.Dense(2, activation="softmax")
    network = Network(keras.Sequential([keras.Input((8, 8, 3)), *inner, head]))
    found = choose_preprocessing(network)
    assert (found.name, found.channel_order) == (name, "rgb")
    assert reason in found.reason


def test_what_a_black_picture_becomes() -> None:
    """Of numbers that are taken as they are, and of which none is known to be black, nobody can say."""
    for name, value in (("raw", 0), ("unit", 0), ("signed", -1), ("standardize", 0)):
        black = Preprocessing(name, "rgb", "requested", name in AS_STORED).black((2, 3, 3))
        assert black is not None and (black == value).all()
    assert Preprocessing("raw", "rgb", "requested", True).black((2, 3, 3), known=False) is None
    assert Preprocessing("standardize", "rgb", "requested", True).black((2, 3, 3), known=False) is not None
