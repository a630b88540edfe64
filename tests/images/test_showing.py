"""Which bands are shown as the picture, and how."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.errors import UnfitImageError
from xai_cam.images.picture import Picture
from xai_cam.images.showing import reshown, say_shown, show, shown_bands


def test_each_band_is_stretched_by_itself() -> None:
    """Of 0 to 100 the 2nd percentile is 2 and the 98th is 98: 50 lies in the middle."""
    ramp = np.arange(101, dtype=np.float32)
    shown = show(np.stack([ramp, ramp * 1000, -ramp], axis=1)[None], (1, 2, 3))[0]
    assert shown[[0, 2, 50, 98, 100], 0].tolist() == [0, 0, 128, 255, 255]
    assert shown[:, 0].tolist() == shown[:, 1].tolist() == shown[::-1, 2].tolist()


def test_bands_in_the_order_that_was_asked_for() -> None:
    values = np.zeros((1, 2, 5), np.float32)
    values[0, 1, 4] = 1
    assert show(values, (5, 1, 1)).tolist() == [[[0, 0, 0], [255, 0, 0]]]
    assert show(values, (5,)).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_rare_values_and_flat_bands_are_shown() -> None:
    """Percentiles that are equal tell nothing: then the ends are taken."""
    rare = np.zeros((10, 20, 1))
    rare[3, 4] = 7
    assert show(rare, (1,)).max() == 255
    assert not show(np.full((3, 3, 1), 9.0), (1,)).any()


def test_the_first_three_or_the_first() -> None:
    assert [shown_bands(n, None) for n in (1, 2, 3, 9)] == [(1,), (1,), (1, 2, 3), (1, 2, 3)]
    with pytest.raises(UnfitImageError, match="`show_bands` names band 4, and it has 3"):
        shown_bands(3, (4, 2, 1))


def test_a_picture_shows_its_planes_in_another_order() -> None:
    pixels = np.zeros((1, 2, 3), np.uint8)
    pixels[0, 1] = (200, 0, 0)
    picture = reshown(Picture(pixels, pixels), (3, 2, 1))
    assert picture.pixels.tolist() == [[[0, 0, 0], [0, 0, 255]]]
    assert picture.values is pixels and picture.shown == (3, 2, 1)
    assert reshown(picture, (1,)) is picture and reshown(picture, None) is picture


def test_a_band_shown_as_grey_is_said() -> None:
    assert say_shown((2,), 2).startswith("Band 2 of 2 is shown as grey, stretched from")
