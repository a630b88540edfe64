"""A filter in front of a model: what it computes, and that all behind it stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from xai_cam.errors import InputError, ModelError
from xai_cam.kernels.editing.prepending import combine_kernels, planes_of, prepend_filter
from xai_cam.models.input.preprocessing import guess_scaling
from xai_cam.models.network import Network


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def open_model(channels: int = 3, size: int | None = None) -> Any:
    """Hands its input on, so that a filter in front of it can be seen at its output."""
    inputs = keras.Input((size, size, channels))
    return keras.Model(inputs, keras.layers.Activation("linear", name="same")(inputs), name="through")


def test_it_is_filter2d(rng: np.random.Generator):
    """OpenCV correlates too; only outside of the image it takes other values than 0."""
    image = rng.uniform(0, 1, (40, 31, 3)).astype(np.float32)
    for spec, size in (("sharpen:5", 5), ("unsharp:2", 7), ("gaussian", 9), ("sobel-x", 3), ("laplacian", 5)):
        kernel = combine_kernels([spec], size)
        found = np.asarray(prepend_filter(open_model(), kernel)(image[None], training=False))[0]
        expected = cv2.filter2D(image.astype(np.float64), cv2.CV_64F, kernel[0])
        inside = (slice(size // 2, -(size // 2)),) * 2
        np.testing.assert_allclose(found[inside], expected[inside], rtol=0, atol=1e-6 * np.abs(kernel).sum())


def test_outside_of_the_image_are_zeros(rng: np.random.Generator):
    image = rng.uniform(0, 1, (12, 9, 3)).astype(np.float32)
    kernel = rng.normal(size=(1, 5, 3))
    found = np.asarray(prepend_filter(open_model(), kernel)(image[None]))[0]
    expected = cv2.filter2D(image, cv2.CV_32F, kernel[0].astype(np.float32), borderType=cv2.BORDER_CONSTANT)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_kernel_of_even_size_has_its_centre_above_and_left_of_the_middle(
    tmp_path: Path, rng: np.random.Generator
):
    kernel, image = rng.normal(size=(2, 4)), rng.uniform(size=(11, 13, 3)).astype(np.float32)
    np.save(tmp_path / "even.npy", kernel)
    border = cv2.BORDER_CONSTANT
    expected = cv2.filter2D(image.astype(float), cv2.CV_64F, kernel, anchor=(1, 0), borderType=border)
    for others in ([], ["delta", "box"], ["box", "delta"]):  # alone, and among kernels of 3 x 3
        new = prepend_filter(open_model(), combine_kernels([str(tmp_path / "even.npy"), *others]))
        found = np.asarray(new(image[None]))[0]
        np.testing.assert_allclose(found[..., 0], expected[..., 0], rtol=0, atol=2e-6)
        if others:
            np.testing.assert_array_equal(
                found[..., 1 + others.index("delta")], image[..., 1 + others.index("delta")]
            )


def test_dilation_makes_a_block_of_a_point():
    image = np.zeros((1, 11, 11, 1), np.float32)
    image[0, 4, 6] = 1
    found = np.asarray(prepend_filter(open_model(1, 11), combine_kernels(["dilation"], 5))(image))[0, :, :, 0]
    expected = np.zeros((11, 11))
    expected[2:7, 4:9] = 1
    np.testing.assert_array_equal(found, expected)


def test_each_plane_by_its_own(tmp_path: Path, rng: np.random.Generator):
    image = rng.uniform(0, 1, (14, 14, 3)).astype(np.float32)
    kernels = rng.normal(size=(3, 3, 3))
    np.save(tmp_path / "three.npy", kernels)
    new = prepend_filter(open_model(), combine_kernels([str(tmp_path / "three.npy")]))
    found = np.asarray(new(image[None]))[0]
    for plane in range(3):
        expected = cv2.filter2D(
            image[..., plane].astype(float), -1, kernels[plane], borderType=cv2.BORDER_CONSTANT
        )
        np.testing.assert_allclose(found[..., plane], expected, rtol=0, atol=1e-5)
    mixed = prepend_filter(open_model(), combine_kernels(["delta", "box", "dilation"], 3))
    found = np.asarray(mixed(image[None]))[0]
    np.testing.assert_array_equal(found[..., 0], image[..., 0])
    for plane, factor in ((1, 9), (2, 1)):
        window = image[3:6, 7:10, plane].astype(float).sum()
        assert abs(found[4, 8, plane] * factor - window) < 1e-5


def test_kernels_of_several_sizes_share_a_centre():
    found = combine_kernels(["delta", "gaussian:1", "sobel-x"])
    assert found.shape == (3, 7, 7)
    assert found[0, 3, 3] == 1 and found[0].sum() == 1
    np.testing.assert_array_equal(found[2, 2:5, 2:5], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    assert np.abs(found[2]).sum() == 8


def branches() -> Any:
    """The input is taken twice, once by a nested model; a layer is called `fir` already."""
    inner = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, name="deep")], name="inner")
    inputs = keras.Input((16, 16, 3))
    other = keras.layers.Conv2D(4, 3, name="fir")(inputs)
    x = keras.layers.Add(name="both")([inner(inputs), other])
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))


def straight() -> Any:
    layers = [keras.layers.Conv2D(4, 3, name="one"), keras.layers.Flatten(), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((16, 16, 3)), *layers])


def nested() -> Any:
    """A Sequential whose first layer is a model."""
    inputs = keras.Input((16, 16, 3))
    inner = keras.Model(inputs, keras.layers.Conv2D(4, 3, name="deep")(inputs), name="inner")
    return keras.Sequential([inner, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)])


def normalized() -> Any:
    """With a layer that computes something of its weights when it gets them."""
    norm = keras.layers.Normalization()
    norm.adapt(np.random.default_rng(0).normal(3, 2, (50, 16, 16, 3)))
    layers = [norm, keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((16, 16, 3)), *layers])


@pytest.mark.parametrize("make", [branches, straight, nested, normalized])
def test_the_rest_of_the_model_is_as_it_was(make: Callable[[], Any], rng: np.random.Generator):
    model = make()
    before = [w.copy() for w in model.get_weights()]
    images = rng.uniform(0, 1, (2, 16, 16, 3)).astype(np.float32)
    kernel = combine_kernels(["unsharp:3"], 5)
    new = prepend_filter(model, kernel)
    filtered = np.stack(
        [
            cv2.filter2D(i, cv2.CV_32F, kernel[0].astype(np.float32), borderType=cv2.BORDER_CONSTANT)
            for i in images
        ]
    )
    expected, found = np.asarray(model(filtered)), np.asarray(new(images))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.abs(found - np.asarray(model(images))).max() > 1e-3
    same = np.asarray(prepend_filter(model, combine_kernels(["delta"], 5))(images))
    np.testing.assert_array_equal(same, np.asarray(model(images)))
    first, *rest = new.layers[isinstance(new.layers[0], keras.layers.InputLayer) :]
    assert first.name == ("fir_1" if make is branches else "fir") and not first.trainable
    old = [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert sorted(layer.name for layer in rest) == sorted(old)
    assert first.count_params() == 25 * 3  # a product for each plane and weight, not for each pair of planes
    again = keras.models.model_from_json(new.to_json())
    assert not again.get_layer(first.name).trainable
    assert len(again.trainable_weights) == len(model.trainable_weights)
    for w, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(w, b)


def test_a_second_filter_goes_before_the_first(rng: np.random.Generator):
    image = rng.uniform(0, 1, (1, 8, 8, 1)).astype(np.float32)
    once = prepend_filter(open_model(1, 8), 2 * combine_kernels(["delta"]))
    twice = prepend_filter(once, 3 * combine_kernels(["delta"]))
    assert [layer.name for layer in twice.layers][1:3] == ["fir_1", "fir"]
    np.testing.assert_allclose(np.asarray(twice(image)), 6 * image, rtol=1e-6)


def test_what_is_refused():
    inputs = [keras.Input((4, 4, 3)), keras.Input((4, 4, 3))]
    with pytest.raises(ModelError, match="one input"):
        planes_of(keras.Model(inputs, keras.layers.Add()(inputs)))
    with pytest.raises(InputError, match="2 kernels, but the model takes 3"):
        prepend_filter(open_model(), np.ones((2, 3, 3)))

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = keras.layers.Conv2D(2, 3)

        def call(self, x: Any) -> Any:
            return self.inner(x)

    own = Own()
    own(np.zeros((1, 8, 8, 3), np.float32))
    with pytest.raises(ModelError):
        prepend_filter(own, np.ones((1, 3, 3)))


def test_the_scaling_is_still_guessed_from_what_stands_behind_the_filter():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization(name="norm")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(x))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))
    model.get_layer("norm").moving_mean.assign(np.full(3, 120.0))
    new = prepend_filter(model, combine_kernels(["sharpen"]))
    expected = guess_scaling(Network(model))
    assert expected == guess_scaling(Network(new)) and expected[0] == "raw"
    new.get_layer("fir").trainable = True  # somebody's own first layer
    assert guess_scaling(Network(new))[0] == "unit"
