"""Kernels over pictures: which planes they read, and how the answers are put together."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import filtering as oracle
from xai_cam.errors import ImageError, InputError, ModelError
from xai_cam.images.picture import Picture
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.kernels.named_kernels import make_kernel
from xai_cam.kernels.picture_filter import (
    PictureFilter,
    Planes,
    apply_filter,
    filter_of_kernel,
    filter_of_layer,
    reads_colours,
    strongest,
)

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 7, 3)).astype(np.uint8)
COLOUR = Picture(PIXELS, PIXELS)
PLANES = PIXELS / 255
GREY = PLANES @ [0.299, 0.587, 0.114]
"""ITU-R 601."""


def bank_of(values: np.ndarray, inputs: np.ndarray, part: str = "") -> KernelBank:
    return KernelBank("conv", "Conv2D", values.astype(np.float32), inputs, None, (), "", part)


def bank(channels: int, filters: int = 2, part: str = "") -> KernelBank:
    """Filters of 3 x 3 that read all channels."""
    values = np.random.default_rng(1).normal(size=(filters, channels, 3, 3))
    return bank_of(values, np.tile(np.arange(channels), (filters, 1)), part)


# --- What is read ------------------------------------------------------------------------------------


def test_planes_of_a_picture_in_colour() -> None:
    planes, names = PictureFilter("k", np.ones((1, 1, 1)), "each", np.arange(1)).planes(Planes(COLOUR))
    assert names == ["red", "green", "blue"] and planes.dtype == np.float32
    np.testing.assert_allclose(planes, PLANES, atol=1e-7)


def test_of_colours_those_are_read_that_the_kernel_wants() -> None:
    planes, names = PictureFilter("k", np.ones((2, 1, 1)), "colours", np.array([2, 0])).planes(Planes(COLOUR))
    assert names == ["blue", "red"]
    np.testing.assert_allclose(planes, PLANES[..., [2, 0]], atol=1e-7)


@pytest.mark.parametrize("reads", ["each", "grey"])
def test_a_picture_without_colour_has_one_plane(reads: str) -> None:
    grey = np.repeat(PIXELS[..., :1], 3, axis=2)
    for values in (grey, grey[..., 0]):
        assert Planes(Picture(grey, values)).has_no_colour
        picture_filter = PictureFilter("k", np.ones((1, 1, 1)), reads, np.arange(1))
        planes, names = picture_filter.planes(Planes(Picture(grey, values)))
        assert names == ["grey"]
        np.testing.assert_allclose(planes[..., 0], grey[..., 0] / 255, atol=1e-6)
    assert not Planes(COLOUR).has_no_colour


def test_the_grey_of_a_picture_in_colour_is_its_luma() -> None:
    planes, _ = PictureFilter("k", np.ones((1, 1, 1)), "grey", np.arange(1)).planes(Planes(COLOUR))
    np.testing.assert_allclose(planes[..., 0], GREY, atol=1 / 255)


# --- Where kernels come from -------------------------------------------------------------------------


@pytest.mark.parametrize(("planes", "reads"), [(1, "each"), (2, "grey"), (3, "colours"), (5, "grey")])
def test_a_kernel_by_itself(planes: int, reads: str) -> None:
    found = filter_of_kernel("k", np.ones((planes, 2, 2), np.float32))
    assert (found.reads, found.inputs.tolist(), found.values.dtype) == (reads, list(range(planes)), float)


def test_a_filter_of_three_channels_reads_the_colours() -> None:
    values = bank(3)
    found = filter_of_layer(values, 1)
    assert (found.name, found.reads, found.inputs.tolist()) == ("conv, filter 1", "colours", [0, 1, 2])
    assert (found.values == values.values[1]).all()


def test_a_model_that_takes_blue_first_has_its_kernels_turned() -> None:
    values = bank(3)
    found = filter_of_layer(values, 0, bgr=True)
    assert found.inputs.tolist() == [0, 1, 2]
    assert (found.values == values.values[0][::-1]).all(), "the first kernel was blue's"


def test_a_depthwise_filter_reads_its_own_colour() -> None:
    values = bank_of(np.ones((3, 1, 2, 2)), np.array([[0], [1], [2]]))
    assert filter_of_layer(values, 2).inputs.tolist() == [2]
    assert filter_of_layer(values, 2, bgr=True).inputs.tolist() == [0]


@pytest.mark.parametrize("channels", [1, 2, 9])
def test_other_channels_are_met_by_the_grey_picture(channels: int) -> None:
    values = bank(channels)
    assert not reads_colours(values)
    assert filter_of_layer(values, 0).reads == "grey"


def test_a_pointwise_step_reads_no_colours() -> None:
    assert reads_colours(bank(3, part="depthwise")) and not reads_colours(bank(3, part="pointwise"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    values = bank(3)
    values.values[1, 0, 0, 0] = value
    filter_of_layer(values, 0)
    with pytest.raises(ModelError, match="Filter 1 of conv holds NaN or infinity"):
        filter_of_layer(values, 1)


# --- What comes of them ------------------------------------------------------------------------------


def test_colours_are_filtered_each_by_its_kernel_and_summed() -> None:
    values = bank(3)
    answer = apply_filter(filter_of_layer(values, 0), COLOUR)
    expected = oracle.filter_planes(PLANES, values.values[0].astype(float), "reflect")
    np.testing.assert_allclose(answer.planes, expected, atol=1e-5)
    np.testing.assert_allclose(answer.result, expected.sum(axis=2), atol=1e-5)
    assert (answer.combine, answer.names, answer.left_out) == ("sum", ["red", "green", "blue"], 0)


def test_a_kernel_that_keeps_the_brightness_answers_in_colour() -> None:
    answer = apply_filter(filter_of_kernel("box", make_kernel("box", 3)), COLOUR, "replicate")
    expected = oracle.filter_planes(PLANES, np.full((3, 3, 3), 1 / 9), "replicate")
    assert (answer.combine, answer.scale) == ("colour", "clip")
    np.testing.assert_allclose(answer.result, expected, atol=1e-6)
    np.testing.assert_allclose(answer.pixels, expected * 255, atol=0.51)


def test_an_edge_is_summed_with_0_in_the_middle() -> None:
    answer = apply_filter(filter_of_kernel("sobel-x", make_kernel("sobel-x", 3)), COLOUR)
    kernel = np.outer([1.0, 2, 1], [-1.0, 0, 1])[None].repeat(3, axis=0)
    expected = oracle.filter_planes(PLANES, kernel, "reflect").sum(axis=2)
    np.testing.assert_allclose(answer.result, expected, atol=1e-5)
    assert (answer.combine, answer.scale) == ("sum", "symmetric")


def test_what_is_asked_for_goes_before_what_is_natural() -> None:
    answer = apply_filter(filter_of_kernel("box", make_kernel("box", 3)), COLOUR, "zero", "stretch", "sum")
    expected = oracle.filter_planes(PLANES, np.full((3, 3, 3), 1 / 9), "zero").sum(axis=2)
    assert (answer.combine, answer.scale, answer.result.shape) == ("sum", "stretch", (6, 7))
    np.testing.assert_allclose(answer.result, expected, atol=1e-6)


def test_one_plane_is_not_put_together() -> None:
    grey = np.repeat(PIXELS[..., :1], 3, axis=2)
    answer = apply_filter(
        filter_of_kernel("box", make_kernel("box", 3)), Picture(grey, grey), combine="colour"
    )
    assert (answer.combine, answer.result.shape, answer.names) == ("sum", (6, 7), ["grey"])


def test_of_many_channels_all_are_summed_and_the_strongest_shown() -> None:
    """Nine channels whose kernels are the numbers 0 to 8: those from 3 on are shown."""
    values = np.arange(9.0).reshape(1, 9, 1, 1)
    deep = filter_of_layer(bank_of(values, np.arange(9)[None]), 0)
    picture = Picture(PIXELS[..., 0].repeat(3).reshape(6, 7, 3), PIXELS[..., 0])
    answer = apply_filter(deep, picture)
    grey = PIXELS[..., 0] / 255
    np.testing.assert_allclose(answer.result, 36 * grey, rtol=1e-5)
    assert answer.names == [f"channel {channel}" for channel in range(3, 9)]
    assert answer.left_out == 3
    np.testing.assert_allclose(answer.planes[..., 0], 3 * grey, rtol=1e-5)


def test_the_strongest_kernels_have_the_largest_norms() -> None:
    """Norms 5, 5, 4, 0, 1, 3, 2 and 6 in the order of the channels; of equal ones the first."""
    kernels = np.zeros((8, 1, 2))
    kernels[:, 0] = [[3, 4], [0, 5], [4, 0], [0, 0], [1, 0], [0, -3], [2, 0], [-6, 0]]
    assert strongest(kernels) == [0, 1, 2, 5, 6, 7]
    assert strongest(kernels[:2]) == [0, 1]


@pytest.mark.parametrize(
    ("picture_filter", "words"),
    [
        (PictureFilter("k", np.ones((1, 1, 1)), "grey", np.arange(1)), "k reads 1 channel, not a picture"),
        (PictureFilter("k", np.ones((9, 1, 1)), "grey", np.arange(9)), "k reads 9 channels, not a picture"),
        (PictureFilter("k", np.ones((2, 1, 1)), "colours", np.arange(2)), "k reads 2 colours, not a picture"),
    ],
)
def test_no_picture_in_colour_is_made_of_other_planes(picture_filter: PictureFilter, words: str) -> None:
    picture_filter.check_combine("sum")
    picture_filter.check_combine("auto")
    with pytest.raises(InputError, match=words):
        picture_filter.check_combine("colour")
    filter_of_kernel("k", np.ones((3, 1, 1))).check_combine("colour")


def test_an_answer_that_is_not_finite_is_refused() -> None:
    large = filter_of_kernel("large", np.full((1, 3, 3), 1e38))
    with pytest.raises(ImageError, match="the result of large is not finite"):
        apply_filter(large, Picture(np.full((4, 4, 3), 255, np.uint8), np.full((4, 4, 3), 255, np.uint8)))
