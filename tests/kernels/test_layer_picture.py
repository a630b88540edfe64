"""Kernels and their responses as pictures: colours on one scale, in their places, told in the title."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.diverging import diverging
from xai_cam.errors import InputError
from xai_cam.kernels.contact_sheet import LARGEST
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.kernels.layer_picture import combined, draw_kernels, draw_responses, frequency_ticks, largest

LABELS = "height x width x input channels x filters"


def bank(values: np.ndarray) -> KernelBank:
    filters, channels, height, width = values.shape
    inputs = np.tile(np.arange(channels), (filters, 1))
    shape = (height, width, channels, filters)
    return KernelBank("conv", "Conv2D", values.astype(np.float32), inputs, None, shape, LABELS)


def places(pixels: np.ndarray, colour: tuple[int, ...] | np.ndarray, side: int = 60) -> list[tuple[int, int]]:
    """Upper left corners of the squares of one colour; other things of that colour are smaller."""
    same = (np.abs(pixels.astype(int) - np.asarray(colour)) <= 2).all(axis=-1)
    sums = np.pad(same, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    full = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side] == side**2
    return [(int(y), int(x)) for y, x in np.argwhere(full)]


def shade(value: float) -> np.ndarray:
    """The colour of a share of the largest size."""
    return diverging(np.array(value))


def test_one_scale_for_all_filters_with_the_largest_in_full_colour() -> None:
    values = np.zeros((2, 1, 2, 2))
    values[0, 0, 0, 1], values[0, 0, 1, 1], values[1, 0, 1, 0] = 0.5, 1.0, -2.0
    drawn = draw_kernels(bank(values), range(2), "sum")
    (quarter,), (half,), (full,) = (places(drawn.pixels, shade(v)) for v in (0.25, 0.5, -1.0))
    assert half == (quarter[0] + 60, quarter[1])
    assert full == (half[0], half[1] + 60 + 2 + 6)  # a line on both sides and the gap between
    assert (drawn.filters, drawn.channels) == (0, 0)


def test_channels_are_added_up_or_stand_below_each_other() -> None:
    values = np.zeros((1, 2, 1, 1))
    values[0, :, 0, 0] = 1.0, -0.5
    added = draw_kernels(bank(values), [0], "sum").pixels
    assert len(places(added, shade(1.0))) == 1 and not places(added, shade(-0.5))
    each = draw_kernels(bank(values), [0], "channels").pixels
    ((above, left),), ((below, same),) = places(each, shade(1.0)), places(each, shade(-0.5))
    assert (below, same) == (above + 60 + 1, left)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_three_channels_as_colours(order: str) -> None:
    values = np.zeros((1, 3, 1, 2))
    values[0, :, 0, 0] = 1.0, 0.0, -1.0
    pixels = draw_kernels(bank(values), [0], "rgb", order).pixels
    colour = (255, 128, 0) if order == "rgb" else (0, 128, 255)
    assert len(places(pixels, colour)) == 1


def test_colours_need_three_channels() -> None:
    with pytest.raises(InputError, match="needs 3 channels for each filter, and conv has 2"):
        draw_kernels(bank(np.ones((1, 2, 3, 3))), [0], "rgb")


def test_only_the_filters_that_are_asked_for_make_the_scale() -> None:
    values = np.ones((4, 1, 1, 1)) * np.array([9.0, 1.0, 0.5, 9.0])[:, None, None, None]
    pixels = draw_kernels(bank(values), [2, 1], "sum").pixels
    ((row, half),), ((same, full),) = (places(pixels, shade(v)) for v in (0.5, 1.0))
    assert row == same and half < full


@pytest.mark.parametrize("values", [np.zeros((2, 1, 3, 3)), np.full((2, 1, 3, 3), np.nan)])
def test_zeros_and_nothing_finite_are_drawn_all_the_same(values: np.ndarray) -> None:
    for pixels in (
        draw_kernels(bank(values), [0, 1], "sum").pixels,
        draw_responses(bank(values), [0, 1], "sum").pixels,
    ):
        assert pixels.dtype == np.uint8 and pixels.shape[2] == 3


def test_the_response_of_a_point_is_flat_and_that_of_a_difference_is_dark_in_the_middle() -> None:
    values = np.zeros((2, 1, 1, 2))
    values[0, 0, 0, 0], values[1, 0, 0] = 2.0, (-1.0, 1.0)
    pixels = draw_responses(bank(values), [0, 1], "sum").pixels
    assert len(places(pixels, (253, 231, 37), 192)) == 1  # the upper end of viridis
    (row, column), *_ = places(pixels, (253, 231, 37), 192)
    beside = pixels[row : row + 192, column + 192 + 8 :]
    dark = (np.abs(beside[:, :192].astype(int) - (68, 1, 84)) <= 2).all(axis=-1)
    assert np.flatnonzero(dark.all(axis=0)).tolist() == [96]  # u = 0, the middle, from top to bottom
    assert dark.sum() == 192


def test_what_there_is_no_room_for_is_counted() -> None:
    drawn = draw_kernels(bank(np.ones((2, 5000, 1, 1))), [0, 1], "channels")
    assert drawn.filters == 0 and 3000 < drawn.channels < 3500
    assert max(drawn.pixels.shape) < LARGEST + 300


def test_sums_are_over_channels() -> None:
    values = np.random.default_rng(1).normal(size=(2, 3, 2, 2)).astype(np.float32)
    assert combined(values, "channels") is values
    for f in range(2):
        expected = values[f, 0].astype(float) + values[f, 1] + values[f, 2]
        np.testing.assert_allclose(combined(values, "sum")[f, 0], expected)


def test_the_largest_size_is_of_finite_values() -> None:
    assert largest(np.array([1.0, -3.0, np.nan, np.inf])) == 3
    assert largest(np.array([np.nan])) == 0


def test_ticks_of_a_response_stand_at_quarters_of_a_cycle() -> None:
    """Column c of 8 is the frequency (c - 4) / 8: -1/4 is column 2, 0 is 4, 1/4 is 6, each at its middle."""
    assert frequency_ticks(8) == [(2.5 / 8, "\N{MINUS SIGN}0.25"), (4.5 / 8, "0"), (6.5 / 8, "0.25")]
