"""Arrays of bands: what the model gets of them, what is shown, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import ImageError, UnfitImageError
from xai_cam.images.bands import as_bands, check_bands_size, picture_of_bands, white_of
from xai_cam.images.reading import Reading

FIVE = np.random.default_rng(0).normal(size=(6, 8, 5)).astype(np.float32)


def test_numbers_stay_what_they_are() -> None:
    picture = picture_of_bands(FIVE, Reading(channels=5))
    np.testing.assert_array_equal(picture.values, FIVE)
    assert picture.white == 1
    assert picture.pixels.shape == (6, 8, 3) and picture.pixels.dtype == np.uint8
    assert picture.shown == (1, 2, 3)
    assert picture.notes == (
        "Bands 1, 2, 3 of 5 are shown as red, green and blue, each stretched from its 2nd to its 98th "
        "percentile; `show_bands` chooses others.",
    )


@pytest.mark.parametrize(
    ("dtype", "of_bands", "of_pictures"),
    [
        ("u1", 255, 255),
        ("u2", None, 65535),
        ("i2", None, 255),
        ("f4", 1, 255),
        ("f8", 1, 255),
        ("?", 255, 255),
    ],
)
def test_which_number_is_white(dtype: str, of_bands: float | None, of_pictures: float) -> None:
    stored = np.array([[[0, 1, 200]]]).astype(dtype)
    assert white_of(stored, by_range=False) == of_bands
    assert white_of(stored, by_range=True) == of_pictures


def test_negative_and_huge_numbers_of_pictures_have_no_white() -> None:
    for numbers in ([-1.0, 1.0], [0.0, 1e6]):
        assert white_of(np.array([[numbers]]), by_range=True) is None


def test_a_window_scales_every_band_and_clips() -> None:
    stored = np.array([[[0, 5000, 10000, 20000]]], np.uint16)
    picture = picture_of_bands(stored, Reading(window=(0, 10000), channels=4))
    np.testing.assert_allclose(picture.values, [[[0, 127.5, 255, 255]]])
    assert picture.white == 255 and picture.highest == 20000


def test_a_depth_is_for_more_than_eight_bits() -> None:
    deep = picture_of_bands(np.full((1, 1, 5), 4095, np.uint16), Reading(depth=12, channels=5))
    assert deep.values.tolist() == [[[255.0] * 5]]
    flat = picture_of_bands(np.full((1, 1, 5), 77, np.uint8), Reading(depth=12, channels=5))
    assert flat.values.tolist() == [[[77] * 5]]


@pytest.mark.parametrize(
    ("wrong", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (1e300, "beyond 32 bits")]
)
def test_numbers_that_are_none_are_named(wrong: float, name: str) -> None:
    stored = np.zeros((4, 4, 5))
    stored[1, 2, 3] = wrong
    with pytest.raises(ImageError, match=rf"band 4 of 5 holds .*{name}.* in 1 of 16 pixels"):
        picture_of_bands(stored, Reading(channels=5))


def test_another_number_of_bands_than_the_model_takes() -> None:
    with pytest.raises(UnfitImageError, match="it has 3 channels, and the model takes 5: give"):
        picture_of_bands(FIVE[..., :3], Reading(channels=5))
    with pytest.raises(UnfitImageError, match="it has 5 channels, and the model takes 3"):
        picture_of_bands(FIVE, Reading(channels=3))
    with pytest.raises(UnfitImageError, match="it has 1 channel, and the model takes 4: give pict"):
        picture_of_bands(FIVE[..., :1], Reading(channels=4))


def test_grey_and_colours_go_for_one_another() -> None:
    colours = np.array([[[0.2, 0.4, 0.8]]], np.float32)
    grey = picture_of_bands(colours, Reading(channels=1))
    np.testing.assert_allclose(grey.values, [[0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8]], rtol=1e-6)
    assert grey.pixels.tolist() == [[[51, 102, 204]]] and grey.shown == ()
    assert picture_of_bands(colours[..., :1], Reading(channels=3)).values.tolist() == [[np.float32(0.2)]]


def test_four_bytes_are_colours_with_transparency_to_a_model_of_three() -> None:
    clear = np.zeros((1, 2, 4), np.uint8)
    clear[0, 1] = (10, 20, 30, 255)
    assert picture_of_bands(clear, Reading(channels=3)).values.tolist() == [[[255] * 3, [10, 20, 30]]]
    assert picture_of_bands(clear, Reading(channels=4)).values.tolist() == clear.tolist()


@pytest.mark.parametrize(
    ("shape", "channels", "sides"),
    [
        ((6, 8, 5), 5, (6, 8, 5)),
        ((5, 6, 8), 5, (6, 8, 5)),
        ((5, 5, 5), 5, (5, 5, 5)),
        ((1, 6, 8, 5), 5, (6, 8, 5)),
        ((6, 8), 1, (6, 8, 1)),
        ((3, 6, 8), 3, (6, 8, 3)),
        ((6, 8, 4), 3, (6, 8, 4)),
        ((1, 6, 8), 1, (6, 8, 1)),
        ((12, 40, 50), 5, (40, 50, 12)),
        ((40, 50, 12), 5, (40, 50, 12)),
        ((3, 6, 8), None, (6, 8, 3)),
    ],
)
def test_where_the_bands_of_an_array_lie(
    shape: tuple[int, ...], channels: Any, sides: tuple[int, ...]
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    bands, notes = as_bands(array, channels)
    assert bands.shape == sides
    first = shape[-3:] != sides and len(shape) > 2
    np.testing.assert_array_equal(bands, np.moveaxis(array, 0, 2) if first else array.reshape(sides))
    assert bool(notes) == first and all("channels first" in note for note in notes)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((7, 6, 8, 5), "7 images .*save each in a file"),
        ((8,), "its shape is 8: an image is height x width x bands"),
        ((), "a single number"),
        ((0, 8, 5), "its shape is 0 x 8 x 5"),
    ],
)
def test_arrays_of_other_shapes(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ImageError, match=words):
        as_bands(np.zeros(shape), 5)


def test_three_bands_weigh_as_much_as_a_picture() -> None:
    check_bands_size(10, 10, 3, 100)
    check_bands_size(10, 10, 300, None)
    with pytest.raises(ImageError, match=r"weigh as much as 200, more than 100.*use a larger `max_pixels`"):
        check_bands_size(10, 10, 4, 100)
    with pytest.raises(ImageError, match="no side may have more than"):
        check_bands_size(1, 1, 1_000_001, None)
