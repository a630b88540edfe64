"""Windows of grey values: what becomes black and white, in files and arrays of every depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError, InputError
from xai_cam.images.grey_levels import GreyWindow, grey_window
from xai_cam.images.readers import read_image
from xai_cam.images.reading import Reading
from xai_cam.images.sources import find_sources

STORED = np.array([[0, 819, 4095], [1638, 2457, 5000]], np.uint16)
"""Fifths of 4095, and one beyond."""

LEVELS = [[0, 51, 255], [102, 153, 255]]


def test_the_ends_of_a_window_are_black_and_white() -> None:
    stored = np.array([[-2000.0, -1000, -300, 400, 9000]])
    assert GreyWindow(-1000, 400).apply(stored).tolist() == [[0, 0, 127.5, 255, 255]]


def test_nan_has_no_place_in_a_window() -> None:
    with pytest.raises(ImageError, match="NaN"):
        GreyWindow(0, 1).apply(np.array([[0.5, np.nan]], np.float32))


def test_infinity_is_beyond_a_window() -> None:
    assert GreyWindow(0, 1).apply(np.array([[-np.inf, np.inf]])).tolist() == [[0, 255]]


@pytest.mark.parametrize("asked", [{"depth": 12}, {"window": (0, 4095)}])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
@pytest.mark.parametrize("in_memory", [True, False])
def test_twelve_bits_in_a_deeper_file(
    tmp_path: Path, asked: dict[str, Any], dtype: Any, in_memory: bool
) -> None:
    """The model and the drawing get the same levels."""
    stored = STORED.astype(dtype)
    if in_memory:
        picture = find_sources(stored)[0].read(Reading(**asked))
    else:
        Image.fromarray(stored).save(tmp_path / "a.tif")
        picture = read_image(tmp_path / "a.tif", **asked)
    np.testing.assert_allclose(picture.values, LEVELS, atol=1e-4)
    assert picture.pixels.tolist() == [[[v] * 3 for v in row] for row in LEVELS]
    assert picture.highest == (None if dtype == np.float32 else 5000)


def test_without_a_window_sixteen_bits_are_divided_by_257(tmp_path: Path) -> None:
    Image.fromarray(STORED).save(tmp_path / "a.png")
    picture = read_image(tmp_path / "a.png")
    np.testing.assert_allclose(picture.values, STORED / 257, rtol=1e-6)


@pytest.mark.parametrize("in_memory", [True, False])
def test_eight_bits_know_a_window_but_no_depth(tmp_path: Path, in_memory: bool) -> None:
    stored = np.array([[0, 50, 150, 200]], np.uint8)
    Image.fromarray(stored).save(tmp_path / "a.png")
    (source,) = find_sources(stored if in_memory else tmp_path / "a.png")
    assert source.read(Reading(window=(50, 150))).values.tolist() == [[0, 0, 255, 255]]
    assert source.read(Reading(depth=12)).values[..., 0].tolist() == stored.tolist()


def test_colours_stay_as_they_are(tmp_path: Path) -> None:
    stored = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    Image.fromarray(stored).save(tmp_path / "a.png")
    for asked in ({"window": (50, 150)}, {"depth": 12}):
        assert (read_image(tmp_path / "a.png", **asked).values == stored).all()  # type: ignore[arg-type]
        assert (find_sources(stored)[0].read(Reading(**asked)).values == stored).all()  # type: ignore[arg-type]


def test_values_out_of_every_range_name_the_window(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-1000, 3000]], np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(ImageError, match=r"from -1000 to 3000; give `window=\(low, high\)`"):
        read_image(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif", window=(-1000, 3000)).values.tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("window", "depth", "message"),
    [
        ((0, 10), 12, "`window` and `depth` both"),
        ((10, 0), None, "lower value first"),
        ((5, 5), None, "lower value first"),
        ((0, float("inf")), None, "lower value first"),
        ((0, 1, 2), None, "two numbers"),
        (7, None, "two numbers"),
        (None, 4, "number of bits"),
        (None, 12.5, "number of bits"),
        (None, True, "number of bits"),
    ],
)
def test_what_makes_no_sense(window: Any, depth: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        grey_window(window, depth)


def test_no_window_is_asked_for() -> None:
    assert grey_window(None, None) is None
