"""Filtering pictures by kernels: against plain loops, OpenCV and a convolution of Keras; what is shown."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import filtering as oracle
from xai_cam.kernels.filtering import BORDERS, dilate, filter_planes, for_display, natural_scale
from xai_cam.kernels.named_kernels import make_kernel

SIZES = [(1, 1), (3, 3), (2, 2), (4, 4), (3, 5), (5, 3), (2, 3), (1, 4), (4, 1)]
"""Rows and columns of kernels, even ones too."""


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def signed(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_each_plane_is_filtered_by_its_kernel_as_the_loops_say(size: tuple[int, int], border: str) -> None:
    picture, kernels = noise(7, 9, 3), signed(3, *size)
    found = filter_planes(picture, kernels, border)
    assert found.dtype == np.float32
    expected = oracle.filter_planes(picture.astype(float), kernels, border)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (2, 3), (3, 2)], ids=str)
def test_pictures_smaller_than_the_kernel(shape: tuple[int, int], border: str) -> None:
    picture, kernel = noise(*shape, 2), signed(1, 7, 7)
    expected = oracle.filter_planes(picture.astype(float), np.repeat(kernel, 2, axis=0), border)
    np.testing.assert_allclose(filter_planes(picture, kernel, border), expected, atol=2e-5)


def test_large_kernels_are_as_exact_as_small_ones() -> None:
    """From 11 x 11 on OpenCV goes over the Fourier transform."""
    picture, kernel = noise(40, 50, 1), signed(1, 21, 21)
    expected = oracle.filter_planes(picture.astype(float), kernel, "zero")
    np.testing.assert_allclose(filter_planes(picture, kernel, "zero"), expected, atol=1e-4)


def test_one_kernel_is_for_all_planes() -> None:
    picture, kernel = noise(6, 6, 3), signed(1, 3, 3)
    expected = filter_planes(picture, np.repeat(kernel, 3, axis=0))
    assert np.array_equal(filter_planes(picture, kernel), expected)


def test_it_is_correlation_not_convolution() -> None:
    """By hand: a lone bright pixel gives the kernel turned by 180 degrees about it."""
    picture = np.zeros((5, 5, 1), np.float32)
    picture[2, 2] = 1
    kernel = np.arange(1.0, 10.0).reshape(1, 3, 3)
    answer = filter_planes(picture, kernel)[..., 0]
    assert answer[1:4, 1:4].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]
    assert answer.sum() == 45


@pytest.mark.parametrize(("border", "first"), [("zero", 2.0), ("reflect", 4.0), ("replicate", 3.0)])
def test_borders_by_hand(border: str, first: float) -> None:
    """The row 1 2 3 under 1 1 0, laid with its centre on the first pixel: outside + 1 … then 1 + 2."""
    picture = np.array([[[1], [2], [3]]], np.float32)
    kernel = np.array([[[1.0, 2.0, 0.0]]])
    outside = {"zero": 0, "reflect": 2, "replicate": 1}[border]
    assert outside + 2 * 1 == first
    assert filter_planes(picture, kernel, border)[0, :, 0].tolist() == [first, 5, 8]


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (3, 5), (1, 1)], ids=str)
def test_odd_kernels_as_opencv_by_itself(size: tuple[int, int]) -> None:
    import cv2

    picture, kernel = noise(12, 10, 3), signed(1, *size)
    expected = cv2.filter2D(picture, -1, kernel[0])  # reflect101 is its default, and colours its planes
    np.testing.assert_allclose(filter_planes(picture, kernel), expected, atol=1e-6)


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("size", [(2, 2), (4, 4), (3, 5), (2, 5)], ids=str)
def test_the_sum_of_the_planes_is_what_a_convolution_of_keras_gives(
    size: tuple[int, int], dilation: int
) -> None:
    import keras

    layer = keras.layers.Conv2D(1, size, padding="same", use_bias=False, dilation_rate=dilation)
    picture, kernel = noise(11, 13, 3), signed(*size, 3, 1).astype(np.float32)
    layer.build((None, 11, 13, 3))
    layer.set_weights([kernel])
    expected = np.asarray(layer(picture[None]))[0, ..., 0]
    spread = dilate(kernel[..., 0].transpose(2, 0, 1), (dilation, dilation))
    found = filter_planes(picture, spread, "zero").sum(axis=2)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_a_dilated_kernel_by_hand() -> None:
    spread = dilate(np.array([[[1, 2], [3, 4]]]), (2, 3))
    assert spread.tolist() == [[[1, 0, 0, 2], [0, 0, 0, 0], [3, 0, 0, 4]]]


@pytest.mark.parametrize("spec", ["delta", "box", "gaussian:1.5", "sharpen:1", "unsharp:2"])
def test_what_keeps_the_brightness_is_shown_as_it_is(spec: str) -> None:
    answer = np.array([-3.0, 4.0])
    assert natural_scale(make_kernel(spec), answer) == "clip"
    three = np.repeat(make_kernel(spec), 3, axis=0)
    assert natural_scale(three, answer) == "symmetric", "together they sum to 3"


@pytest.mark.parametrize(
    ("answer", "scale"),
    [
        ([-4.0, 4.0], "symmetric"),
        ([-4.0, 1.0], "symmetric"),
        ([-4.0, 0.9], "stretch"),
        ([-0.9, 4.0], "stretch"),
        ([1.0, 4.0], "stretch"),
        ([-4.0, -1.0], "stretch"),
        ([0.0, 0.0], "symmetric"),
    ],
)
def test_the_scale_of_other_kernels_goes_by_the_sides_of_0(answer: list[float], scale: str) -> None:
    assert natural_scale(make_kernel("dilation"), np.array(answer)) == scale
    assert natural_scale(make_kernel("sobel-x"), np.array(answer)) == "symmetric", "its values sum to 0"


@pytest.mark.parametrize(
    ("scale", "black", "white"), [("clip", 0.0, 1.0), ("symmetric", -1.25, 1.25), ("stretch", -1.25, 0.75)]
)
def test_grey_levels(scale: str, black: float, white: float) -> None:
    values = np.array([[-1.25, -0.3, 0.0], [0.1, 0.6, 0.75]], np.float32)
    shown = for_display(values, scale)
    assert shown.dtype == np.uint8
    for value, level in zip(values.ravel(), shown.ravel(), strict=True):
        assert abs(oracle.grey_level(float(value), black, white) - level) <= 0.5001


def test_grey_levels_by_hand() -> None:
    values = np.array([-2, 0, 1, 2], np.float32)
    assert for_display(values, "symmetric").tolist() == [0, 128, 191, 255]
    assert for_display(values, "clip").tolist() == [0, 0, 255, 255]
    assert for_display(values, "stretch").tolist() == [0, 128, 191, 255]
    assert for_display(values + 3, "stretch").tolist() == [0, 128, 191, 255]


@pytest.mark.parametrize("scale", ["symmetric", "stretch"])
def test_what_is_even_is_mid_grey(scale: str) -> None:
    assert (for_display(np.zeros((2, 2), np.float32), scale) == 128).all()


def test_the_planes_of_a_colour_share_one_scale() -> None:
    values = np.stack([np.full((2, 2), v, np.float32) for v in (0.0, 0.25, 0.5)], axis=-1)
    assert for_display(values, "stretch")[0, 0].tolist() == [0, 128, 255]
