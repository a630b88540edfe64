"""Tiny pictures drawn larger: by which factor, and what becomes of pixels and region."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.overlay import place
from xai_cam.errors import ImageError
from xai_cam.images.picture import Region


@pytest.mark.parametrize(
    ("size", "asked", "factor"),
    [
        *(((28, 28), None, 8), ((32, 20), None, 7), ((33, 47), None, 5), ((111, 111), None, 3)),
        *(((1, 1), None, 224), ((1, 75), None, 3), ((112, 1), None, 1), ((1, 112), None, 1)),
        *(((28, 28), 1, 1), ((28, 28), 3, 3), ((5000, 2), 2, 2), ((9000, 9000), 1, 1), ((2500, 2500), 2, 2)),
    ],
)
def test_how_many_times_as_large(size: tuple[int, int], asked: int | None, factor: int) -> None:
    assert enlargement(size, asked) == factor


@pytest.mark.parametrize(("size", "asked"), [((2501, 2500), 2), ((28, 28), 10**9)])
def test_a_picture_is_not_enlarged_beyond_all_memory(size: tuple[int, int], asked: int) -> None:
    with pytest.raises(ImageError, match="use a smaller `enlarge`"):
        enlargement(size, asked)


def test_pixels_become_squares_and_the_region_grows_with_them() -> None:
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    large, region = enlarge(pixels, Region(0, -1.5, 2, 4.5), 4)
    assert large.dtype == np.uint8
    np.testing.assert_array_equal(large, np.kron(pixels, np.ones((4, 4, 1))))
    assert region == Region(0, -6, 8, 18)


def test_the_map_of_an_enlarged_crop_lies_where_the_small_one_did() -> None:
    """Cells over pixels 1 to 5 of 6, three times as large: centres of the cells at 6 and 12 of 18."""
    large, region = enlarge(np.zeros((1, 6, 3), np.uint8), Region(0, 1, 1, 5), 3)
    placed, seen = place(np.array([[0.0, 1.0]], np.float32), region, (3, 18))
    ramp = [(x + 0.5 - 6) / 6 for x in range(6, 12)]
    np.testing.assert_allclose(placed[1], [*[0] * 6, *ramp, *[1] * 3, *[0] * 3], atol=1e-6)
    np.testing.assert_array_equal(seen[1], [3 <= x < 15 for x in range(18)])
    assert large.shape == (3, 18, 3)
