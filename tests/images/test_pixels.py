"""Pixels taken strip by strip are those of the whole picture, turned as its EXIF asks."""

from __future__ import annotations

import errno
import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from xai_cam.images import pixels
from xai_cam.images.pixels import gather, has_transparency, in_colour, orientation_of, strips_of

COLOURS = np.random.default_rng(4).integers(0, 256, (7, 5, 3), dtype=np.uint8)


def turned(orientation: int) -> Image.Image:
    """A picture in a file that is to be turned so."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[274] = orientation
    Image.fromarray(COLOURS).save(file, "PNG", exif=exif)
    image = Image.open(file)
    image.load()
    return image


@pytest.mark.parametrize("strip", [1, 10, 10**6])
@pytest.mark.parametrize("orientation", range(1, 10))
def test_every_orientation_in_strips(orientation: int, strip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "STRIP_PIXELS", strip)
    image = turned(orientation)
    assert orientation_of(image) == orientation
    np.testing.assert_array_equal(gather(image, np.asarray), ImageOps.exif_transpose(image))


def test_strips_cover_a_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "STRIP_PIXELS", 10)
    found = list(strips_of(Image.fromarray(COLOURS)))
    assert [top for top, _ in found] == [0, 2, 4, 6]
    np.testing.assert_array_equal(np.concatenate([strip for _, strip in found]), COLOURS)


def test_white_shows_through() -> None:
    clear = Image.new("RGBA", (2, 1), (9, 9, 9, 0))
    assert has_transparency(clear) and not has_transparency(clear.convert("RGB"))
    assert in_colour(clear).tolist() == [[[255, 255, 255]] * 2]


@pytest.mark.parametrize("orientation", [1, 6, 7])
def test_a_large_picture_waits_on_the_disk(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is closed meanwhile, so that it does not lie in the memory twice."""
    expected = np.asarray(ImageOps.exif_transpose(turned(orientation)))
    monkeypatch.setattr(pixels, "STRIP_PIXELS", 10)
    monkeypatch.setattr("xai_cam.files.strips.LARGE", 30)
    image = turned(orientation)
    np.testing.assert_array_equal(gather(image, in_colour, use_up=True), expected)
    with pytest.raises(ValueError, match="closed"):
        image.getpixel((0, 0))
    image = turned(orientation)

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pixels, "TemporaryFile", Full)
    np.testing.assert_array_equal(gather(image, in_colour, use_up=True), expected)
    image.getpixel((0, 0))
